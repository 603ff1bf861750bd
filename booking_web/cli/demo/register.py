"""The stand-in for TAXISnet of an embedded run, where citizens sign in as one of two persons.

Like that for Microsoft 365 it is there in a checkout only; an installed package has no sign-in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from booking_web.cli.demo import servers
from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import Kept, Place
from booking_web.cli.demo.stand_in import CHECKOUT

NAME = "TAXISnet (stand-in)"
MODULE = "tests.servers.gsis"
CLIENT_ID = "RANTEVOU"
#: Guards nothing: whoever reaches the stand-in may be anybody there.
CLIENT_SECRET = "of the stand-in"  # noqa: S105


def runs_here(given: Mapping[str, str]) -> bool:
    """Whether this run has one: in a checkout, unless somebody named a real one."""
    there = (CHECKOUT / "tests" / "servers" / "gsis" / "__main__.py").is_file()
    return there and not given.get("RANTEVOU_GSIS_CLIENT_ID")


def settings(kept: Kept) -> dict[str, str]:
    """What the product needs to know of it."""
    base = f"{page(kept)}oauth2server"
    return {
        "RANTEVOU_SIGN_IN": "offered",
        "RANTEVOU_GSIS_CLIENT_ID": CLIENT_ID,
        "RANTEVOU_GSIS_CLIENT_SECRET": CLIENT_SECRET,
        "RANTEVOU_GSIS_AUTHORIZE_URL": f"{base}/oauth/authorize",
        "RANTEVOU_GSIS_TOKEN_URL": f"{base}/oauth/token",
        "RANTEVOU_GSIS_USERINFO_URL": f"{base}/userinfo?format=xml",
        "RANTEVOU_GSIS_LOGOUT_URL": f"{base}/logout",
    }


def child(place: Place, kept: Kept, environment: Mapping[str, str], *, public_url: str) -> Child:
    """The server; it sends browsers back to ``public_url`` and nowhere else."""
    port = kept.ports["gsis"]
    paths = [str(CHECKOUT), *filter(None, [environment.get("PYTHONPATH")])]
    return Child(
        name=NAME,
        command=[
            sys.executable, "-m", MODULE, "--port", str(port), "--allow", f"{public_url}/",
            "--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET,
        ],
        environment={**environment, "PYTHONPATH": os.pathsep.join(paths)},
        log=place.log / "gsis.log",
        answers=lambda: servers.status("GET", port, "/") == 200,
    )  # fmt: skip


def page(kept: Kept) -> str:
    return f"http://{servers.LOOPBACK}:{kept.ports['gsis']}/"
