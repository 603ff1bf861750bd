"""Free starts of a pool's mailboxes as they stand in one unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.busy import cell_of, masks_of, moment_of, ones, stretch_of
from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.slots import Shape, aligned, candidate_starts, free_starts, starts_in
from booking.offering.working import starts_within
from booking.settings import Settings
from booking.store import UnitOfWork
from booking.store.clock import not_past
from booking.store.offer_rows import OfferRow
from connectors.contract import Period
from mapping.hours import opening_periods
from mapping.model import (
    CELL_MINUTES,
    Channel,
    HoursFrom,
    Municipality,
    Service,
    ServiceChannel,
    StaffMember,
)

#: Longest stretch that one question may cover, in days.
LONGEST = 62
_DAY = 24 * 60 // CELL_MINUTES
#: Temporary failures in a row after which a mailbox counts as unreadable before it is stale.
_PATIENCE = 2
_MAX_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both included, on the grid of cells; a day of margin on both sides."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def base(self) -> int:
        return cell_of(datetime.combine(self.first, time(), tzinfo=self.zone)) - _DAY

    @property
    def cells(self) -> int:
        return (self.last - self.first).days * _DAY + 3 * _DAY + 24

    def mask(self, ranges: Iterable[tuple[int, int]]) -> int:
        base, cells, mask = self.base, self.cells, 0
        for start, end in ranges:
            mask |= ones(max(start - base, 0), min(end - base, cells))
        return mask


@dataclass(frozen=True, slots=True)
class Picture:
    """Free starts of each readable mailbox, as masks from cell ``base`` on."""

    now: datetime
    base: int
    rows: tuple[OfferRow, ...]
    free: dict[str, int]  #: by mailbox id; unreadable ones are not in it

    def starts(self) -> list[datetime]:
        """Starts that are free in at least one mailbox, in order."""
        union = 0
        for mask in self.free.values():
            union |= mask
        return starts_in(union, base=self.base)

    def has(self, mailbox_id: str, start: datetime) -> bool:
        cell = cell_of(start)
        if cell < self.base or start != moment_of(cell):
            return False
        return bool(self.free.get(mailbox_id, 0) >> (cell - self.base) & 1)


def picture(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    *,
    first: date,
    last: date,
    without: str | None = None,
    rows: tuple[OfferRow, ...] | None = None,
    promised: bool = False,
    withheld: bool = False,
) -> Picture:
    """What is free on the local days ``first`` to ``last``; events and claims of booking
    ``without`` are not in the way. ``promised``: the office gave the time to somebody, or
    gives it now, so the minimum notice is kept. ``withheld``: what citizens gave up and is not
    offered to everybody yet is free."""
    first, last = reasonable(first, now=uow.now), reasonable(last, now=uow.now)
    span = Span(first, last, offered.entry.zone)
    base, cells = span.base, span.cells
    if rows is None:
        rows = uow.replicas.for_offer(offered.mailbox_ids)
    claims = uow.claims.living(
        offered.mailbox_ids,
        from_cell=base,
        until_cell=base + cells,
        now=uow.now,
        without_booking=without or "",
        without_withheld=withheld,
    )
    shape = Shape.of(offered.service)
    allowed = within_bounds(offered.service, now=uow.now, span=span, notice=not promised)
    staff = {mailbox_id: member for mailbox_id, _, member in offered.pool}
    free: dict[str, int] = {}
    for row in rows:
        if row.masks is None or not usable(row, now=uow.now, settings=desk.settings):
            continue
        own = _own_without(uow, row, without, offered) if without and row.masks.own else None
        blocked = aligned(
            row.masks, row.masks.blocked(offered.policy, own=own), base=base, cells=cells
        )
        blocked |= span.mask(claims.get(row.mailbox_id, ()))
        candidates = _cached_starts(offered, staff[row.mailbox_id], span)
        if staff[row.mailbox_id].working_hours is HoursFrom.CALENDAR:
            candidates &= working_starts(row, shape, span)
        free[row.mailbox_id] = free_starts(candidates & allowed, blocked, shape)
    return Picture(uow.now, base, rows, free)


def working_starts(row: OfferRow, shape: Shape, span: Span) -> int:
    """Mask of the starts that the working hours in the row's calendar allow."""
    return starts_within(
        row.working_hours,
        first=span.first,
        last=span.last,
        base=span.base,
        cells=span.cells,
        length=shape.length,
    )


