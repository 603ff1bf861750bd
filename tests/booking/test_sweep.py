"""Glances: many calendars in one request, only what changed is read, and no change gets lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from booking import offer
from booking.calendars.polling import interval_of
from booking.calendars.refresh import mark_dirty, refresh_mailbox
from booking.office import overview
from booking.settings import Settings
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.errors import MailboxNotFound, TryLater, Unsupported
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.staffed import Staffed, blocked, row, tick
from tests.booking.town import SERVICE, TUESDAY, address, town

_TOWN = 4


@pytest.fixture
def staffed() -> Staffed:
    return Staffed()


@pytest.fixture
def office(make_office: Callable[..., Office], staffed: Staffed) -> Office:
    office = make_office(town(mailboxes=_TOWN), memory=staffed)
    for _ in range(2):  # until the fingerprints are trusted
        tick(office)
    staffed.requests.clear()
    staffed.groups.clear()
    return office


def test_mailboxes_that_have_not_changed_cost_one_request_together(
    office: Office, staffed: Staffed
) -> None:
    assert tick(office) == {"fingerprints": 1}
    assert staffed.groups == [_TOWN]
    for status in overview.mailboxes(office.desk):
        assert status.last_read_at == office.clock()
        assert status.next_poll_at == office.clock() + timedelta(seconds=30)
        assert status.offers
    assert tick(office, seconds=29) == {}
    assert tick(office, seconds=1) == {"fingerprints": 1}


def test_only_what_changed_is_read_and_read_again_until_it_is_sure(
    office: Office, staffed: Staffed
) -> None:
    start = office.at(2, 9)
    event = office.busy(address(2), start)
    assert tick(office) == {"fingerprints": 1, "changes": 1}
    assert blocked(office, start, 2)
    assert tick(office) == {"fingerprints": 1, "changes": 1}
    assert tick(office) == {"fingerprints": 1}
    staffed.remove(office.ref(address(2)), event)
    tick(office)
    assert not blocked(office, start, 2)


def test_a_change_between_glance_and_reading_costs_a_reading_and_is_not_lost(
    office: Office, staffed: Staffed
) -> None:
    first, second = office.at(2, 9), office.at(2, 11)
    office.busy(address(1), first)
    staffed.before["changes"] = lambda: office.busy(address(1), second)
    tick(office)
    assert blocked(office, second)
    staffed.requests.clear()
    tick(office)
    assert staffed.requests["changes"] > 0
    tick(office)
    tick(office)
    assert tick(office) == {"fingerprints": 1}


def test_what_goes_before_the_reading_and_comes_back_after_it_is_seen(
    office: Office, staffed: Staffed
) -> None:
    """The same fingerprint twice does not mean that nothing happened in between."""
    start = office.at(2, 9)
    event = office.busy(address(1), start)
    tick(office)
    tick(office)
    other = office.busy(address(1), office.at(2, 11))
    # Dragged away after the glance, dragged back after the reading.
    staffed.after["fingerprints"] = lambda: staffed.remove(office.ref(address(1)), event)
    tick(office)
    assert not blocked(office, start)
    staffed.put_foreign(office.ref(address(1)), Period(start, start + timedelta(minutes=30)))
    tick(office)
    assert blocked(office, start)
    assert other


def test_a_deleted_occurrence_is_seen_although_changes_do_not_tell_of_it(
    office: Office, staffed: Staffed
) -> None:
    ref = office.ref(address(1))
    days = [office.at(day, 9) for day in (2, 3, 4)]
    periods = [Period(start, start + timedelta(minutes=30)) for start in days]
    series = staffed.put_foreign(ref, *periods)
    tick(office)
    for within in (True, False):  # before the fingerprint was sure, and after
        if not within:
            tick(office)
        staffed.change_foreign(ref, series, *(periods := periods[1:]), untold=True)
        tick(office)
        assert blocked(office, days[0]) is False
        assert blocked(office, periods[0].start)
        days = days[1:]


def test_a_reading_without_a_glance_makes_the_fingerprint_unsure(
    office: Office, staffed: Staffed
) -> None:
    """An event that went and came back between two glances, read once in between."""
    start = office.at(2, 9)
    period = Period(start, start + timedelta(minutes=30))
    event = office.busy(address(1), start)
    for _ in range(3):
        tick(office)
    staffed.remove(office.ref(address(1)), event)
    refresh_mailbox(
        office.desk, mailbox_id=office.mailbox_id(address(1)), deadline=Deadline.after(60)
    )
    assert not blocked(office, start)
    staffed.put_foreign(office.ref(address(1)), period)
    tick(office)
    assert blocked(office, start)


def test_an_event_of_ours_that_staff_delete_at_once_is_missed(
    office: Office, staffed: Staffed
) -> None:
    slot = office.free()[0]
    booking = office.book(slot.start).booking
    number = next(n for n in range(1, _TOWN + 1) if office.events(address(n)))
    (event,) = staffed.events(office.ref(address(number)))
    staffed.remove(office.ref(address(number)), event.ref.id)
    tick(office)
    with office.desk.store.read() as uow:
        (placement,) = uow.placements.of_booking(booking.id)
    assert placement.seen == "vanished"
    assert not blocked(office, slot.start, number)


def test_resources_are_asked_for_every_five_minutes(office: Office) -> None:
    took = [tick(office)["changes"] for _ in range(20)]
    assert sum(took) == 2 * _TOWN
    assert max(took) == _TOWN


def test_a_dirty_mailbox_is_read_whatever_its_fingerprint_says(
    office: Office, staffed: Staffed
) -> None:
    mark_dirty(office.desk, mailbox_ids=[office.mailbox_id(address(3))])
    assert tick(office, seconds=1)["changes"] == 1
    assert row(office, 3).dirty_at is None


def test_a_mark_that_comes_during_a_glance_is_kept(office: Office, staffed: Staffed) -> None:
    mailbox_id = office.mailbox_id(address(3))

    def mark() -> None:
        office.clock.forward(seconds=1)
        mark_dirty(office.desk, mailbox_ids=[mailbox_id])

    staffed.after["fingerprints"] = mark
    assert tick(office) == {"fingerprints": 1}
    assert row(office, 3).dirty_at == office.clock()
    assert tick(office, seconds=1)["changes"] == 1


def test_an_error_of_one_mailbox_is_its_own(office: Office, staffed: Staffed) -> None:
    staffed.special[address(2)] = MailboxNotFound("404")
    tick(office)
    offers = {each.address: each.offers for each in overview.mailboxes(office.desk)}
    assert offers == {address(1): True, address(2): False, address(3): True, address(4): True}
    assert row(office, 2).error_code == "not_found"
    staffed.special.clear()
    assert tick(office) == {"fingerprints": 1, "changes": 1}  # believed when it could be read
    assert all(each.offers for each in overview.mailboxes(office.desk))


def test_a_glance_that_says_nothing_of_a_mailbox_is_no_reading(
    office: Office, staffed: Staffed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffed, "fingerprints", lambda **_: {})
    before = row(office).last_success
    tick(office)
    assert (row(office).last_success, row(office).failures) == (before, 1)


def test_a_calendar_that_has_no_fingerprint_is_read_as_ever(
    office: Office, staffed: Staffed
) -> None:
    staffed.special[address(2)] = Unsupported("not the default calendar")
    assert tick(office)["changes"] == 1
    office.busy(address(2), office.at(2, 9))
    assert tick(office)["changes"] == 1
    assert blocked(office, office.at(2, 9), 2)
    assert all(each.offers for each in overview.mailboxes(office.desk))


def test_two_failures_of_a_whole_request_take_its_mailboxes_off_the_page(
    office: Office, staffed: Staffed
) -> None:
    for expected in (True, False):
        staffed.fail_next("fingerprints", TryLater("reset"))
        assert tick(office) == {"fingerprints": 1}
        assert {each.offers for each in overview.mailboxes(office.desk)} == {expected}
    assert tick(office) == {"fingerprints": 1}
    assert all(each.offers for each in overview.mailboxes(office.desk))


def test_a_glance_that_was_overtaken_records_nothing(office: Office, staffed: Staffed) -> None:
    start = office.at(2, 9)

    def overtake() -> None:
        office.clock.forward(seconds=40)
        office.busy(address(1), start)
        assert refresh_mailbox(
            office.desk, mailbox_id=office.mailbox_id(address(1)), deadline=Deadline.after(60)
        ).read

    staffed.after["fingerprints"] = overtake
    tick(office)
    assert row(office).last_success == office.clock()
    assert row(office, 2).last_success == office.clock() - timedelta(seconds=40)
    assert blocked(office, start)


def test_while_somebody_reads_a_mailbox_it_is_left_to_him(office: Office, staffed: Staffed) -> None:
    def read_again() -> None:
        outcome = refresh_mailbox(
            office.desk, mailbox_id=office.mailbox_id(address(1)), deadline=Deadline.after(60)
        )
        assert outcome.code == "reading"

    staffed.before["fingerprints"] = read_again
    tick(office)
    assert row(office).lease_until is None


def test_the_window_rolls_with_the_days_and_the_fingerprint_with_it(
    office: Office, staffed: Staffed
) -> None:
    before = row(office).window_end
    assert before is not None
    office.clock.forward(hours=24)
    tick(office)
    assert row(office).window_end == before + timedelta(days=1)
    tick(office)
    assert tick(office) == {"fingerprints": 1}


def test_a_view_costs_one_request_once_in_ten_seconds(office: Office, staffed: Staffed) -> None:
    def view() -> tuple[int, Counter[str]]:
        before = Counter(staffed.requests)
        found = offer.available(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, first=TUESDAY, last=TUESDAY
        )
        return len(found.slots), Counter(staffed.requests) - before

    office.clock.forward(seconds=11)
    slots, took = view()
    assert took == {"fingerprints": 1}
    assert view() == (slots, {})
    assert row(office).last_success == office.clock()
    for number in range(1, _TOWN + 1):
        office.busy(address(number), office.free(refresh=False)[0].start)
    office.clock.forward(seconds=11)
    assert view() == (slots - 1, {"fingerprints": 1, "changes": _TOWN})


def test_twenty_idle_mailboxes_stay_far_below_their_budget(
    make_office: Callable[..., Office], staffed: Staffed
) -> None:
    """At most 40 requests a mailbox in ten minutes; about 3 are needed."""
    office = make_office(town(mailboxes=20), memory=staffed)
    for _ in range(12):
        tick(office, seconds=5)
    staffed.requests.clear()
    for _ in range(120):
        tick(office, seconds=5)
        assert row(office).last_success is not None
        assert office.clock() - row(office).last_success <= timedelta(seconds=35)  # type: ignore[operator]
    each = sum(staffed.requests.values()) / 20
    assert each <= 4
    assert staffed.requests["fingerprints"] <= 21
    assert staffed.requests["changes"] <= 3 * 20


def test_one_idle_mailbox_alone_keeps_its_budget_too(
    make_office: Callable[..., Office], staffed: Staffed
) -> None:
    office = make_office(town(mailboxes=1), memory=staffed)
    tick(office)
    staffed.requests.clear()
    for _ in range(120):
        tick(office, seconds=5)
    assert sum(staffed.requests.values()) <= 25


def test_mailboxes_that_drifted_apart_are_read_together_again(
    office: Office, staffed: Staffed
) -> None:
    for number in (1, 2, 3):
        office.clock.forward(seconds=2)
        refresh_mailbox(
            office.desk, mailbox_id=office.mailbox_id(address(number)), deadline=Deadline.after(60)
        )
    for _ in range(24):
        tick(office, seconds=5)
    staffed.groups.clear()
    for _ in range(12):
        tick(office, seconds=5)
    assert staffed.groups == [_TOWN, _TOWN]


def test_the_pace_counts_requests_and_not_mailboxes() -> None:
    settings = Settings()
    assert interval_of(settings, mailboxes=400, answer_seconds=0.1, together=20) == 30
    assert interval_of(settings, mailboxes=1400, answer_seconds=0.1, together=20) > 60
    assert interval_of(settings, mailboxes=100_000, answer_seconds=0.1, together=20) == 200
