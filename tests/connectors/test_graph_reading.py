"""Reading Graph calendars: nothing is missed, nothing is read short, little is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import BusyReading, ChangeSet, Period, ShowAs, SyncState
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    Rejected,
    SyncStateExpired,
    TryLater,
)
from connectors.graph import reading as reading_module
from tests.connectors.outlook import Outlook, changed, meanwhile
from tests.contract.office import WINDOW, at, later, new_key, soon, whole_days
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.faults import cut, gone, half_page, refused, spurious_removed
from tests.servers.graph.switches import every
from tests.servers.graph.world import Proceed
from tests.servers.graph.zones import zone_of

_VIEW = r"/calendarView$"
_DELTA = r"/delta(\(\))?$"


def _known(found: ChangeSet) -> dict[str, str]:
    return {one.id: one.etag for one in found.changed}


def _periods(found: ChangeSet) -> list[Period]:
    return sorted(one.period for item in found.changed for one in item.intervals)


def test_what_is_asked_for_a_reading(outlook_office: Outlook) -> None:
    office = outlook_office.office
    for day in range(2, 22):
        office.staff.put(at(day, 9))
    outlook_office.requests()
    first = office.changes()
    assert outlook_office.requests() == ["GET delta()", "GET calendarView"]
    again = office.changes(first.sync_state, _known(first))
    assert outlook_office.requests() == ["GET delta()"]
    assert (again.changed, again.gone, again.listing) == ((), frozenset(), None)
    created = office.create(at(22, 9))
    outlook_office.requests()
    known = _known(first) | {created.ref.id: created.ref.etag}
    own = office.changes(again.sync_state, known)
    assert outlook_office.requests() == ["GET delta()"]
    assert (own.changed, own.listing) == ((), None)
    office.staff.put(at(23, 9))
    third = office.changes(own.sync_state, known)
    assert outlook_office.requests() == ["GET delta()", "GET calendarView"]
    assert _periods(third) == [at(23, 9)]
    office.connector.read_busy(mailboxes=[office.mailbox], window=at(3, 9), deadline=soon())
    assert outlook_office.requests() == ["GET calendarView"]


@pytest.mark.parametrize("size", [50, 100, 249, 250, 500])
def test_every_page_is_read(
    outlook_office: Outlook, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(reading_module, "_PAGE", size)
    monkeypatch.setattr(reading_module, "_DELTA_PREFER", (f"odata.maxpagesize={size}",))
    periods = [at(day, 8, 5 * n, minutes=5) for day in range(1, 26) for n in range(10)]
    ids = frozenset(outlook_office.office.staff.put(period) for period in periods)
    found = outlook_office.office.changes()
    assert found.listing == ids
    assert _periods(found) == periods
    pages = -(-250 // size)
    assert outlook_office.graph.requests.count("GET", _VIEW) == pages


@pytest.mark.parametrize("answer", every("sync_state_lost"))
def test_a_lost_state_is_told_in_every_spelling(outlook_office: Outlook, answer: str) -> None:
    outlook_office.graph.switches.sync_state_lost = answer  # type: ignore[assignment]
    state = outlook_office.office.changes().sync_state
    outlook_office.graph.forget_delta_tokens()
    with pytest.raises(SyncStateExpired):
        outlook_office.office.changes(state)
    assert outlook_office.office.changes().listing is not None


def test_a_state_lost_between_two_pages(outlook_office: Outlook) -> None:
    outlook_office.office.staff.put(at(3, 9))
    outlook_office.office.staff.put(at(4, 9))
    state = outlook_office.office.changes().sync_state
    outlook_office.graph.faults.add(gone("SyncStateNotFound"), path=_DELTA)
    with pytest.raises(SyncStateExpired):
        outlook_office.office.changes(state)


@pytest.mark.parametrize(
    "token", ["", "no-such-token", "http://elsewhere.example/v1.0/x", "https://127.0.0.1/v1.0/x"]
)
def test_a_token_of_another_server_is_not_followed(outlook_office: Outlook, token: str) -> None:
    with pytest.raises(SyncStateExpired):
        outlook_office.office.changes(SyncState(token, WINDOW))
    assert outlook_office.requests() == []


def test_a_link_to_another_server_is_not_followed(outlook_office: Outlook) -> None:
    outlook_office.office.staff.put(at(3, 9))
    for path in (_VIEW, _DELTA):
        outlook_office.graph.faults.add(
            changed(lambda body: {"value": [], "@odata.nextLink": "https://elsewhere.example/"}),
            path=path,
        )
        with pytest.raises(Rejected):
            outlook_office.office.changes()


def test_pages_without_an_end_end(outlook_office: Outlook) -> None:
    outlook_office.office.staff.put(at(3, 9))
    root = outlook_office.graph.base_url
    link = f"{root}/users/{outlook_office.box.address}/calendarView?startDateTime=2026-11-01"
    outlook_office.graph.faults.add(
        changed(lambda body: {"value": [], "@odata.nextLink": f"{link}&endDateTime=2026-11-02"}),
        path=_VIEW,
        times=None,
    )
    with pytest.raises(TryLater):
        outlook_office.office.busy()
    assert len(outlook_office.requests()) <= 3


_BROKEN = {
    "cut": cut(0.6),
    "nothing": cut(0.0),
    "no list": changed(lambda body: {"@odata.context": "x"}),
    "not a list": changed(lambda body: {"value": {"id": "x"}}),
    "no objects": changed(lambda body: {"value": ["x"]}),
    "html": changed(lambda body: "<html>Service unavailable</html>"),
    "link of no text": changed(lambda body: body | {"@odata.nextLink": 7}),
    "no ids": changed(lambda body: {"value": [{"type": "singleInstance"}]}),
    "503": refused(503),
    "504": refused(504),
    "429": refused(429, retry_after=5),
}


@pytest.mark.parametrize("fault", _BROKEN.values(), ids=list(_BROKEN))
@pytest.mark.parametrize("number", [1, 2])
def test_a_broken_page_is_no_short_listing(
    outlook_office: Outlook, monkeypatch: pytest.MonkeyPatch, fault: Any, number: int
) -> None:
    monkeypatch.setattr(reading_module, "_PAGE", 2)
    for day in range(2, 6):
        outlook_office.office.staff.put(at(day, 9))

    def on_that_page(call: Call, proceed: Proceed) -> Answer:
        here = (2 if call.parameter("$skip") else 1) == number
        return fault(call, proceed) if here else proceed(call)

    outlook_office.graph.faults.add(on_that_page, path=_VIEW, times=None)
    with pytest.raises(TryLater):
        outlook_office.office.changes()


def test_a_new_round_that_is_lost_is_begun_again_later(outlook_office: Outlook) -> None:
    outlook_office.graph.faults.add(gone(), path=_DELTA)
    with pytest.raises(TryLater):
        outlook_office.office.changes()
    assert outlook_office.office.changes().listing == frozenset()


def test_a_round_without_its_end_is_no_state(outlook_office: Outlook) -> None:
    outlook_office.graph.faults.add(changed(lambda body: {"value": []}), path=_DELTA)
    with pytest.raises(TryLater):
        outlook_office.office.changes()


def test_half_pages_are_followed(outlook_office: Outlook) -> None:
    ids = frozenset(outlook_office.office.staff.put(at(day, 9)) for day in range(2, 12))
    half = half_page(outlook_office.graph.faults)
    outlook_office.graph.faults.add(half, path="calendarView", times=None)
    assert outlook_office.office.changes().listing == ids


def test_an_event_told_as_removed_that_is_there(outlook_office: Outlook) -> None:
    staff = outlook_office.office.staff
    ids = [staff.put(at(day, 9)) for day in range(2, 5)]
    first = outlook_office.office.changes()
    outlook_office.graph.faults.add(spurious_removed(ids[0]), path=_DELTA)
    second = outlook_office.office.changes(first.sync_state, _known(first))
    assert second.listing == frozenset(ids)
    assert (second.changed, second.gone) == ((), frozenset())


def test_an_event_with_another_id_is_another_event(outlook_office: Outlook) -> None:
    event_id = outlook_office.office.staff.put(at(3, 9))
    first = outlook_office.office.changes()
    outlook_office.graph.faults.change_id(event_id)
    second = outlook_office.office.changes(None, _known(first))
    assert second.listing is not None
    assert event_id not in second.listing
    assert _periods(second) == [at(3, 9)]


def test_what_changes_between_state_and_view_is_seen_again(outlook_office: Outlook) -> None:
    office = outlook_office.office
    outlook_office.graph.faults.add(meanwhile(lambda: office.staff.put(at(3, 9))), path=_VIEW)
    first = office.changes()
    assert _periods(first) == [at(3, 9)]
    outlook_office.graph.faults.add(
        meanwhile(lambda: office.staff.put(at(4, 9)), after=True), path=_VIEW
    )
    second = office.changes(None, {})
    assert _periods(second) == [at(3, 9)]
    third = office.changes(second.sync_state, _known(second))
    assert _periods(third) == [at(4, 9)]


@pytest.mark.parametrize("told", every("delta_exception"))
def test_a_dragged_occurrence_is_seen(outlook_office: Outlook, told: str) -> None:
    outlook_office.graph.switches.delta_exception = told  # type: ignore[assignment]
    office, first = outlook_office.office, at(20, 9, month=10)
    master = office.staff.put_series(first, weeks=4, moved={})
    before = office.changes()
    assert _known(before).keys() == {master}
    outlook_office.box.move_occurrence(master, 2, at(5, 14).start, at(5, 14).end)
    after = office.changes(before.sync_state, _known(before))
    assert _periods(after) == sorted([first, later(first, 1), at(5, 14), later(first, 3)])
    outlook_office.box.move_occurrence(
        master, 2, at(9, 14, month=12).start, at(9, 14, month=12).end
    )
    outside = office.changes(after.sync_state, _known(before) | _known(after))
    assert _periods(outside) == [first, later(first, 1), later(first, 3)]


@pytest.mark.parametrize("told", every("delta_deleted_occurrence"))
def test_a_removed_occurrence_is_seen_by_delta_or_by_a_fingerprint(
    outlook_office: Outlook, told: str
) -> None:
    outlook_office.graph.switches.delta_deleted_occurrence = told  # type: ignore[assignment]
    office, first = outlook_office.office, at(20, 9, month=10)
    master = office.staff.put_series(first, weeks=4, moved={})
    before = office.changes()
    look = outlook_office.connector.fingerprints
    text = look(mailboxes=[office.mailbox], window=WINDOW, deadline=soon())
    outlook_office.box.remove_occurrence(master, 1)
    assert look(mailboxes=[office.mailbox], window=WINDOW, deadline=soon()) != text
    after = office.changes(before.sync_state, _known(before))
    if told == "nothing":
        assert (after.changed, after.listing) == ((), None)
        after = office.changes(None, _known(before))
    assert _periods(after) == [first, later(first, 2), later(first, 3)]


@pytest.mark.parametrize("told", every("delta_shrunk_series"))
def test_a_shortened_series_is_seen(outlook_office: Outlook, told: str) -> None:
    outlook_office.graph.switches.delta_shrunk_series = told  # type: ignore[assignment]
    office, first = outlook_office.office, at(20, 9, month=10)
    master = office.staff.put_series(first, weeks=4, moved={})
    before = office.changes()
    outlook_office.box.shorten_series(master, 2)
    after = office.changes(before.sync_state, _known(before))
    assert _periods(after) == [first, later(first, 1)]
    office.staff.remove(master)
    gone_now = office.changes(after.sync_state, _known(after))
    assert gone_now.listing == frozenset()


def test_an_occurrence_that_is_shown_otherwise_changes_its_series(outlook_office: Outlook) -> None:
    office = outlook_office.office
    master = office.staff.put_series(at(3, 9), weeks=2, moved={1: at(11, 10)})
    before = office.changes()
    outlook_office.box.edit(master, showAs="tentative")
    [after] = office.changes(before.sync_state, _known(before)).changed
    assert after.id == master
    assert {one.show_as for one in after.intervals} == {ShowAs.TENTATIVE}


def test_a_window_that_moves_changes_a_series_but_no_single_event(outlook_office: Outlook) -> None:
    office = outlook_office.office
    office.staff.put(at(3, 9))
    master = office.staff.put_series(at(4, 9), weeks=3, moved={})
    before = office.changes()
    moved = Period(at(10, 0).start, WINDOW.end)
    after = office.changes(None, _known(before), moved)
    assert [one.id for one in after.changed] == [master]
    assert _periods(after) == [later(at(4, 9), 1), later(at(4, 9), 2)]
    assert after.listing == {master}


def test_a_cancelled_event_takes_no_time(outlook_office: Outlook) -> None:
    office = outlook_office.office
    event_id = office.staff.put(at(3, 9))
    outlook_office.box.edit(event_id, isCancelled=True)
    [found] = office.changes().changed
    assert (found.intervals, found.understood) == ((), True)
    assert office.busy() == []
    event = office.connector.get(mailbox=office.mailbox, event_id=event_id, deadline=soon())
    assert event.cancelled
    assert event.show_as is ShowAs.FREE


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("free", ShowAs.FREE),
        ("tentative", ShowAs.TENTATIVE),
        ("oof", ShowAs.OUT_OF_OFFICE),
        ("OOF", ShowAs.OUT_OF_OFFICE),
        ("workingElsewhere", ShowAs.WORKING_ELSEWHERE),
        ("unknown", ShowAs.BUSY),
        ("unknownFutureValue", ShowAs.BUSY),
        (None, ShowAs.BUSY),
    ],
)
def test_how_time_is_shown(outlook_office: Outlook, shown: str | None, meant: ShowAs) -> None:
    office = outlook_office.office
    office.staff.put(at(3, 9))
    outlook_office.graph.faults.add(
        changed(lambda body: {"value": [body["value"][0] | {"showAs": shown}]}), path=_VIEW
    )
    [found] = office.changes().changed
    assert [(one.show_as, one.certain) for one in found.intervals] == [(meant, True)]


def test_a_time_that_cannot_be_read_degrades_its_resource(outlook_office: Outlook) -> None:
    office = outlook_office.office
    broken, fine = office.staff.put(at(3, 9)), office.staff.put(at(4, 9))

    def break_it(body: dict[str, Any]) -> dict[str, Any]:
        for each in body["value"]:
            if each["id"] == broken:
                each["start"] = {"dateTime": "yesterday", "timeZone": "UTC"}
        return body

    outlook_office.graph.faults.add(changed(break_it), path=_VIEW, times=None)
    found = {one.id: one for one in office.changes().changed}
    assert not found[broken].understood
    assert found[broken].warnings == ("unreadable_time",)
    assert found[fine].understood
    answer = office.connector.read_busy(mailboxes=[office.mailbox], window=WINDOW, deadline=soon())[
        office.mailbox
    ]
    assert isinstance(answer, BusyReading)
    assert not answer.understood


@pytest.mark.parametrize("zone", ["GTB Standard Time", "UTC", "Tokyo Standard Time"])
@pytest.mark.parametrize("reading", every("all_day_reading"))
def test_an_all_day_event_is_the_office_s_day_however_it_is_told(
    outlook_office: Outlook, reading: str, zone: str
) -> None:
    outlook_office.graph.switches.all_day_reading = reading  # type: ignore[assignment]
    outlook_office.box.time_zone = zone
    place = zone_of(zone)
    first = datetime(2026, 10, 25, tzinfo=place)
    outlook_office.box.put(first, datetime(2026, 10, 27, tzinfo=place), all_day=True)
    [found] = outlook_office.office.changes().changed
    [interval] = found.intervals
    assert interval.all_day
    assert interval.certain
    assert interval.period == whole_days(date(2026, 10, 25), 2)


def test_a_mailbox_that_is_not_there_or_not_ours(outlook_office: Outlook) -> None:
    outlook_office.graph.scope = set()
    try:
        with pytest.raises(ConnectorError) as caught:
            outlook_office.office.changes()
    finally:
        outlook_office.graph.scope = None
    assert type(caught.value).__name__ == "NotAuthorised"
    outlook_office.box.enabled = False
    with pytest.raises(MailboxNotFound):
        outlook_office.office.changes()


def test_an_hour_that_comes_twice(outlook_office: Outlook) -> None:
    """25 October 2026, half past three: first in summer time, an hour later again."""
    first = Period(
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    )
    second = Period(first.start + timedelta(hours=1), first.end + timedelta(hours=1))
    made = [outlook_office.create(each, new_key()) for each in (first, second)]
    assert [each.period for each in made] == [first, second]
    assert outlook_office.office.busy() == [first, second]
