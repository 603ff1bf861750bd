"""Answers that Microsoft Graph should not give: each is an error of the contract, in time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Connection, EventRef, MailboxRef, SyncState
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater
from connectors.graph import creating, properties
from connectors.graph import events as graph_events
from connectors.graph.connector import GraphConnector
from connectors.graph.sending import RawAnswer
from tests.fuzz.effort import quick, tries
from tests.fuzz.mutating import NUMBERS, SIGNS, TIMES, ZONES, spoilt_json
from tests.fuzz.test_caldav_answers import well_formed
from tests.fuzz.test_ics import DRAFT, WINDOW
from tests.graph.published import EXAMPLES

BASE: Final = "https://graph.example.gr/v1.0"
ANNA: Final = MailboxRef("anna@kavala.example")
NIKOS: Final = MailboxRef("nikos@kavala.example")
KEY: Final = "b7f3.1"
#: An event as an answer shows it: ours, with everything that we ask for.
EVENT: Final = {
    "@odata.etag": 'W/"DwAAABYAAAB"',
    "id": "AAMkAG1",
    "changeKey": "DwAAABYAAAB",
    "createdDateTime": "2027-10-01T08:00:00.0000000Z",
    "subject": "Πιστοποιητικά #P2W-9HD",
    "body": {"contentType": "html", "content": "<html><body>Όνομα: Μαρία</body></html>"},
    "start": {"dateTime": "2027-11-01T08:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-11-01T08:30:00.0000000", "timeZone": "UTC"},
    "originalStartTimeZone": "GTB Standard Time",
    "location": {"displayName": "Κύπρου 10"},
    "categories": ["Ραντεβού"],
    "isAllDay": False,
    "isCancelled": False,
    "isOnlineMeeting": True,
    "onlineMeeting": {"joinUrl": "https://teams.example.gr/l/meetup-join/19%3a?context=%7b%7d"},
    "showAs": "busy",
    "sensitivity": "private",
    "type": "singleInstance",
    "seriesMasterId": None,
    "recurrence": None,
    "singleValueExtendedProperties": [
        {"id": properties.KEY, "value": KEY},
        {"id": properties.SEQUENCE, "value": "3"},
        {"id": properties.BODY, "value": "Όνομα: Μαρία"},
    ],
}
OCCURRENCE: Final = {
    **EVENT,
    "id": "AAMkAG2",
    "type": "occurrence",
    "seriesMasterId": "AAMkAG3",
    "singleValueExtendedProperties": [],
}
LINK: Final = f"{BASE}/users/anna@kavala.example/calendarView/delta?$deltatoken=x"
BODIES: Final[tuple[Any, ...]] = (
    EVENT,
    {"value": [EVENT, OCCURRENCE], "@odata.nextLink": LINK},
    {"value": [EVENT, OCCURRENCE, {"id": "a", "@removed": {"reason": "deleted"}}],
     "@odata.deltaLink": LINK},
    {"value": [], "@odata.deltaLink": LINK},
    {"value": [
        {"scheduleId": ANNA.address, "availabilityView": "02", "scheduleItems": [
            {"status": "busy", "start": EVENT["start"], "end": EVENT["end"]}],
         "workingHours": {"daysOfWeek": ["friday"], "startTime": "08:00:00.0000000",
                          "endTime": "15:00:00.0000000", "timeZone": {"name": "UTC"}}},
        {"scheduleId": NIKOS.address, "error": {"message": "x", "responseCode": "ErrorX"}},
    ]},
    {"workingHours": {"daysOfWeek": ["monday"], "startTime": "08:00:00", "endTime": "15:00:00",
     "timeZone": {"@odata.type": "#microsoft.graph.customTimeZone", "bias": -120,
                  "name": "Customized Time Zone",
                  "standardOffset": {"time": "04:00:00", "dayOccurrence": 5, "dayOfWeek": "sunday",
                                     "month": 10, "year": 0},
                  "daylightOffset": {"daylightBias": -60, "time": "03:00:00", "dayOccurrence": 5,
                                     "dayOfWeek": "sunday", "month": 3, "year": 0}}}},
    {"id": "7f105c7d", "resource": "/users/anna@kavala.example/events", "changeType": "created",
     "clientState": "x", "notificationUrl": "https://rantevou.example.gr/notifications/graph",
     "expirationDateTime": "2027-10-11T18:23:45.9356913Z"},
    {"value": [{"id": "MSo1N2Y5", "joinWebUrl": "https://teams.example.gr/l/meetup-join/19%3a",
                "lobbyBypassSettings": {"scope": "organizer"}, "allowRecording": False}]},
    {"error": {"code": "ErrorItemNotFound", "message": "x", "innerError": {"code": "y"}}},
)  # fmt: skip
WORDS: Final[tuple[Any, ...]] = (
    EVENT, [EVENT, EVENT], "ErrorAccessDenied", "SyncStateNotFound", "oof", "BUSY", "seriesMaster",
    "https://evil.example/a", f"{BASE}/x?y", "https://[::1", f"{BASE[:-5]}:99999999/a", "//[",
    {"dateTime": "2027-10-31T03:30:00", "timeZone": "GTB Standard Time"},
    *({"dateTime": each, "timeZone": "UTC"} for each in TIMES),
    *({"dateTime": "2027-11-01T00:00:00", "timeZone": each} for each in ZONES),
)  # fmt: skip
_STATUSES: Final = st.sampled_from(
    (200, 200, 200, 201, 202, 204, 302, 400, 404, 410, 412, 429, 503)
)
_HEADERS: Final = st.dictionaries(
    st.sampled_from(("Date", "Retry-After", "Location", "request-id")),
    st.sampled_from((*NUMBERS, *(each for each in SIGNS if each.isprintable()),
                     "Sun, 31 Oct 2027 01:30:00 GMT", "Sun, 31 Oct 99999 01:30:00 +9999")),
    max_size=2,
)  # fmt: skip


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def answers(bodies: Sequence[Any]) -> st.SearchStrategy[RawAnswer]:
    said = st.one_of(
        spoilt_json(bodies, WORDS).map(as_bytes),
        st.sampled_from(bodies).map(as_bytes),
        st.sampled_from((b"", b"null", b"[]", b"{", b"[" * 5_000, b'{"value":' * 1_500, b"\xff",
                         b'{"value": ' + b"9" * 5_000 + b"}")),
    )  # fmt: skip
    return st.builds(RawAnswer, _STATUSES, _HEADERS, said)


class Line:
    """A line on which each request gets the next answer, and the last one again and again."""

    usable = True

    def __init__(self, graph: object) -> None:
        self.graph = graph
        self.answers: Sequence[RawAnswer] = ()
        self.asked = 0

    def send(self, info: Any, deadline: Deadline) -> RawAnswer:
        self.asked += 1
        assert self.asked < 1_000, "the service is asked again and again"
        info.path_parameters.setdefault("baseurl", BASE)  # what the SDK's adapter does first
        assert info.url.startswith(BASE), "a request left the way to its own server"
        return self.answers[min(self.asked, len(self.answers)) - 1]

    def forget_token(self, info: Any) -> None:
        return


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphConnector]:
    """The connector whole, but for the network."""
    options = {"tenant": "kavala.example", "meeting_options": "yes"}
    connection = Connection("graph", url=BASE, user="app", secret="s", options=options)
    made = GraphConnector(
        connection,
        office_zone=ZoneInfo("Europe/Athens"),
        clock=lambda: datetime(2027, 10, 1, tzinfo=UTC),
    )
    with pytest.MonkeyPatch.context() as patch:
        line = Line(made._graph._opened().graph)
        patch.setattr(made._graph, "_opened", lambda: line)
        patch.setattr(graph_events.time, "sleep", lambda seconds: None)
        patch.setattr(creating.time, "sleep", lambda seconds: None)
        yield made
    made.close()


Call = Callable[[GraphConnector, Deadline], Any]
CALLS: Final[Mapping[str, Call]] = {
    "changes": lambda it, by: it.changes(
        mailbox=ANNA, sync_state=None, known={}, window=WINDOW, deadline=by
    ),
    "changes since": lambda it, by: it.changes(
        mailbox=ANNA, sync_state=SyncState(LINK, WINDOW), known={}, window=WINDOW, deadline=by
    ),
    "read_busy": lambda it, by: it.read_busy(mailboxes=[ANNA], window=WINDOW, deadline=by),
    "read_busy of two": lambda it, by: it.read_busy(
        mailboxes=[ANNA, NIKOS], window=WINDOW, deadline=by
    ),
    "fingerprints": lambda it, by: it.fingerprints(
        mailboxes=[ANNA, NIKOS], window=WINDOW, deadline=by
    ),
    "get": lambda it, by: it.get(mailbox=ANNA, event_id="AAMkAG1", deadline=by),
    "find": lambda it, by: it.find(mailbox=ANNA, key=KEY, deadline=by),
    "create": lambda it, by: it.create(mailbox=ANNA, draft=DRAFT, key=KEY, deadline=by),
    "update": lambda it, by: it.update(
        mailbox=ANNA, ref=EventRef("AAMkAG1", ""), draft=DRAFT, deadline=by
    ),
    "delete": lambda it, by: it.delete(
        mailbox=ANNA, ref=EventRef("AAMkAG1", EVENT["@odata.etag"]), deadline=by
    ),
    "working_hours": lambda it, by: it.working_hours(mailbox=ANNA, deadline=by),
    "secure_meeting": lambda it, by: it.secure_meeting(
        mailbox=ANNA, meeting_url="https://teams.example.gr/l?context=%7b%22Oid%22%3a%221%22%7d",
        deadline=by,
    ),
    "subscriptions": lambda it, by: it.subscriptions(deadline=by),
    "subscribe": lambda it, by: it.subscribe(
        mailbox=ANNA, notification_url="https://r.example.gr/n", lifecycle_url="https://r.example/l",
        client_state="s", expires_at=WINDOW.end, deadline=by,
    ),
    "renew": lambda it, by: it.renew(subscription_id="1", expires_at=WINDOW.end, deadline=by),
    "check": lambda it, by: it.check(mailbox=ANNA, deadline=by),
}  # fmt: skip


def through(graph: GraphConnector, name: str, given_answers: Sequence[RawAnswer]) -> Any:
    def asked() -> Any:
        line: Any = graph._graph._opened()
        line.answers, line.asked = given_answers, 0
        graph._meetings._ids.clear()
        try:
            return CALLS[name](graph, Deadline.after(30))
        except ConnectorError as error:
            return error

    found = quick(asked)
    if isinstance(found, TryLater) and found.retry_after is not None:
        assert 0 <= found.retry_after <= 600
    well_formed(found)
    return found


@pytest.mark.parametrize("name", CALLS)
@tries(20, share=0.1)
@given(given_answers=st.lists(answers(BODIES), min_size=1, max_size=5))
def test_whatever_graph_answers_is_an_error_of_the_contract(
    graph: GraphConnector, name: str, given_answers: list[RawAnswer]
) -> None:
    through(graph, name, given_answers)


_PUBLISHED: Final = [each.answer for each in EXAMPLES.values() if each.answer] or list(BODIES)


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", CALLS)
@tries(5, share=0.1)
@given(given_answers=st.lists(answers(_PUBLISHED), min_size=1, max_size=4))
def test_spoilt_examples_of_the_documentation(
    graph: GraphConnector, name: str, given_answers: list[RawAnswer]
) -> None:
    through(graph, name, given_answers)
