"""Answers that no CalDAV server should give: each is an error of the contract, in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.caldav import multistatus
from connectors.caldav.client import Answer
from connectors.caldav.connector import CalDavConnector
from connectors.contract import (
    ChangeSet,
    Connection,
    EventRef,
    MailboxRef,
    Period,
    RemoteEvent,
    SyncState,
)
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater
from tests.fuzz.effort import quick, tries
from tests.fuzz.mutating import NUMBERS, SIGNS, TIMES, spoilt_bytes
from tests.fuzz.test_ics import DRAFT, NAMED, WINDOW

BASE: Final = "https://dav.example.gr/cal/"
MAILBOX: Final = MailboxRef("anna@kavala.example", "anna/")
HERE: Final = "/cal/anna/"
KEY: Final = "b7f3.1"
_SPACES: Final = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_CALENDAR: Final = NAMED["single"].replace("&", "&amp;").replace("<", "&lt;")
ANSWERS: Final = (
    f"""<?xml version="1.0"?>
<multistatus {_SPACES}>
<response><href>{HERE}</href><propstat><prop>
<resourcetype><collection/><C:calendar/></resourcetype>
<sync-token>http://dav.example.gr/ns/sync/7</sync-token>
<supported-report-set><supported-report><report><sync-collection/></report></supported-report>
</supported-report-set>
<getctag xmlns="http://calendarserver.org/ns/">"17"</getctag>
</prop><status>HTTP/1.1 200 OK</status></propstat></response>
</multistatus>""",
    f"""<?xml version="1.0"?>
<multistatus {_SPACES}>
<response><href>{HERE}a.ics</href><propstat><prop><getetag>"1"</getetag>
<C:calendar-data>{_CALENDAR}</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat>
</response>
<response><href>{HERE}b%20c.ics</href><status>HTTP/1.1 404 Not Found</status></response>
<response><href>{HERE}</href><status>HTTP/1.1 507 Insufficient Storage</status></response>
<sync-token>http://dav.example.gr/ns/sync/8</sync-token>
</multistatus>""",
    f"""<error {_SPACES}><valid-sync-token/></error>""",
    NAMED["single"],
)
WORDS: Final = (
    "<response>", "</response>", "<href>", "</href>", "<status>", "<propstat>", "<prop>", "<!--",
    '<!DOCTYPE a [<!ENTITY b "c">]>', "&b;", "&#0;", "&#xD800;", "<![CDATA[", "]]>", "<?x y?>",
    'xmlns=""', 'encoding="utf-7"', "//[", "https://[::1", "https://dav.example.gr:99999999/a",
    "https://dav.example.gr:x/a", "http://169.254.169.254/", "//evil.example/", "javascript:a",
    "HTTP/1.1 207 Multi-Status", "HTTP/1.1", "HTTP/1.1 ٢٠٠", *(f"HTTP/1.1 {n}" for n in NUMBERS),
    "../../..", "%2e%2e/", "%", "%zz", *TIMES[:3],
)  # fmt: skip
#: Of these a value of one header is drawn.
HEADERS: Final = ("ETag", "Location", "Retry-After", "Date", "DAV")
_VALUES: Final = st.sampled_from((
    *(each for each in SIGNS if each.isprintable()), *NUMBERS, *WORDS[16:22], '"1"', 'W/"1"', "30",
    "Sun, 31 Oct 2027 01:30:00 GMT", "Sun, 31 Oct 99999 01:30:00 GMT", "Wed, 99 Foo 2027",
    "Sun, 31 Oct 2027 01:30:00 +9999999",
))  # fmt: skip
_STATUSES: Final = st.sampled_from((200, 201, 204, 207, 301, 302, 403, 404, 409, 412, 500, 503))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    body = draw(spoilt_bytes(ANSWERS, WORDS) | st.sampled_from(ANSWERS).map(str.encode))
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), _VALUES, max_size=2))
    return Answer(draw(_STATUSES | st.just(207)), headers, body, HERE)


class Scripted:
    """Gives each request the next answer, the last one again and again."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = answers
        self.asked = 0

    def __call__(self, method: str, path: str, *rest: object) -> Answer:
        self.asked += 1
        assert path.startswith("/"), "a request left the way to its own server"
        assert self.asked < 500, "the server is asked again and again"
        return self.answers[min(self.asked, len(self.answers)) - 1]