def usable(row: OfferRow, *, now: datetime, settings: Settings) -> bool:
    """Whether a mailbox may offer: read lately, understood, not braked, and ours to write."""
    if not row.active or row.braked or row.refuses or row.masks is None or row.masks.degraded:
        return False
    if row.last_success is None or row.last_success < now - settings.freshness_limit:
        return False
    if row.last_success > not_past(now):
        return False  # the clock was put back: how old it is nobody knows
    if not row.error_code:
        return True
    # A temporary failure may be one dropped connection; refused credentials are an answer.
    return row.error_code == LATER and row.failures < _PATIENCE


#: Error code of a mailbox whose calendar may answer the next time.
LATER = "later"


def nearest(
    desk: Desk,
    uow: UnitOfWork,
    *,
    service_id: str,
    channel: Channel,
    near: datetime,
    count: int = 3,
    without: str | None = None,
    promised: bool = False,
) -> tuple[Period, ...]:
    """The ``count`` free slots nearest to ``near``, in order of time."""
    offered = catalogue.offered(desk, uow, service_id=service_id, channel=channel)
    zone = offered.entry.zone
    today = uow.now.astimezone(zone).date()
    horizon = uow.now + timedelta(days=offered.service.horizon_days)
    day = min(max(near, uow.now), horizon).astimezone(zone).date()
    shape = Shape.of(offered.service)
    found: list[datetime] = []
    for reach in (7, LONGEST // 2 - 1):
        view = picture(
            desk,
            uow,
            offered,
            first=max(today, day - timedelta(days=reach)),
            last=day + timedelta(days=reach),
            without=without,
            promised=promised,
        )
        found = [start for start in view.starts() if start != near]
        if len(found) >= count:
            break
    closest = sorted(found, key=lambda start: (abs(start - near), start))[:count]
    return tuple(shape.period(start) for start in sorted(closest))


def reasonable(day: date, *, now: datetime) -> date:
    """The day itself, or the edge of what anybody can ask for: arithmetic stays in its range."""
    today = now.date()
    return min(max(day, today - timedelta(days=400)), today + timedelta(days=800))


def within_bounds(service: Service, *, now: datetime, span: Span, notice: bool = True) -> int:
    """Mask of the starts that minimum notice and horizon (in local days) allow."""
    earliest = now + timedelta(minutes=service.minimum_notice_minutes if notice else 0)
    last_day = now.astimezone(span.zone).date() + timedelta(days=service.horizon_days)
    end = datetime.combine(last_day + timedelta(days=1), time(), tzinfo=span.zone)
    first_cell = cell_of(earliest - timedelta(microseconds=1)) + 1
    return span.mask([(first_cell, cell_of(end))])


def computed_starts(
    municipality: Municipality,
    service: Service,
    channel: ServiceChannel,
    staff: StaffMember,
    span: Span,
) -> int:
    """Mask of the starts that opening hours allow one member of staff."""
    intervals = opening_periods(
        municipality, service, channel, staff, first=span.first, last=span.last
    )
    return candidate_starts(
        intervals,
        base=span.base,
        step=service.step_minutes // CELL_MINUTES,
        length=service.duration_minutes // CELL_MINUTES,
    )


def _cached_starts(offered: Offered, staff: StaffMember, span: Span) -> int:
    cache = offered.entry.starts
    key = (offered.service.key, offered.channel.channel, staff.key, span.first, span.last)
    mask = cache.get(key)
    if mask is None:
        mask = computed_starts(offered.municipality, offered.service, offered.channel, staff, span)
        if len(cache) >= _MAX_CACHED:
            cache.clear()
        cache[key] = mask
    return mask


def _own_without(uow: UnitOfWork, row: OfferRow, booking_id: str, offered: Offered) -> int:
    """Mask of our own events but those of one booking."""
    if row.masks is None:
        return 0
    window = Period(moment_of(row.masks.base), moment_of(row.masks.base + row.masks.cells))
    others = [
        stretch
        for interval in uow.replicas.own_intervals(row.mailbox_id)
        if not (interval.key or "").startswith(f"{booking_id}-")
        for stretch in stretch_of(interval, offered.entry.zone)
    ]
    return masks_of(others, window=window).own
