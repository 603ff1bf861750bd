"""A real Xandikos on a loopback port: `python -m tests.servers.xandikos --port 8080`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.caldav_server import CalDavServer
from tests.servers.process import running, wait_for_the_end
from tests.waiting import free_port

USER = "user"


@contextmanager
def xandikos(folder: Path, *, port: int = 0) -> Iterator[CalDavServer]:
    """Xandikos with its data in ``folder``; over plain HTTP it takes everybody for its user."""
    port = port or free_port()
    command = [
        *(sys.executable, "-m", "xandikos", "serve"),
        *("--directory", str(folder / "collections")),
        *("--listen-address", "127.0.0.1", "--port", str(port)),
        *("--current-user-principal", f"/{USER}/"),
        *("--state-dir", str(folder / "state")),
        *("--defaults", "--no-detect-systemd"),
    ]
    (folder / "collections").mkdir()
    with running(command, port=port, log=folder / "xandikos.log"):
        yield CalDavServer(f"http://127.0.0.1:{port}/{USER}/calendars/", USER, "not-asked")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder, xandikos(Path(folder), port=port) as server:
        print(f"calendar: {server.home}calendar/", flush=True)
        wait_for_the_end()


if __name__ == "__main__":
    main()
