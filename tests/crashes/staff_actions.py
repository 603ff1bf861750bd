"""Use cases in which staff and providers take part: reviews of edited events, late meetings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from booking.model import BookingState, BookingView, Reason
from connectors.contract import Period
from connectors.memory import AbleMemoryConnector
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import town
from tests.crashes.actions import UseCase, booked, drain_now, read_all

#: Longer than an edit needs to be believed, and than a deletion may be taken back.
_SETTLED, _GRACE = 31.0, 601.0
_LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting"


def _event(office: Office, booking: BookingView) -> str:
    (found,) = [
        each.ref.id
        for each in office.memory.events(office.ref(booking.mailbox))
        if each.reference == booking.reference
    ]
    return found


def _moved_by_staff(office: Office) -> tuple[BookingView, Period]:
    booking, target = booked(office), office.free()[3]
    office.memory.change_foreign(office.ref(booking.mailbox), _event(office, booking), target)
    return booking, target


def _deleted_by_staff(office: Office) -> BookingView:
    booking = booked(office)
    office.memory.remove(office.ref(booking.mailbox), _event(office, booking))
    return booking


def _overlapped(office: Office) -> BookingView:
    booking = booked(office)
    office.busy(booking.mailbox, booking.period.start)
    return booking


def seen(setup: Callable[[Office], Any], *, wait: float = _SETTLED) -> Callable[[Office], Any]:
    """The calendars were read after that, and the edit has settled."""

    def prepared(office: Office) -> Any:
        made = setup(office)
        office.read_all()
        office.clock.forward(seconds=_SETTLED)
        office.read_all()
        if wait > _SETTLED:
            office.drain()
            office.clock.forward(seconds=wait)
            office.read_all()
        return made

    return prepared


def _followed(office: Office, prepared: Any, answer: Any) -> bool:
    booking, target = prepared
    view = office.view(booking.id)
    return view.state is BookingState.CONFIRMED and view.period == target


def _released(office: Office, booking: BookingView, answer: Any) -> bool:
    view, last = office.view(booking.id), office.post.sent[-1]
    with office.desk.store.read() as uow:
        kept = uow.holds.for_booking(booking.id)
    told = last.calendar_method == "CANCEL" and booking.reference in last.subject + last.text
    return view.state is BookingState.RELEASED and told and len(kept) == 3


def _handed_over(office: Office, booking: BookingView, answer: Any) -> bool:
    view = office.view(booking.id)
    silent = len(office.post.sent) == 1
    return view.state is BookingState.CONFIRMED and view.mailbox != booking.mailbox and silent


def _in_conflict(office: Office, booking: BookingView, answer: Any) -> bool:
    view = office.view(booking.id)
    return (view.state, view.reason) == (BookingState.CONFLICT, Reason.CALENDAR_BUSY)


# Meetings that the provider makes.


def _able(office: Office) -> AbleMemoryConnector:
    assert isinstance(office.memory, AbleMemoryConnector)
    return office.memory


def _online(office: Office) -> BookingView:
    start = office.free()[0].start
    return office.book(start, key="set-up", channel=Channel.TELECONFERENCE).booking


def _link_is_late(office: Office) -> BookingView:
    _able(office).gives_links = False
    booking = _online(office)
    office.drain(seconds=1)
    _able(office).give_link(office.ref(booking.mailbox), _event(office, booking), _LINK)
    office.clock.forward(seconds=20)
    return booking


def _linked(office: Office, booking: BookingView, answer: Any) -> bool:
    return office.view(booking.id).meeting_url == _LINK and len(office.post.sent) == 2


def _secured(office: Office, booking: BookingView, answer: Any) -> bool:
    return booking.meeting_url in _able(office).secured


def _teams() -> Any:
    base = town()
    (connection,) = base.connections
    own = replace(connection, meeting_link="", options={"meeting_options": "yes"})
    return replace(base, connections=(own,))


STAFF_CASES = (
    UseCase("noticing_a_move", _moved_by_staff, read_all, _followed),
    UseCase("review_of_a_move", seen(_moved_by_staff), drain_now, _followed),
    UseCase("review_of_a_deletion", seen(_deleted_by_staff, wait=_GRACE), drain_now, _released),
    UseCase("review_with_a_colleague", seen(_overlapped), drain_now, _handed_over),
    UseCase("review_without_one", seen(_overlapped), drain_now, _in_conflict, town=town()),
    UseCase(
        "drain_link", _link_is_late, drain_now, _linked,
        town=_teams(), memory=AbleMemoryConnector,
    ),
    UseCase(
        "drain_secure", _online, drain_now, _secured,
        town=_teams(), memory=AbleMemoryConnector,
    ),
)  # fmt: skip
