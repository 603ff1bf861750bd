"""How CalDAV servers differ, as data: what was seen, where the RFC says what, what we make of it.

Code asks these tables and tests of the server at hand, never a server's name. "Seen on" was
measured with the versions of autumn 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CALDAV: Final = "{urn:ietf:params:xml:ns:caldav}"
DAV: Final = "{DAV:}"

#: RFC 4791, 5.3.2.1 and RFC 6638, 3.2.4.1: another resource holds this UID. Radicale says so
#: with 409, Xandikos with 412, Cyrus with 403, SOGo with a bare 409.
UID_TAKEN: Final = frozenset(
    {CALDAV + "no-uid-conflict", CALDAV + "unique-scheduling-object-resource"}
)
#: RFC 4791, 5.3.2.1: the content itself is refused; repeating is useless.
CONTENT_REFUSED: Final = frozenset(
    CALDAV + name
    for name in (
        "supported-calendar-data",
        "valid-calendar-data",
        "valid-calendar-object-resource",
        "supported-calendar-component",
        "max-resource-size",
        "min-date-time",
        "max-date-time",
        "max-instances",
        "max-attendees-per-instance",
    )
)
#: RFC 6578, 3.2: the token is not valid any more.
TOKEN_REFUSED: Final = DAV + "valid-sync-token"
#: Statuses that come with it, or bare: Radicale, Cyrus and sabre 403, Xandikos 412, Google 410.
TOKEN_REFUSED_STATUSES: Final = frozenset({400, 409, 410, 412})

#: RFC 9110, 13.1.2: PUT with If-None-Match:* answers 201 or 412. SOGo overwrites its own twin
#: (204), DAViCal answers concurrent creates with 500, Cyrus a taken UID with 403: after all of
#: these we look what stands at the address before we decide.
LOOK_AFTER_CREATE: Final = frozenset({200, 204, 403, 405, 409, 412, 423})

#: A sync token that no server can have given out; a server that accepts it (DAViCal answers
#: nothing, SOGo everything) also loses changes under load, so its tokens are not used.
IMPOSSIBLE_TOKEN: Final = "http://rantevou.invalid/ns/sync/no-such-token"  # noqa: S105 - no secret


@dataclass(frozen=True, slots=True)
class Quirk:
    seen: str
    rfc: str
    answer: str


QUIRKS: Final[tuple[Quirk, ...]] = (
    Quirk(
        "Radicale lists old deletions in the first sync",
        "RFC 6578, 3.4",
        "a full comparison lists the collection itself, after reading the token",
    ),
    Quirk(
        "Xandikos cuts a limited sync and never tells the rest",
        "RFC 6578, 3.7",
        "no limit is ever asked for",
    ),
    Quirk(
        "Cyrus answers a limited sync with 507 for the collection",
        "RFC 6578, 3.6",
        "the following pages are read with the token that came with it",
    ),
    Quirk(
        "DAViCal leaves vanished members out of a multiget; sabre 1.8 fails as a whole",
        "RFC 4791, 7.9",
        "what is missing is asked for singly",
    ),
    Quirk(
        "sabre answers one member without rights with a 403 propstat",
        "RFC 4918, 13",
        "statuses are read per member and property",
    ),
    Quirk(
        "GMX sends weak ETags only, some servers none",
        "RFC 9110, 8.8.3; RFC 4791, 5.3.4",
        "changes are seen by comparing content; updates and deletes are refused",
    ),
    Quirk(
        "PROPFIND without credentials answers 207 on Cyrus",
        "RFC 9110, 11.6.1",
        "credentials go with the first request",
    ),
    Quirk(
        "server-side expansion, time ranges and free-busy are wrong on most servers",
        "RFC 4791, 7.4, 9.6.5 and 7.10",
        "raw resources are read and expanded here",
    ),
)