def connector(answers: Sequence[Answer], monkeypatch: pytest.MonkeyPatch) -> CalDavConnector:
    made = CalDavConnector(
        Connection("caldav", url=BASE, user="u", secret="s"),
        office_zone=ZoneInfo("Europe/Athens"),
        clock=lambda: datetime(2027, 10, 1, tzinfo=UTC),
    )
    monkeypatch.setattr(made._client, "_send", Scripted(answers))
    return made


Call = Callable[[CalDavConnector, Deadline], Any]
CALLS: Final[Mapping[str, Call]] = {
    "changes": lambda it, deadline: it.changes(
        mailbox=MAILBOX, sync_state=None, known={}, window=WINDOW, deadline=deadline
    ),
    "changes since": lambda it, deadline: it.changes(
        mailbox=MAILBOX,
        sync_state=SyncState("sync:http://dav.example.gr/ns/sync/7", WINDOW),
        known={f"{HERE}a.ics": '"1"'},
        window=WINDOW,
        deadline=deadline,
    ),
    "read_busy": lambda it, deadline: it.read_busy(
        mailboxes=[MAILBOX], window=WINDOW, deadline=deadline
    ),
    "get": lambda it, deadline: it.get(mailbox=MAILBOX, event_id=f"{HERE}a.ics", deadline=deadline),
    "find": lambda it, deadline: it.find(mailbox=MAILBOX, key=KEY, deadline=deadline),
    "create": lambda it, deadline: it.create(
        mailbox=MAILBOX, draft=DRAFT, key=KEY, deadline=deadline
    ),
    "update": lambda it, deadline: it.update(
        mailbox=MAILBOX, ref=EventRef(f"{HERE}a.ics", ""), draft=DRAFT, deadline=deadline
    ),
    "delete": lambda it, deadline: it.delete(
        mailbox=MAILBOX, ref=EventRef(f"{HERE}a.ics", '"1"'), deadline=deadline
    ),
    "check": lambda it, deadline: it.check(mailbox=MAILBOX, deadline=deadline),
}


def well_formed(found: Any) -> None:
    """What comes out can be stored: texts are texts, moments are moments."""
    if isinstance(found, RemoteEvent):
        texts = [found.ref.id, found.ref.etag, found.subject, found.meeting_url]
        assert found.period is None or isinstance(found.period, Period)
    elif isinstance(found, ChangeSet):
        texts = [each.id for each in found.changed] + [each.etag for each in found.changed]
        texts += [found.sync_state.token, *found.gone, *(found.listing or ())]
    else:
        return
    assert all(isinstance(each, str) and each.encode() is not None for each in texts)


@pytest.mark.parametrize("name", CALLS)
@tries(30, share=0.2)
@given(given_answers=st.lists(answers(), min_size=1, max_size=5))
def test_whatever_a_server_answers_is_an_error_of_the_contract(
    name: str, given_answers: list[Answer]
) -> None:
    def asked() -> Any:
        with pytest.MonkeyPatch.context() as monkeypatch:
            it = connector(given_answers, monkeypatch)
            try:
                return CALLS[name](it, Deadline.after(30))
            except ConnectorError as error:
                return error

    found = quick(asked)
    if isinstance(found, TryLater) and found.retry_after is not None:
        assert found.retry_after >= 0
    well_formed(found)


@tries(150)
@given(body=spoilt_bytes(ANSWERS, WORDS))
def test_a_spoilt_multistatus_is_read_or_refused(body: bytes) -> None:
    try:
        found = quick(lambda: multistatus.parse(body, base=BASE))
    except TryLater:
        return
    assert all(each.path.startswith("/") for each in found.members)
