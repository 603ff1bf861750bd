"""The waiting list: an earlier time that becomes free is kept for who came first, and passed on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from booking import cancelling, waiting
from booking.housekeeping import tend
from booking.model import BookingState, EarlierIsFree, SlotTaken, WrongState
from booking.placement import passing, releasing
from tests.booking.conftest import Office
from tests.booking.town import address
from tests.booking.waitingtown import Line, person, waiting_town
from tests.databases import emptied

WEDNESDAY, THURSDAY = date(2026, 6, 3), date(2026, 6, 4)


#: For tests in which several act at the same moment, or what is stored is the point.
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    if getattr(request, "param", "sqlite") == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return emptied(request.getfixturevalue("postgres_shared"))


@pytest.fixture
def line(make_office: Callable[..., Office]) -> Line:
    """Wednesday is full as well, with what staff have there."""
    office = make_office(waiting_town())
    office.busy(address(1), office.at(3, 9), minutes=240)
    office.read_all()
    return Line.at(office)


@BOTH
def test_the_first_gets_it_held_takes_it_with_one_step_and_leaves_the_line(line: Line) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    first, second = line.waits("First"), line.waits("Second")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=29)
    assert line.offer(first) is None
    line.tick(minutes=2)
    assert (line.offer(first), line.offer(second)) == (given_up.period.start, None)
    assert given_up.period not in office.free()
    with pytest.raises(SlotTaken):
        office.book(given_up.period.start, key="public", **person("Public"))
    (mail,) = line.mails()
    assert mail.recipient == "first@example.com"
    moved = line.take(first, given_up.period.start)
    assert (moved.state, moved.period) == (BookingState.CONFIRMED, given_up.period)
    assert waiting.waits(office.desk, booking_id=first.id) is None
    # Everybody moves up: what First had is earlier than what Second has.
    assert line.offer(second) == first.period.start
    wait = waiting.waits(office.desk, booking_id=second.id)
    assert wait is not None
    assert wait.before == 0


@BOTH
def test_what_is_let_lapse_passes_on_and_is_not_offered_to_the_same_again(line: Line) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    first, second = line.waits("First"), line.waits("Second")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=31)
    assert line.offer(first) == given_up.period.start
    line.tick(hours=4, seconds=1)
    assert (line.offer(first), line.offer(second)) == (None, given_up.period.start)
    assert [mail.recipient for mail in line.mails()] == ["second@example.com"]
    line.tick(hours=8)
    assert (line.offer(first), line.offer(second)) == (None, None)
    assert given_up.period in office.free()
    assert waiting.waits(office.desk, booking_id=first.id) is not None


def test_between_one_who_lets_it_lapse_and_the_next_nobody_gets_it(line: Line) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    first, second = line.waits("First"), line.waits("Second")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=31)
    assert line.offer(first) is not None
    office.clock.forward(hours=4, seconds=1)
    office.read_all()
    assert given_up.period not in office.free()
    tend(office.desk)
    assert line.offer(second) == given_up.period.start


def test_who_lets_three_lapse_is_asked_no_more(line: Line) -> None:
    office = line.office
    first = line.waits("First")
    for number, given_up in enumerate(line.tuesday[:3]):
        cancelling.cancel(office.desk, booking_id=given_up.id)
        line.tick(minutes=31)
        assert line.offer(first) == given_up.period.start, number
        # Back to the morning, so that each is offered for four hours: only the offer lapses.
        with office.desk.store.write() as uow:
            row = uow.waiting.get(first.id)
            assert row is not None
            assert row.hold_id is not None
            uow.waiting.free_again(first.id, passed_over=row.passed_over)
            uow.waiting.offer(first.id, hold_id=row.hold_id, until=uow.now)
            uow.commit()
        line.tick(seconds=1)
        assert line.offer(first) is None
    assert waiting.waits(office.desk, booking_id=first.id) is None


def test_who_declines_stays_in_line_and_the_next_is_asked_at_once(line: Line) -> None:
    office, (given_up, later, *_) = line.office, line.tuesday
    first, second = line.waits("First"), line.waits("Second")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=31)
    waiting.decline(office.desk, booking_id=first.id)
    assert (line.offer(first), line.offer(second)) == (None, given_up.period.start)
    cancelling.cancel(office.desk, booking_id=later.id)
    line.tick(minutes=31)
    assert line.offer(first) == later.period.start


def test_only_what_suits_and_only_what_is_earlier(line: Line) -> None:
    office = line.office
    picky = line.waits("Picky", earliest=WEDNESDAY)
    easy = line.waits("Easy")
    cancelling.cancel(office.desk, booking_id=line.tuesday[2].id)
    line.tick(minutes=31)
    assert (line.offer(picky), line.offer(easy)) == (None, line.tuesday[2].period.start)
    # Thursday is full of free times later than theirs: those are nobody's to wait for.
    assert min(slot.start for slot in office.free(THURSDAY)) > easy.period.start


def test_what_another_citizen_moves_away_from_goes_to_who_waits_and_nobody_comes_between(
    line: Line,
) -> None:
    office, (mover, *_) = line.office, line.tuesday
    first = line.waits("First")
    target = office.free(date(2026, 6, 5))[0]
    line.take(mover, target.start)
    # No tick was needed: it was never free.
    assert line.offer(first) == mover.period.start
    assert mover.period not in office.free()


def test_what_becomes_free_in_the_calendar_is_offered_too(line: Line) -> None:
    office = line.office
    first = line.waits("First", earliest=WEDNESDAY)
    line.tick(seconds=10)
    assert line.offer(first) is None
    for event in office.memory.events(office.ref(address(1))):
        if event.key is None:
            office.memory.remove(office.ref(address(1)), event.ref.id)
    line.tick(seconds=31)
    assert line.offer(first) == office.at(3, 9)


def test_where_something_earlier_is_free_nobody_need_wait(line: Line) -> None:
    office = line.office
    slots = office.free(THURSDAY)
    booked = office.book(slots[2].start, key="late", **person("Late")).booking
    with pytest.raises(EarlierIsFree) as told:
        waiting.join(office.desk, booking_id=booked.id)
    assert told.value.slots == tuple(slots[:2])
    with pytest.raises(WrongState):
        waiting.join(office.desk, booking_id=booked.id, earliest=date(2026, 6, 9))


def test_who_cancels_moves_or_has_been_waits_no_more(line: Line) -> None:
    office, (given_up, other, *_) = line.office, line.tuesday
    first, second = line.waits("First"), line.waits("Second")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=31)
    assert line.offer(first) is not None
    cancelling.cancel(office.desk, booking_id=first.id)
    assert waiting.waits(office.desk, booking_id=first.id) is None
    line.tick(seconds=10)
    assert line.offer(second) == given_up.period.start
    waiting.leave(office.desk, booking_id=second.id)
    waiting.leave(office.desk, booking_id=second.id)
    assert given_up.period in office.free()
    third = line.waits("Third", earliest=WEDNESDAY)
    line.take(third, office.free(date(2026, 6, 5))[0].start)
    assert waiting.waits(office.desk, booking_id=third.id) is None
    assert other.state is BookingState.CONFIRMED


def test_a_mail_about_an_offer_that_is_over_does_not_leave(line: Line) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    first = line.waits("First")
    office.drain()
    office.post.sent.clear()
    cancelling.cancel(office.desk, booking_id=given_up.id)
    line.tick(minutes=31)
    waiting.leave(office.desk, booking_id=first.id)
    assert line.mails() == []


def test_a_colleague_who_is_free_at_the_same_time_serves_the_second(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(waiting_town(mailboxes=2))
    for number in (1, 2):
        office.busy(address(number), office.at(3, 9), minutes=240)
        office.busy(address(number), office.at(2, 9), minutes=240)
    office.read_all()
    line = Line(office, [])
    first, second = line.waits("First"), line.waits("Second")
    for number in (1, 2):
        (event,) = (
            each
            for each in office.memory.events(office.ref(address(number)))
            if each.key is None and each.period is not None and each.period.start.day == 2
        )
        office.memory.remove(office.ref(address(number)), event.ref.id)
    line.tick(seconds=31)
    assert line.offer(first) == line.offer(second) == office.at(2, 9)


@BOTH
def test_two_processes_that_pass_on_offer_it_once(line: Line) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    people = [line.waits(f"Person{number}") for number in range(3)]
    cancelling.cancel(office.desk, booking_id=given_up.id)
    office.clock.forward(minutes=31)
    office.read_all()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: tend(office.desk), range(3)))
    assert [line.offer(each) for each in people] == [given_up.period.start, None, None]
    assert len(line.mails()) == 1


@BOTH
def test_an_offer_stands_whole_or_not_at_all(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    office, (given_up, *_) = line.office, line.tuesday
    first = line.waits("First")
    cancelling.cancel(office.desk, booking_id=given_up.id)
    office.clock.forward(minutes=31)
    office.read_all()

    def dies(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(passing, "owe_mail", dies)
        with pytest.raises(RuntimeError):
            tend(office.desk)
    assert line.offer(first) is None
    assert office.view(given_up.id).state is BookingState.CANCELLING
    with office.desk.store.read() as uow:
        assert uow.holds.for_booking(first.id) == ()
    tend(office.desk)
    assert line.offer(first) == given_up.period.start


@pytest.mark.parametrize("notice", [60, 24 * 60])
def test_a_time_that_was_kept_may_be_taken_until_it_is_not_kept_any_more(
    make_office: Callable[..., Office], notice: int
) -> None:
    """Also inside the minimum notice, which is for whoever chooses by themselves."""
    office = make_office(waiting_town(notice=notice))
    slot = office.free(WEDNESDAY)[0]
    booked = office.book(slot.start).booking
    (event,) = office.memory.events(office.ref(address(1)))
    office.memory.remove(office.ref(address(1)), event.ref.id)
    office.read_all()
    for _ in range(12):
        office.settle(rounds=1)
        office.read_all()
    assert office.view(booked.id).state is BookingState.RELEASED
    kept = releasing.kept_for(office.desk, booking_id=booked.id)[0]
    office.clock.now = kept.until - timedelta(minutes=1)
    office.read_all()
    assert Line(office, []).take(booked, kept.period.start).period == kept.period
