"""The same booking by another channel: a new event first, then the old one goes; never two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import cancelling, rescheduling
from booking.completing import complete
from booking.model import BookingState, BookingView, NotOffered, SlotTaken, WrongState
from booking.offer import available
from booking.store import UnitOfWork
from booking.store.outbox import Step
from connectors.contract import Period, RemoteEvent
from connectors.errors import Conflict, NotAuthorised, TryLater
from mapping.model import Channel, Municipality
from tests.booking.conftest import Office
from tests.booking.test_meetings import furnished, open_tasks, teams, world
from tests.booking.town import SERVICE, address, town

ROOM = "https://meet.example.gr/rantevou-"
LOST = TryLater("no answer", outcome_unknown=True)
BOTH = [
    (Channel.IN_PERSON, Channel.TELECONFERENCE),
    (Channel.TELECONFERENCE, Channel.IN_PERSON),
]


def change(
    office: Office, booking: BookingView, channel: Channel, period: Period | None = None
) -> BookingView:
    return rescheduling.reschedule(
        office.desk,
        booking_id=booking.id,
        starts_at=period.start if period else None,
        citizen=None,
        answers=None,
        channel=channel,
    )


def of(office: Office, booking: BookingView) -> list[RemoteEvent]:
    """The booking's events, in whatever calendar."""
    return [
        event
        for mailbox in office.town.mailboxes
        for event in office.memory.events(office.ref(mailbox.address))
        if event.reference == booking.reference
    ]


def says(event: RemoteEvent) -> str:
    return (event.about or "").split("/")[1]


def whole(office: Office, booking: BookingView) -> None:
    """Everything is carried out, exactly one event stands, and all agree on how it takes place."""
    for _ in range(14):
        office.drain(seconds=61)
        if not _owed(office, booking):
            break
    view = office.view(booking.id)
    assert (view.state, view.pending_period, view.pending_channel) == (
        BookingState.CONFIRMED,
        None,
        None,
    )
    (event,) = of(office, booking)
    assert (event.period, says(event)) == (view.period, view.channel.value)
    assert bool(view.meeting_url) is (view.channel is Channel.TELECONFERENCE)
    with office.desk.store.read() as uow:
        assert len(uow.claims.of_booking(booking.id)) == 1
    assert complete(office.desk) == 0
    office.read_all()
    day = view.period.start.date()
    offer = available(
        office.desk, service_id=SERVICE, channel=view.channel, first=day, last=day, refresh=False
    )
    assert view.period not in offer.slots


def _owed(office: Office, booking: BookingView) -> list[str]:
    with office.desk.store.read() as uow:
        open_ = uow.outbox.of_booking(booking.id, kinds=list(Step))
    return [each.name for each in open_ if "audit" not in each.name]


def pools(municipality: Municipality, in_person: int, online: int) -> Municipality:
    """Each channel has a mailbox of its own."""
    (service,) = municipality.services
    first, second = service.channels
    channels = (
        replace(first, mailboxes=(address(in_person),)),
        replace(second, mailboxes=(address(online),)),
    )
    return replace(municipality, services=(replace(service, channels=channels),))


@pytest.mark.parametrize(("old", "new"), BOTH)
def test_at_the_same_time_in_the_same_calendar(office: Office, old: Channel, new: Channel) -> None:
    slot = office.free()[0]
    booked = office.book(slot.start, channel=old).booking
    office.drain(seconds=1)
    (before,) = of(office, booked)
    view = change(office, booked, new)
    assert (view.channel, view.period, view.sequence) == (new, slot, 1)
    assert (view.state, view.pending_channel) == (BookingState.CONFIRMED, None)
    online = new is Channel.TELECONFERENCE
    assert view.meeting_url.startswith(ROOM) if online else view.meeting_url == ""
    office.drain(seconds=1)
    (after,) = of(office, booked)
    assert after.ref.id != before.ref.id
    assert after.meeting_url == view.meeting_url
    assert ("Τηλεδιάσκεψη" in (after.body or "")) is online
    whole(office, booked)


def test_another_time_and_another_pool(make_office: Callable[..., Office]) -> None:
    office = make_office(pools(town(mailboxes=2), 1, 2))
    slots = office.free()
    booked = office.book(slots[0].start).booking
    view = change(office, booked, Channel.TELECONFERENCE, slots[2])
    assert (view.mailbox, view.period) == (address(2), slots[2])
    office.drain(seconds=1)
    assert office.events(address(1)) == []
    assert slots[0] in office.free()
    whole(office, booked)


