"""What a review is about: a booking, the placement of its event, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from booking import catalogue
from booking.busy import Masks, cells_over, ones
from booking.calendars.connecting import Reach, reach
from booking.catalogue import Offered
from booking.desk import Desk
from booking.model import BookingState, NotOffered
from booking.offering.assignment import Candidate, candidates
from booking.offering.slots import aligned
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from connectors.contract import Period, RemoteEvent
from connectors.errors import ConnectorError
from mapping.model import Channel

#: In these a booking has, or had, an event that staff may do something with.
_REVIEWED = {
    BookingState.CONFIRMED,
    BookingState.CONFLICT,
    BookingState.COMPLETED,
    BookingState.NO_SHOW,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """``offered`` is None where the mapping does not offer the service any more.

    What the office said: ``wanted``, it takes place where its event stands, whatever else is
    booked there; ``preferred``, id of the colleague's mailbox that is to take it over.
    """

    booking: BookingRow
    placement: PlacementRow
    place: Reach
    offered: Offered | None
    wanted: bool = False
    preferred: str = ""

    @property
    def period(self) -> Period:
        """Where the event should stand."""
        return Period(self.placement.starts_at, self.placement.ends_at)

    @property
    def waits(self) -> str:
        """Why nothing may be done now; "" where it may."""
        if self.booking.pending_starts_at is not None:
            return "a change is on its way"
        return "the mailbox is braked" if self.place.row.brake_at is not None else ""

    def same_as(self, other: Subject) -> bool:
        """Whether nothing that matters has changed in the database since ``other`` was loaded."""
        return (
            self.booking.version == other.booking.version
            and self.placement == replace(other.placement, seen_at=self.placement.seen_at)
            and self.place.row.place == other.place.row.place
        )


def load(desk: Desk, uow: UnitOfWork, entry: Entry, *, lock: bool = False) -> Subject | None:
    """None where there is nothing to review (any more), or nobody could."""
    booking = uow.bookings.get(entry.booking_id, lock=lock)
    if booking is not None and booking.erased_at is not None:
        return None  # nobody could be told, and nobody comes
    placement = uow.placements.get(entry.placement_key or "")
    if booking is None or placement is None or booking.state not in _REVIEWED:
        return None
    if placement.state != PlacementState.PLACED or not placement.event_id:
        return None
    try:
        place = reach(desk, uow, placement.mailbox_id)
    except ConnectorError:
        return None
    try:
        offered = catalogue.offered(
            desk, uow, service_id=booking.service_id, channel=Channel(booking.channel)
        )
    except NotOffered:
        offered = None
    return Subject(
        booking,
        placement,
        place,
        offered,
        wanted=bool(entry.detail.get("wanted")),
        preferred=str(entry.detail.get("to", "")),
    )


def lies_under(
    uow: UnitOfWork, subject: Subject, *, event: RemoteEvent | None = None
) -> bool | None:
    """Whether other people's busy time lies over the event, and not on purpose; None where nobody
    can say.

    Buffers do not count: an appointment can be kept without them. Nor does what an ``event`` that
    was cut short leaves free; what it was made longer by, its employee wanted.
    """
    if subject.offered is None or subject.placement.shared:
        return False
    period = subject.period
    if event is not None and event.period is not None and event.period.start == period.start:
        period = min(period, event.period, key=lambda each: each.end)
    masks = _believed(uow, subject.place.row.id)
    return None if masks is None or masks.degraded else _blocked(masks, subject.offered, period)


def is_put_over_others(
    uow: UnitOfWork, subject: Subject, *, event: RemoteEvent | None, place: Reach | None
) -> bool | None:
    """Whether staff put the event onto other entries, which is their wish; None where the calendar
    of ``place`` is not believed: what lies there already would be news to nobody later.

    Of a degraded calendar what is understood says it. The rest is noticed once it is understood.
    """
    if subject.offered is None or event is None or event.period is None or place is None:
        return False
    masks = _believed(uow, place.row.id)
    return None if masks is None else _blocked(masks, subject.offered, event.period)


def _believed(uow: UnitOfWork, mailbox_id: str) -> Masks | None:
    """None where the replica is no use."""
    row = next(iter(uow.replicas.for_offer([mailbox_id])), None)
    return None if row is None or row.braked else row.masks


def _blocked(masks: Masks, offered: Offered, period: Period) -> bool:
    """Whether anything but events of ours takes time there."""
    first, end = cells_over(period)
    blocked = aligned(masks, masks.blocked(offered.policy, own=0), base=first, cells=end - first)
    return bool(blocked & ones(0, end - first))


def colleagues(desk: Desk, uow: UnitOfWork, subject: Subject) -> list[Candidate]:
    """Who else of the pool is free at the booking's time, and has not been asked in vain; whom
    the office was shown comes first."""
    if subject.offered is None:
        return []
    asked = [
        each.mailbox_id
        for each in uow.placements.of_booking(subject.booking.id)
        if each.state == PlacementState.REFUSED and each.starts_at == subject.booking.starts_at
    ]
    found = candidates(
        desk,
        uow,
        subject.offered,
        start=subject.booking.starts_at,
        without=subject.booking.id,
        leave_out=[*asked, subject.placement.mailbox_id],
        promised=True,
    )
    return sorted(found, key=lambda each: each.mailbox_id != subject.preferred)
