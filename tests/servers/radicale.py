"""A real Radicale on a loopback port: `python -m tests.servers.radicale --port 5232`."""

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

USER, PASSWORD = "rantevou", "loopback-only"

_CONFIGURATION = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 100
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""


@contextmanager
def radicale(folder: Path, *, port: int = 0) -> Iterator[CalDavServer]:
    """Radicale with its data in ``folder``; a port of its own where none is given."""
    port = port or free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    configuration = folder / "config"
    configuration.write_text(_CONFIGURATION.format(port=port, folder=folder))
    command = [sys.executable, "-m", "radicale", "--config", str(configuration)]
    with running(command, port=port, log=folder / "radicale.log"):
        server = CalDavServer(f"http://127.0.0.1:{port}/{USER}/", USER, PASSWORD)
        # Radicale makes the home at the first visit of its owner.
        server.request("PROPFIND", server.home, headers={"Depth": "0"})
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder, radicale(Path(folder), port=port) as server:
        print(
            f"calendar: {server.make_calendar('calendar')} user: {USER} password: {PASSWORD}",
            flush=True,
        )
        wait_for_the_end()


if __name__ == "__main__":
    main()