def test_the_mail_says_both_channels_and_replaces_the_calendar_entry(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.drain(seconds=1)
    change(office, booked, Channel.TELECONFERENCE)
    office.settle(rounds=2)
    _, mail = office.post.sent
    assert mail.subject.startswith("Άλλαξε το ραντεβού σας")
    assert "Τρόπος: Τηλεδιάσκεψη" in mail.text
    assert "Προηγούμενος τρόπος: Φυσική παρουσία" in mail.text
    assert "Προηγούμενη ώρα" not in mail.text
    assert "/join" in mail.text
    assert mail.calendar is not None
    assert b"SEQUENCE:1" in mail.calendar
    first = office.post.sent[0].calendar
    assert first is not None
    assert _line(first, b"UID") == _line(mail.calendar, b"UID")


def _line(calendar: bytes, name: bytes) -> bytes:
    return next(line for line in calendar.splitlines() if line.startswith(name))


def test_a_channel_that_is_not_offered_changes_nothing(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    with pytest.raises(NotOffered):
        change(office, booked, Channel.TELEPHONE)
    assert office.view(booked.id) == booked


def test_the_same_channel_is_no_change(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    assert change(office, booked, Channel.IN_PERSON) == booked
    office.settle(rounds=2)
    assert len(office.post.sent) == 1


def test_a_pool_without_a_free_time_there_offers_others_of_that_pool(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(pools(town(mailboxes=2), 1, 2))
    slots = office.free()
    office.busy(address(2), slots[0].start)
    office.read_all()
    booked = office.book(slots[0].start).booking
    with pytest.raises(SlotTaken) as refused:
        change(office, booked, Channel.TELECONFERENCE)
    assert refused.value.alternatives == tuple(slots[1:4])
    assert office.view(booked.id) == booked
    taken = change(office, booked, Channel.TELECONFERENCE, refused.value.alternatives[0])
    assert (taken.channel, taken.period) == (Channel.TELECONFERENCE, slots[1])
    whole(office, booked)


@pytest.mark.parametrize("error", [NotAuthorised("read only"), None])
def test_a_calendar_that_refuses_it_leaves_everything(
    make_office: Callable[..., Office], error: NotAuthorised | None
) -> None:
    office = make_office(pools(town(mailboxes=2), 1, 2))
    slots = office.free()
    booked = office.book(slots[0].start).booking
    if error is None:
        office.busy(address(2), slots[0].start)  # nobody has read it yet
    else:
        office.memory.fail_next("create", error)
    with pytest.raises(SlotTaken):
        change(office, booked, Channel.TELECONFERENCE)
    view = office.view(booked.id)
    assert (view.channel, view.pending_period, view.pending_channel, view.meeting_url) == (
        Channel.IN_PERSON,
        None,
        None,
        "",
    )
    whole(office, booked)
    assert len(office.post.sent) == 1


def test_refused_to_a_worker_the_citizen_is_told_how_it_stands(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.drain(seconds=1)
    office.memory.fail_next("create", TryLater("busy"))
    view = change(office, booked, Channel.TELECONFERENCE)
    assert (view.channel, view.pending_channel) == (Channel.IN_PERSON, Channel.TELECONFERENCE)
    office.memory.fail_next("create", NotAuthorised("read only"))
    whole(office, booked)
    assert office.view(booked.id).channel is Channel.IN_PERSON
    assert len(office.post.sent) == 2
    assert "Τρόπος: Φυσική παρουσία" in office.post.sent[-1].text


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("step", ["create", "get", "delete"])
@pytest.mark.parametrize(("old", "new"), BOTH)
def test_whatever_answer_is_lost_one_event_stands(
    office: Office, old: Channel, new: Channel, step: str, effect: bool
) -> None:
    booked = office.book(office.free()[0].start, channel=old).booking
    office.drain(seconds=1)
    office.memory.fail_next(step, LOST, effect_happened=effect)
    change(office, booked, new)
    whole(office, booked)
    assert office.view(booked.id).channel is new
    assert len(office.post.sent) == 2


def test_an_old_event_that_staff_edit_meanwhile_goes_all_the_same(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.memory.fail_next("delete", Conflict("edited"))
    change(office, booked, Channel.TELECONFERENCE)
    whole(office, booked)


def test_cancelled_on_its_way_and_undone_it_is_as_it_was(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.memory.fail_next("create", LOST, effect_happened=True)
    assert change(office, booked, Channel.TELECONFERENCE).pending_channel is not None
    cancelled = cancelling.cancel(office.desk, booking_id=booked.id)
    assert (cancelled.pending_channel, cancelled.channel) == (None, Channel.IN_PERSON)
    cancelling.undo(office.desk, booking_id=booked.id)
    whole(office, booked)
    assert office.view(booked.id).channel is Channel.IN_PERSON


def test_asked_for_again_after_an_undone_cancellation_the_first_attempt_is_no_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = office.book(office.free()[0].start).booking
    real = office.memory.create

    def create(**arguments: object) -> object:
        """While the calendar writes it, the citizen cancels, thinks better of it, asks again."""
        monkeypatch.setattr(office.memory, "create", real)
        made = real(**arguments)  # type: ignore[arg-type]
        cancelling.cancel(office.desk, booking_id=booked.id)
        cancelling.undo(office.desk, booking_id=booked.id)
        office.memory.fail_next("get", TryLater("busy"))
        change(office, booked, Channel.TELECONFERENCE)
        return made

    monkeypatch.setattr(office.memory, "create", create)
    change(office, booked, Channel.TELECONFERENCE)
    whole(office, booked)
    assert office.view(booked.id).channel is Channel.TELECONFERENCE


def test_a_second_change_waits_for_the_first(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    office.memory.fail_next("create", TryLater("busy"))
    change(office, booked, Channel.TELECONFERENCE)
    with pytest.raises(WrongState):
        change(office, booked, Channel.IN_PERSON)
    whole(office, booked)


def test_a_released_booking_takes_another_channel(make_office: Callable[..., Office]) -> None:
    office = make_office(pools(town(mailboxes=2), 1, 2))
    slots = office.free()
    office.memory.fail_next("create", TryLater("busy"))
    booked = office.book(slots[0].start).booking
    office.memory.fail_next("create", NotAuthorised("read only"))
    office.drain(seconds=61)
    booked = office.view(booked.id)
    assert booked.state is BookingState.RELEASED
    view = change(office, booked, Channel.TELECONFERENCE)
    assert (view.state, view.period, view.mailbox) == (
        BookingState.CONFIRMED,
        slots[0],
        address(2),
    )
    assert view.meeting_url.startswith(ROOM)
    whole(office, booked)


@pytest.mark.parametrize("planned", [True, False])
def test_what_was_forgotten_on_its_way_is_carried_on_or_taken_back(
    office: Office, planned: bool
) -> None:
    booked = office.book(office.free()[0].start).booking
    office.memory.fail_next("create", LOST)
    change(office, booked, Channel.TELECONFERENCE)

    def hand_in_the_database(uow: UnitOfWork) -> None:
        for entry in uow.outbox.of_booking(booked.id, kinds=[Step.UPDATE]):
            assert uow.outbox.finish(entry, now=uow.now, outcome="")
        if not planned:
            uow.placements.change(f"{booked.id}-2", state="refused")

    office.desk.store.transact(hand_in_the_database)
    office.clock.forward(minutes=2)
    assert complete(office.desk) == 1
    whole(office, booked)
    wanted = Channel.TELECONFERENCE if planned else Channel.IN_PERSON
    assert office.view(booked.id).channel is wanted


def test_a_task_for_a_missing_link_ends_when_they_meet_in_person(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    able = furnished(make_office, monkeypatch, teams(town(mailboxes=2)))
    world(able).gives_links = False
    booked = able.book(able.free()[0].start, channel=Channel.TELECONFERENCE).booking
    able.settle(rounds=15, seconds=60)
    assert open_tasks(able) == [("meeting_link_missing", booked.reference)]
    able.read_all()
    mails = len(able.post.sent)
    change(able, booked, Channel.IN_PERSON)
    able.settle(rounds=15, seconds=60)
    assert open_tasks(able) == []
    assert len(able.post.sent) == mails + 1


def test_a_meeting_of_the_provider_comes_and_goes_with_its_event(
    make_office: Callable[..., Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    able = furnished(make_office, monkeypatch, teams(town()))
    booked = able.book(able.free()[0].start).booking
    online = change(able, booked, Channel.TELECONFERENCE)
    assert online.meeting_url.endswith(f"{booked.id}-2")
    able.settle(rounds=2)
    assert change(able, booked, Channel.IN_PERSON).meeting_url == ""
    able.settle(rounds=2)
    assert change(able, booked, Channel.TELECONFERENCE).meeting_url.endswith(f"{booked.id}-4")
    whole(able, booked)
