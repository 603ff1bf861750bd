"""Connections to Microsoft 365 (provider ``graph``): whose application, at which addresses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from mapping.checks.addresses import url_fault
from mapping.checks.names import is_address
from mapping.model import CalendarConnection, Mailbox
from mapping.problem import Path, Problem

PROVIDER = "graph"

#: What each option is for, in the words of the page docs/mapping-file.md.
OPTIONS = {
    "tenant": "the directory (tenant) id of the app registration, or its domain",
    "authority": "where tokens come from, for example https://login.microsoftonline.com",
    "disable_instance_discovery": "yes for an authority that Microsoft's cloud does not know",
    "ca_file": "the file of a private certificate authority",
    "proxy": "the address of a proxy that leads to Microsoft",
    "meeting_options": "yes sets lobby and recording of each meeting",
    "outside_mailbox": "a mailbox that the application must not be able to read",
}
_SWITCHES = ("disable_instance_discovery", "meeting_options")
_TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*")


def connection(path: Path, it: CalendarConnection) -> Iterator[Problem]:
    """What is wrong with a connection of this provider."""
    if not it.user:
        message = (
            "nothing says which application this is; add user: the application (client) id of "
            "the app registration"
        )
        yield Problem(path, message)
    if not it.secret:
        message = (
            "nothing signs the application in; add 'secret: NAME' and set its value with "
            "'rantevou secret set NAME --file certificate-with-key.pem'"
        )
        yield Problem(path, message)
    if it.meeting_link:
        message = "Microsoft Teams gives each meeting a link of its own; this one is not used"
        yield Problem((*path, "meeting_link"), message, warning=True)
    yield from _options((*path, "options"), it.options)
    if "tenant" not in it.options:
        yield Problem(path, f"no tenant; add options: {{tenant: …}} with {OPTIONS['tenant']}")


def mailbox(path: Path, it: Mailbox) -> Iterator[Problem]:
    """What is wrong with a mailbox that stands in such a connection."""
    if "/" in it.calendar or ":" in it.calendar:
        message = (
            "a calendar of Microsoft 365 is named by its id, not by an address; leave 'calendar' "
            "out for the mailbox's own calendar"
        )
        yield Problem((*path, "calendar"), message)


def _options(path: Path, options: dict[str, str]) -> Iterator[Problem]:
    for name, value in options.items():
        place = (*path, name)
        if name not in OPTIONS:
            close = difflib.get_close_matches(name.lower(), list(OPTIONS), n=1)
            meant = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(OPTIONS)}"
            yield Problem(place, f"'{name}' is no option of Microsoft 365; {meant}")
        elif name in _SWITCHES and value not in {"yes", "no"}:
            yield Problem(place, f'write "yes" or "no": {OPTIONS[name]}')
        elif not value:
            yield Problem(place, f"'{name}' is empty; write {OPTIONS[name]}, or leave it out")
        elif name == "tenant" and not _TENANT.fullmatch(value):
            yield Problem(place, f"this is no tenant; write {OPTIONS[name]}")
        elif name in {"authority", "proxy"}:
            fault = url_fault(value, plain_http=name == "proxy")
            if not fault and name == "authority" and not value.startswith("https://"):
                fault = "tokens are fetched by https only; write https://"
            if fault:
                yield Problem(place, fault)
        elif name == "outside_mailbox" and not is_address(value):
            yield Problem(place, "this is no mail address; write for example mayor@town.example")
