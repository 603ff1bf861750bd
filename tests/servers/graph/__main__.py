"""Start the stand-in by hand: ``python -m tests.servers.graph --directory DIR``."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.servers.graph.server import GraphServer
from tests.servers.process import wait_for_the_end

#: Environment: all traffic is held to Microsoft's contract, and what departs from it told there.
VIOLATIONS = "RANTEVOU_TEST_VIOLATIONS"


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    options = {
        "port": given.port,
        "tls_port": given.tls_port,
        "forward_to": given.forward_to,
        "join_base": given.join_base or "{root}/teams/meet/",
        "save_each": True,
        "violations_file": Path(log) if (log := os.environ.get(VIOLATIONS)) else None,
    }
    server = GraphServer(given.directory, **options)
    server.meetings.granted = given.grant_meetings
    for text in given.mailbox:
        address, _, name = text.partition("=")
        if server.world.mailbox(address) is None:
            server.add_mailbox(address, name)
    if given.info:
        _write(given.info, _info(server))  # whoever sees a port answer can read it already
    server.start()
    try:
        print(f"This stands for Microsoft Graph; it is not Microsoft: {server.root_url}/")
        print(f"Graph {server.base_url}, tokens {server.authority}", flush=True)
        wait_for_the_end()
    finally:
        if log:
            _ = server.violations  # the notifications are judged now
        server.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.graph", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="state is kept there")
    parser.add_argument("--port", type=int, default=0, help="Graph and the Outlook page, http")
    parser.add_argument("--tls-port", type=int, default=0, help="token endpoint, https")
    parser.add_argument("--forward-to", default="", help="http address for /notifications/")
    parser.add_argument("--join-base", default="", help="begin of Teams links, {root} allowed")
    parser.add_argument(
        "--mailbox", action="append", default=[], metavar="ADDRESS=NAME", help="as often as needed"
    )
    parser.add_argument(
        "--grant-meetings", action="store_true", help="the app may set options of Teams meetings"
    )
    parser.add_argument("--info", type=Path, help="write how to connect into this JSON file")
    return parser


def _info(server: GraphServer) -> dict[str, Any]:
    return {
        "base_url": server.base_url,
        "page_url": f"{server.root_url}/",
        "authority": server.authority,
        "notification_url": server.notification_url,
        "ca_file": server.ca_file,
        "tenant": server.tenant,
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "certificate_file": str(server.certificates.client_file),
        "mailboxes": sorted(box.address for box in server.world.mailboxes.values()),
    }


def _write(path: Path, info: dict[str, Any]) -> None:
    """All at once, readable by its owner only."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(info, file, indent=2)
    fresh.replace(path)


if __name__ == "__main__":
    raise SystemExit(main())
