"""Reading calendars: what they say disappears from the page, what cannot be read offers nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from booking import offer
from booking.calendars import rounds
from booking.calendars.polling import interval_of
from booking.calendars.refresh import due, mark_dirty, next_due_in, refresh_mailbox
from booking.calendars.rounds import poll
from booking.office import importing, overview
from booking.office.explain import explain
from booking.settings import Settings
from connectors.contract import Period, ResourceReading, ShowAs
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, MailboxNotFound, NotAuthorised, TryLater, Unsupported
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, TUESDAY, address, town


def look(office: Office, *, seconds: float = 11) -> offer.Availability:
    """Somebody opens the page, some time after the last look."""
    office.clock.forward(seconds=seconds)
    return offer.available(
        office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, first=TUESDAY, last=TUESDAY
    )


def test_an_entry_of_the_employee_takes_a_slot_off_the_page_and_gives_it_back(
    office: Office,
) -> None:
    slots = office.free()
    event = office.busy(address(1), slots[2].start, minutes=3)
    assert slots[2] in look(office, seconds=1).slots  # read a moment ago
    assert list(look(office).slots) == [slot for slot in slots if slot != slots[2]]
    office.memory.remove(office.ref(address(1)), event)
    assert list(look(office).slots) == slots


def test_series_and_moved_occurrences(office: Office) -> None:
    slots = office.free()
    day = timedelta(days=1)
    series = [Period(slots[1].start + n * day, slots[1].end + n * day) for n in range(3)]
    event = office.memory.put_foreign(office.ref(address(1)), *series)
    assert slots[1] not in look(office).slots
    moved = [Period(slots[4].start, slots[4].end), *series[1:]]
    office.memory.change_foreign(office.ref(address(1)), event, *moved)
    found = look(office).slots
    assert slots[1] in found
    assert slots[4] not in found


@pytest.mark.parametrize(
    ("show_as", "all_day", "blocks"),
    [
        (ShowAs.FREE, False, False),
        (ShowAs.FREE, True, False),
        (ShowAs.TENTATIVE, False, True),
        (ShowAs.WORKING_ELSEWHERE, True, True),
        (ShowAs.OUT_OF_OFFICE, True, True),
    ],
)
def test_kinds_of_entries_mean_what_the_policy_says(
    office: Office, show_as: ShowAs, all_day: bool, blocks: bool
) -> None:
    slot = office.free()[0]
    office.memory.put_foreign(office.ref(address(1)), slot, show_as=show_as, all_day=all_day)
    assert (slot not in look(office).slots) == blocks


def test_a_guessed_place_blocks_its_whole_local_day(office: Office) -> None:
    slot = office.free()[0]
    office.memory.put_foreign(office.ref(address(1)), slot, certain=False)
    assert look(office).slots == ()


def test_what_is_not_understood_degrades_its_calendar_until_accepted(office: Office) -> None:
    slots = office.free()
    event = office.memory.put_foreign(office.ref(address(1)), understood=False)
    found = look(office)
    assert (found.slots, found.readable, found.total) == ((), 0, 1)
    (status,) = overview.mailboxes(office.desk)
    assert [each.resource_id for each in status.degraded] == [event]
    assert not status.offers
    overview.accept_resource(office.desk, mailbox_id=status.id, resource_id=event)
    assert list(look(office).slots) == slots
    assert overview.mailboxes(office.desk)[0].degraded == ()


@pytest.mark.parametrize(
    "error", [NotAuthorised("401"), MailboxNotFound("404"), Unsupported("501")]
)
def test_a_calendar_that_refuses_offers_nothing_at_once(
    make_office: Callable[..., Office], error: ConnectorError
) -> None:
    office = make_office(town(mailboxes=2))
    office.memory.fail_next("changes", error)
    found = look(office)
    assert (found.readable, found.total) == (1, 2)
    assert found.slots != ()
    failing = [each for each in overview.mailboxes(office.desk) if each.error_code]
    assert len(failing) == 1
    assert look(office).readable == 2


def test_one_dropped_connection_is_forgiven_two_are_not(office: Office) -> None:
    for expected in (1, 0):
        office.memory.fail_next("changes", TryLater("reset"))
        assert look(office).readable == expected
    assert look(office).readable == 1


def test_after_ten_minutes_without_reading_nothing_is_offered(office: Office) -> None:
    office.clock.forward(minutes=10)
    ask = {"service_id": SERVICE, "channel": Channel.IN_PERSON, "first": TUESDAY, "last": TUESDAY}
    assert offer.available(office.desk, refresh=False, **ask).readable == 1  # type: ignore[arg-type]
    office.clock.forward(seconds=1)
    found = offer.available(office.desk, refresh=False, **ask)  # type: ignore[arg-type]
    assert (found.slots, found.readable, found.oldest_read_at) == ((), 0, None)
    assert look(office).readable == 1


def test_a_calendar_that_suddenly_reads_empty_is_not_believed(office: Office) -> None:
    slots = office.free()
    events = [office.busy(address(1), office.at(9 + n, 10)) for n in range(12)]
    office.read_all()
    for event in events:
        office.memory.remove(office.ref(address(1)), event)
    office.memory.expire_sync_states()
    assert look(office).readable == 0
    (status,) = overview.mailboxes(office.desk)
    assert status.braked == "reads empty"
    assert look(office).readable == 0
    overview.release_brake(office.desk, mailbox_id=status.id)
    office.read_all()
    assert list(look(office).slots) == slots


def test_a_reading_records_what_staff_did_to_our_event_and_leaves_acting_to_others(
    office: Office,
) -> None:
    slots = office.free()
    booked = office.book(slots[0].start).booking
    (event,) = office.memory.events(office.ref(address(1)))
    office.memory.change_foreign(office.ref(address(1)), event.ref.id, slots[3])
    found = look(office).slots
    assert slots[0] not in found  # still claimed
    assert slots[3] not in found  # where the calendar says it is
    with office.desk.store.read() as uow:
        assert uow.placements.of_booking(booked.id)[0].seen == "moved"
    office.memory.remove(office.ref(address(1)), event.ref.id)
    assert slots[3] in look(office).slots
    with office.desk.store.read() as uow:
        assert uow.placements.of_booking(booked.id)[0].seen == "vanished"
    assert overview.mailboxes(office.desk)[0].noticed == {"vanished": 1}
    assert office.view(booked.id).state == "confirmed"


def test_due_mailboxes_travel_in_batches_and_once(make_office: Callable[..., Office]) -> None:
    office = make_office(town(mailboxes=3))
    assert due(office.desk, limit=10) == ()
    office.clock.forward(seconds=21)
    (batch,) = due(office.desk, limit=10)
    assert len(batch.mailbox_ids) == 3
    assert due(office.desk, limit=10) == ()
    assert poll(office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(5)) == 3
    assert due(office.desk, limit=10) == ()
    mark_dirty(office.desk, mailbox_ids=batch.mailbox_ids[:1])
    (batch,) = due(office.desk, limit=10)
    assert len(batch.mailbox_ids) == 1
    office.clock.forward(seconds=61)
    assert len(due(office.desk, limit=10)[0].mailbox_ids) == 3


def test_one_reader_at_a_time_and_the_overtaken_one_records_nothing(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    slots = office.free()

    class Slow:
        """Reads, and is overtaken by another reader before it can record."""

        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def changes(self, **arguments: object) -> object:
            seen = office.memory.changes(**arguments)  # type: ignore[arg-type]
            within = refresh_mailbox(office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(5))
            assert within.code == "reading"
            office.clock.forward(seconds=40)
            office.calendars.it = office.memory
            office.busy(address(1), slots[0].start)
            assert refresh_mailbox(
                office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(5)
            ).read
            return seen

    office.calendars.it = Slow()  # type: ignore[assignment]
    outcome = refresh_mailbox(office.desk, mailbox_id=mailbox_id, deadline=Deadline.after(5))
    assert (outcome.read, outcome.code) == (False, "overtaken")
    assert slots[0] not in office.free()


def test_an_expired_sync_state_leads_to_one_full_reading(office: Office) -> None:
    slots = office.free()
    office.memory.expire_sync_states()
    office.busy(address(1), slots[0].start)
    assert slots[0] not in look(office).slots


def test_the_window_moves_with_the_days(office: Office) -> None:
    far = office.at(1, 10) + timedelta(days=44)
    office.memory.put_foreign(
        office.ref(address(1)),
        *[Period(far + timedelta(days=n), far + timedelta(days=n, hours=1)) for n in (0, 1)],
    )
    office.read_all()
    office.clock.forward(days=21)
    office.read_all()
    day = far.date()
    found = offer.available(
        office.desk,
        service_id=SERVICE,
        channel=Channel.IN_PERSON,
        first=day,
        last=day,
        refresh=False,
    )
    assert found.readable == 1
    assert len(found.slots) == 3  # of six: the hour takes three, buffers included


def test_a_mailbox_that_moves_to_another_calendar_is_read_anew(office: Office) -> None:
    from dataclasses import replace

    office.busy(address(1), office.at(2, 9))
    office.read_all()
    (mailbox,) = office.town.mailboxes
    moved = replace(office.town, mailboxes=(replace(mailbox, calendar="elsewhere"),))
    report = importing.import_mapping(office.desk, text="other", municipality=moved, by="test")
    assert report.mailboxes_moved == (address(1),)
    assert importing.export_text(office.desk, "town") == "other"
    (status,) = overview.mailboxes(office.desk)
    assert (status.last_read_at, status.offers) == (None, False)


def test_the_pace_of_polling_follows_the_server() -> None:
    settings = Settings()
    assert interval_of(settings, mailboxes=10, answer_seconds=0.05) == 20
    assert interval_of(settings, mailboxes=1000, answer_seconds=0.05) == 100
    assert interval_of(settings, mailboxes=100_000, answer_seconds=0.05) == 200


def test_every_refusal_has_its_reason(office: Office) -> None:
    slots = office.free()

    def why(start: object) -> str:
        (reason,) = explain(
            office.desk, service_id=SERVICE, channel=Channel.IN_PERSON, starts_at=start  # type: ignore[arg-type]
        )  # fmt: skip
        return reason.why

    assert why(slots[0].start) == "free"
    office.book(slots[0].start)
    office.busy(address(1), slots[3].start)
    office.read_all()
    assert "citizen" in why(slots[0].start)
    assert "busy" in why(slots[3].start)
    assert "opening hours" in why(slots[1].start + timedelta(minutes=5))
    assert "holiday" in why(office.at(1, 9))
    assert "horizon" in why(office.at(2, 9) + timedelta(days=35))
    office.clock.forward(minutes=11)
    assert "cannot be read" in why(slots[1].start)


def test_what_was_read_against_the_rules_reaches_the_administrator(office: Office) -> None:
    mailbox_id = office.mailbox_id(address(1))
    readings = [
        ResourceReading(id=f"r{n}", etag="1", warnings=("date_without_value",)) for n in range(3)
    ]
    office.desk.store.transact(lambda uow: uow.replicas.put(mailbox_id, readings))
    (status,) = overview.mailboxes(office.desk)
    assert status.remarks == (overview.Remark(("date_without_value",), 3, "r0"),)
    assert status.offers


def test_a_silent_server_does_not_keep_others_waiting(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office(town(mailboxes=5))
    ids = [office.mailbox_id(address(number)) for number in range(1, 6)]
    monkeypatch.setattr(rounds, "_SILENCE", 0.0)  # a long time for this test
    limits = []

    class Timed:
        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def changes(self, **arguments: object) -> object:
            limits.append(arguments["deadline"].remaining())  # type: ignore[attr-defined]
            return office.memory.changes(**arguments)  # type: ignore[arg-type]

    office.calendars.it = Timed()  # type: ignore[assignment]
    for first in (9, 2):
        office.clock.forward(seconds=21)
        (given,) = due(office.desk, limit=10)
        office.memory.fail_next("changes", TryLater("no answer in time"))
        assert poll(office.desk, mailbox_ids=given.mailbox_ids, deadline=Deadline.after(50)) == 0
        assert first < limits.pop() < first + 1
        assert limits == []
        office.clock.forward(seconds=11)
    assert [each.failures for each in overview.servers(office.desk)] == [2]
    (given,) = due(office.desk, limit=10)
    assert set(given.mailbox_ids) < set(ids)  # the silent one waits longer
    assert poll(office.desk, mailbox_ids=ids, deadline=Deadline.after(50)) == 5
    assert [each.failures for each in overview.servers(office.desk)] == [0]


def test_the_next_due_reading_is_known(office: Office) -> None:
    assert next_due_in(office.desk) == 20
    office.clock.forward(seconds=21)
    assert next_due_in(office.desk) == -1
    due(office.desk, limit=10)
    assert next_due_in(office.desk) is None  # somebody has been asked


def test_every_reading_of_a_batch_is_recorded_with_its_own_time(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=4))
    ids = [office.mailbox_id(address(number)) for number in range(1, 5)]
    slot = office.free()[0]
    office.clock.forward(seconds=30)
    office.busy(address(2), slot.start)
    office.memory.fail_next("changes", TryLater("reset"))
    assert poll(office.desk, mailbox_ids=ids, deadline=Deadline.after(5)) == 3
    with office.desk.store.read() as uow:
        rows = {row.address: row for row in uow.mailboxes.many(ids)}
    assert [bool(rows[address(n)].error_code) for n in range(1, 5)] == [True, False, False, False]
    for number in range(2, 5):
        assert rows[address(number)].last_success == office.clock()
    assert all(row.lease_until is None for row in rows.values())
    assert next_due_in(office.desk) == 20


def test_a_reading_that_was_overtaken_before_it_was_recorded_records_nothing(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(mailboxes=2))
    ids = [office.mailbox_id(address(number)) for number in (1, 2)]
    slot = office.free()[0]
    office.clock.forward(seconds=30)
    seen = office.clock()

    class Overtaken:
        """While the second is read, another reader takes the first over."""

        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def changes(self, **arguments: object) -> object:
            changes = office.memory.changes(**arguments)  # type: ignore[arg-type]
            if arguments["mailbox"] == office.ref(address(1)):
                office.calendars.it = office.memory
                office.clock.forward(seconds=40)
                office.busy(address(1), slot.start)
                refresh_mailbox(office.desk, mailbox_id=ids[0], deadline=Deadline.after(5))
            return changes

    office.calendars.it = Overtaken()  # type: ignore[assignment]
    poll(office.desk, mailbox_ids=ids, deadline=Deadline.after(5))
    with office.desk.store.read() as uow:
        first = uow.mailboxes.get(ids[0])
    assert first is not None
    assert first.last_success is not None
    assert first.last_success > seen
    assert first.sync_token is not None
