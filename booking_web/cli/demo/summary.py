"""What the person in front of it needs to know once everything answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from booking.settings import Settings
from booking_web.cli.demo.place import ADMIN, Kept, Place, write_private
from booking_web.cli.demo.servers import LOOPBACK
from booking_web.cli.demo.stand_in import StandIn

STANDS_FOR = "stands in for Microsoft 365; nothing leaves this machine"
PERSONS = "stands in for TAXISnet: citizens sign in there as one of two sample persons"
HOW_TO_PLAY = (
    "Play the employee: book a teleconference at Kavala and find it on the Outlook page. Whatever",
    "is busy or out of office in both calendars there leaves the citizens' page within seconds;",
    "move it or delete it, and the time is back.",
)


def describe(
    settings: Settings, place: Place, kept: Kept, graph: StandIn | None, *, taxisnet: str
) -> dict[str, Any]:
    """Addresses and passwords, in the form that ``--info`` writes."""
    web = f"http://{reachable(settings.host)}:{settings.port}"
    calendars = f"http://{LOOPBACK}:{kept.ports['caldav']}"
    return {
        "web": web,
        "admin": {"url": f"{web}/admin/", "user": ADMIN, "password": kept.accounts[ADMIN]},
        "staff": [
            {"url": f"{web}/staff/", "user": user, "password": kept.accounts[user]}
            for user in kept.staff
        ],
        "caldav": [
            {
                "mailbox": address,
                "url": calendars + kept.paths[address],
                "user": address,
                "password": password,
            }
            for address, password in kept.calendars.items()
        ],
        "graph": graph
        and {
            "page": graph.page,
            "base_url": graph.base_url,
            "authority": graph.authority,
            "mailboxes": list(kept.outlook),
        },
        "taxisnet": {"page": taxisnet} if taxisnet else None,
        "mail": (
            {"url": settings.smtp_url.rpartition("@")[2], "directory": ""}
            if settings.smtp_url
            else {
                "url": f"http://{LOOPBACK}:{kept.ports['mail']}/",
                "directory": str(place.mail),
            }
        ),
    }


def reachable(host: str) -> str:
    """Where a browser on this machine finds a server that listens on ``host``."""
    return {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(host, host)  # noqa: S104  (compared, not used)


def as_table(info: dict[str, Any]) -> str:
    rows = [
        ("Citizens", info["web"] + "/", ""),
        ("Administration", info["admin"]["url"], sign_in(info["admin"])),
        *(("Staff", each["url"], sign_in(each)) for each in info["staff"]),
        *(("Calendar", each["url"], sign_in(each)) for each in info["caldav"]),
        *(("Outlook", each["page"], STANDS_FOR) for each in (info["graph"],) if each),
        *(("TAXISnet", each["page"], PERSONS) for each in (info["taxisnet"],) if each),
        ("Mails", info["mail"]["url"], info["mail"]["directory"]),
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    lines = [f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in rows]
    if info["graph"]:
        lines += ["", *(f"  {line}" for line in HOW_TO_PLAY)]
    return "\n".join(["", *lines, "", "  Ctrl-C stops everything; the data stays.", ""])


def sign_in(entry: dict[str, str]) -> str:
    return f"{entry['user']}  {entry['password']}"


def write_info(path: Path, info: dict[str, Any]) -> None:
    """For scripts: appears in one step, when everything answers; readable for its owner only."""
    write_private(path.absolute(), json.dumps(info, indent=2, ensure_ascii=False) + "\n")
