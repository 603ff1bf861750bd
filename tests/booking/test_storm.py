"""Many citizens at once: as many winners as mailboxes, nobody twice, nothing but clear answers."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from booking import holds
from booking.model import BookingState, HoldLapsed, SlotTaken
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, town

THREADS = 50


def at_once(count: int, work: Callable[[int], str]) -> Counter[str]:
    """Outcomes of ``count`` threads that start together; an exception counts by its name."""
    outcomes: list[str] = []
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            outcomes.append(work(number))
        except Exception as error:  # noqa: BLE001 - counted
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(outcomes)


@pytest.mark.parametrize("mailboxes", [1, 3])
def test_a_slot_is_sold_once_for_each_mailbox(
    make_office: Callable[..., Office], mailboxes: int
) -> None:
    office = make_office(town(mailboxes=mailboxes))
    start = office.free()[1].start

    def book(number: int) -> str:
        return office.book(start, key=f"form-{number}").booking.state.value

    assert at_once(THREADS, book) == {"confirmed": mailboxes, "SlotTaken": THREADS - mailboxes}
    events = office.all_events()
    assert [event.start for event in events] == [start] * mailboxes
    with office.desk.store.read() as uow:
        for number in range(mailboxes):
            mailbox_id = office.mailbox_id(office.town.mailboxes[number].address)
            placed = list(office.events(office.town.mailboxes[number].address))
            assert len(placed) == 1
            assert len(uow.claims.living([mailbox_id], from_cell=0, now=uow.now)[mailbox_id]) == 1


def test_overlapping_slots_of_one_mailbox_are_sold_without_overlap(
    make_office: Callable[..., Office],
) -> None:
    office = make_office(town(step=5))
    starts = [slot.start for slot in office.free()]

    def keep(number: int) -> str:
        start = starts[number * 7 % len(starts)]
        holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=start,
            session_key=f"session-{number}",
        )
        return "kept"

    outcomes = at_once(THREADS, keep)
    assert set(outcomes) == {"kept", "SlotTaken"}
    mailbox_id = office.mailbox_id(office.town.mailboxes[0].address)
    with office.desk.store.read() as uow:
        ranges = sorted(uow.claims.living([mailbox_id], from_cell=0, now=uow.now)[mailbox_id])
    assert len(ranges) == outcomes["kept"]
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(ranges))


def test_one_form_sent_fifty_times_is_one_booking(office: Office) -> None:
    start = office.free()[0].start
    answers = set()

    def book(number: int) -> str:
        done = office.book(start, key="the same")
        answers.add((done.booking.id, done.booking.state, done.manage_token))
        return "replayed" if done.replayed else "booked"

    assert at_once(THREADS, book) == {"booked": 1, "replayed": THREADS - 1}
    assert len(answers) == 1
    assert len(office.all_events()) == 1


def test_a_hold_is_its_owners_until_the_very_instant_it_expires(office: Office) -> None:
    start = office.free()[0].start

    def take(session: str) -> str:
        return holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=start,
            session_key=session,
        ).id

    mine = take("me")
    office.clock.forward(minutes=10, milliseconds=-1)
    office.read_all()
    with pytest.raises(SlotTaken):
        take("you")
    office.clock.forward(milliseconds=1)
    with pytest.raises(HoldLapsed):
        office.book(start, hold_id=mine)
    yours = take("you")
    with pytest.raises(HoldLapsed):
        holds.extend(office.desk, hold_id=mine)
    done = office.book(start, hold_id=yours)
    assert done.booking.state is BookingState.CONFIRMED


def test_an_expired_hold_goes_to_one_of_many(office: Office) -> None:
    start = office.free()[0].start

    def take(session: object) -> str:
        holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=start,
            session_key=f"session {session}",
        )
        return "kept"

    take("first")
    office.clock.forward(minutes=11)
    office.read_all()
    assert at_once(20, take) == {"kept": 1, "SlotTaken": 19}


def test_a_session_has_one_hold(office: Office) -> None:
    slots = office.free()
    for slot in (slots[0], slots[2], slots[2]):
        kept = holds.take(
            office.desk,
            service_id=SERVICE,
            channel=Channel.IN_PERSON,
            starts_at=slot.start,
            session_key="me",
        )
    assert office.free() == [slot for slot in slots if slot != slots[2]]
    longer = [holds.extend(office.desk, hold_id=kept.id).expires_at for _ in range(2)]
    assert longer[0] == longer[1] == kept.expires_at
    for _ in range(8):
        office.clock.forward(minutes=9)
        if office.clock.now < kept.extendable_until:
            last = holds.extend(office.desk, hold_id=kept.id)
    assert last.expires_at == kept.extendable_until
    holds.release(office.desk, hold_id=kept.id)
    office.read_all()
    assert slots[2] in office.free()
