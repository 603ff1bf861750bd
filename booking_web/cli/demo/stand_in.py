"""The stand-in for Microsoft 365 of an embedded run; it is there in a checkout only.

It is a server for tests (``tests/servers/graph``), so it is not shipped: where it is missing, the
sample municipality that uses Microsoft 365 is served by the CalDAV server like the other one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from booking_web.cli.demo import servers
from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import Kept, Place
from booking_web.cli.demo.trouble import StartError

NAME = "Microsoft 365 (stand-in)"
MODULE = "tests.servers.graph"
CHECKOUT = Path(__file__).resolve().parents[3]
#: What the stand-in itself is made of, and what reaches it.
NEEDED = ("trustme", "msgraph", "azure.identity")


@dataclass(frozen=True, slots=True)
class StandIn:
    """How the stand-in that runs now is reached."""

    page: str  #: where one plays the employee
    base_url: str
    authority: str
    ca_file: str
    tenant: str
    client_id: str
    certificate_file: str  #: client certificate with its key: what the application signs in with

    @classmethod
    def load(cls, place: Place) -> StandIn:
        """Raises StartError where the stand-in has not said it yet, or something else."""
        try:
            told = json.loads(_info(place).read_text())
            names = (name for name in cls.__dataclass_fields__ if name != "page")
            return cls(page=told["page_url"], **{name: told[name] for name in names})
        except (OSError, ValueError, KeyError):
            raise StartError(f"{NAME} has not told how it is reached ({_info(place)}).") from None


def missing() -> str:
    """What keeps the stand-in from running here, in words; empty where nothing does."""
    if not (CHECKOUT / Path(*MODULE.split(".")) / "__main__.py").is_file():
        return "the stand-in for Microsoft 365 comes with a checkout only"
    for name in NEEDED:
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            return f"the package {name.replace('.', '-')} is not installed"
    return ""


def child(place: Place, kept: Kept, environment: Mapping[str, str], *, forward_to: str) -> Child:
    """The server, with a mailbox for each of ``kept.outlook``; it calls us at ``forward_to``."""
    page, edge = kept.ports["graph"], kept.ports["graph-tls"]
    _info(place).unlink(missing_ok=True)  # of an earlier run, on other ports perhaps
    mailboxes = [f"--mailbox={address}={name}" for address, name in kept.outlook.items()]
    paths = [str(CHECKOUT), *filter(None, [environment.get("PYTHONPATH")])]
    return Child(
        name=NAME,
        command=[
            sys.executable, "-m", MODULE, "--directory", str(place.outlook),
            "--port", str(page), "--tls-port", str(edge), "--forward-to", forward_to,
            "--grant-meetings", "--info", str(_info(place)), *mailboxes,
        ],
        environment={**environment, "PYTHONPATH": os.pathsep.join(paths)},
        log=place.log / "graph.log",
        answers=lambda: _answers(place, page),
    )  # fmt: skip


def wait_for(place: Place, kept: Kept, *, seconds: float) -> StandIn:
    """Wait for the server that is starting meanwhile. Raises StartError."""
    end = time.monotonic() + seconds
    while not _answers(place, kept.ports["graph"]):
        if time.monotonic() > end:
            raise StartError(f"{NAME} does not answer.")
        time.sleep(0.05)
    return StandIn.load(place)


def notification_url(kept: Kept) -> str:
    """The https origin under which the stand-in finds our notifications."""
    return f"https://localhost:{kept.ports['graph-tls']}"


def _answers(place: Place, port: int) -> bool:
    """It writes its info file once both of its ports listen."""
    return _info(place).exists() and servers.status("GET", port, "/") is not None


def _info(place: Place) -> Path:
    return place.outlook / "info.json"
