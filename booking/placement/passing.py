"""Times that citizens give up: who waits for an earlier one is asked first, in order.

What nobody wants comes back to the calendar after a random delay, where the municipality sets one,
so that nobody can pass an appointment on by cancelling it at an agreed moment. Until then it is
*withheld*: a claim that is nobody's and ends by itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.busy import cell_of
from booking.catalogue import Entry, Offered
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import NotOffered
from booking.offering.picture import LONGEST, picture
from booking.placement.owing import owe_mail
from booking.placement.releasing import keep_time
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.claims import Cells, Holder
from booking.store.columns import to_microseconds
from booking.store.waiting import InLine
from mapping.model import Channel

#: How long an offer stands; nights do not count …
ANSWER_WITHIN = timedelta(hours=4)
#: … but it ends this long before the offered time at the latest, or at its minimum notice …
_BEFORE = timedelta(hours=2)
#: … and what would leave less than this is not offered.
_LEAST = timedelta(minutes=30)
_MORNING, _EVENING = time(8), time(21)
#: Offers that somebody may let lapse before they leave the line.
LAPSES = 3
#: An offer is kept this much longer than it says, so that it passes straight on to the next.
_GRACE = timedelta(minutes=1)
#: The event of a time that was given up may still stand in the calendar for a moment; where
#: somebody waits for that time, nobody else gets it meanwhile.
_FIRST_LOOK = timedelta(minutes=1)
#: How many of a line are looked at in one transaction, and how many get an offer.
_LOOKED_AT, _OFFERED = 500, 50


def give_up(
    desk: Desk, uow: UnitOfWork, row: BookingRow, *, keep: str | None = None
) -> tuple[Cells, ...]:
    """Release the booking's claims but ``keep``; what ``pass_on`` is to be told, once the booking
    is written down as it is then."""
    entry = _entry(desk, uow, row.municipality)
    freed = uow.claims.ranges_of(row.id, without=keep) if _matters(entry) else ()
    uow.claims.release_booking(row.id, keep=keep)
    return freed


def pass_on(desk: Desk, uow: UnitOfWork, *, municipality: str, freed: tuple[Cells, ...]) -> None:
    """These cells were just given up: offer them to who waits, withhold the rest for a while."""
    entry = _entry(desk, uow, municipality) if freed else None
    if entry is None:
        return
    mailboxes = {cells.mailbox_id for cells in freed}
    awaited = False
    for offered in _lines(desk, uow, municipality):
        if mailboxes.intersection(offered.mailbox_ids):
            awaited = True
            offer_in_line(desk, uow, offered)
    delay = timedelta(0)
    if minutes := entry.municipality.fair_access.return_after_minutes:
        # Unforeseeable for whoever would like to be there first.
        delay = timedelta(seconds=secrets.randbelow(minutes * 60 + 1))
    if awaited:
        delay = max(delay, _FIRST_LOOK)
    if delay:
        _withhold(uow, freed, until=uow.now + delay)


def offer_in_line(desk: Desk, uow: UnitOfWork, offered: Offered) -> int:
    """Keep a time for everybody in this line for whom there is one; how many that were.

    Whoever came first is asked first, and gets the earliest time that suits; no time is offered
    twice to the same.
    """
    line, free = _line_and_free(desk, uow, offered)
    count = 0
    for each in line:
        if not free or count == _OFFERED:
            break
        count += _offer(desk, uow, offered, each, free)
    return count


def somebody_would(desk: Desk, uow: UnitOfWork, offered: Offered) -> bool:
    """Whether ``offer_in_line`` is worth a writing transaction."""
    line, free = _line_and_free(desk, uow, offered)
    return bool(free) and any(_suits(uow, each, free) for each in line)


def _line_and_free(
    desk: Desk, uow: UnitOfWork, offered: Offered
) -> tuple[tuple[InLine, ...], dict[datetime, datetime]]:
    """Who waits, and until when an offer of each free start would stand."""
    slug, key = offered.municipality.slug, offered.service.key
    channel = offered.channel.channel.value
    line = uow.waiting.in_line(f"{slug}.{key}", channel, limit=_LOOKED_AT)
    if not line:
        return (), {}
    notice = timedelta(minutes=offered.service.minimum_notice_minutes)
    return line, {
        start: until
        for start in free_before(desk, uow, offered, latest=max(each.starts_at for each in line))
        if (until := answer_by(uow.now, start, zone=offered.entry.zone, notice=notice))
    }


def free_before(
    desk: Desk, uow: UnitOfWork, offered: Offered, *, latest: datetime, withheld: bool = True
) -> list[datetime]:
    """Free starts before ``latest``, in order; ``withheld``: those that come back later, too."""
    zone = offered.entry.zone
    first, last = uow.now.astimezone(zone).date(), latest.astimezone(zone).date()
    found: list[datetime] = []
    while first <= last:
        until = min(last, first + timedelta(days=LONGEST - 1))
        view = picture(desk, uow, offered, first=first, last=until, withheld=withheld)
        found += [start for start in view.starts() if start < latest]
        first = until + timedelta(days=1)
    return found


def answer_by(
    now: datetime, start: datetime, *, zone: ZoneInfo, notice: timedelta = timedelta(0)
) -> datetime | None:
    """Until when an offer of ``start`` that is made now stands; None where that is too short.

    Four hours of the day, of which those between 21:00 and 08:00 local time are no part.
    """
    begins, until = _awake(now, zone), now
    left = ANSWER_WITHIN
    moment = begins
    while True:
        evening = _at(moment, _EVENING, zone)
        if evening - moment >= left:
            until = moment + left
            break
        left -= evening - moment
        moment = _awake(evening, zone)
    until = min(until, start - max(_BEFORE, notice))
    return until if until - begins >= _LEAST else None


def _awake(moment: datetime, zone: ZoneInfo) -> datetime:
    """The instant itself, or the next morning."""
    here = moment.astimezone(zone)
    if here.time() < _MORNING:
        return _at(moment, _MORNING, zone)
    if here.time() >= _EVENING:
        return _at(moment, _MORNING, zone, days=1)
    return moment


def _at(moment: datetime, clock: time, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """That clock time on the instant's local day, or ``days`` later; in the instant's own zone, so
    that differences are lengths."""
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(moment.tzinfo)


def _offer(
    desk: Desk, uow: UnitOfWork, offered: Offered, each: InLine, free: dict[datetime, datetime]
) -> bool:
    """Keep the first time that suits, and owe the mail that says so; ``free`` forgets what turns
    out to be taken."""
    for start in _suits(uow, each, free):
        if _keep(desk, uow, offered, each, start, free[start]):
            return True
        del free[start]
    return False


def _suits(uow: UnitOfWork, each: InLine, free: Iterable[datetime]) -> list[datetime]:
    suits = [
        start
        for start in free
        if start < each.starts_at and (each.not_before is None or start >= each.not_before)
    ]
    if not suits:
        return []
    prefix = f"mail:{each.booking_id}:{MessageKind.EARLIER.value}:"
    known = uow.waiting.offered_before(each.booking_id, prefix=prefix)
    return [start for start in suits if str(cell_of(start)) not in known]


def _keep(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    each: InLine,
    start: datetime,
    until: datetime,
) -> bool:
    # The row of the line is what two that pass times on at the same moment meet at.
    waits = uow.waiting.get(each.booking_id, lock=True)
    row = uow.bookings.get(each.booking_id)
    if waits is None or waits.hold_id is not None or row is None:
        return False
    hold_id = keep_time(
        desk, uow, row, offered, start=start, expires_at=until + _GRACE, withheld=True
    )
    if hold_id is None:
        return False
    uow.waiting.offer(each.booking_id, hold_id=hold_id, until=until)
    owe_mail(
        uow,
        booking_id=row.id,
        kind=MessageKind.EARLIER,
        version=cell_of(start),
        detail={
            "apart": str(cell_of(start)),
            "alternatives": [to_microseconds(start)],
            "until": to_microseconds(until),
            "last": each.passed_over + 1 >= LAPSES,
        },
    )
    return True


def _withhold(uow: UnitOfWork, freed: Iterable[Cells], *, until: datetime) -> None:
    for cells in freed:
        uow.claims.take(
            claim_id=secrets.token_urlsafe(18),
            cells=cells,
            holder=Holder(expires_at=until),
            now=uow.now,
        )


def _lines(desk: Desk, uow: UnitOfWork, municipality: str) -> list[Offered]:
    found = []
    for service_id, channel in uow.waiting.lines():
        if service_id.startswith(f"{municipality}."):
            offered = line_of(desk, uow, service_id, channel)
            if offered is not None:
                found.append(offered)
    return found


def line_of(desk: Desk, uow: UnitOfWork, service_id: str, channel: str) -> Offered | None:
    """None where the mapping has no such line (any more)."""
    try:
        offered = catalogue.offered(desk, uow, service_id=service_id, channel=Channel(channel))
    except NotOffered:
        return None
    return offered if offered.service.waiting_list else None


def _entry(desk: Desk, uow: UnitOfWork, municipality: str) -> Entry | None:
    try:
        return catalogue.entry_of(desk, uow, municipality)
    except NotOffered:
        return None


def _matters(entry: Entry | None) -> bool:
    """Whether anybody is to be asked, or the time is to come back later."""
    if entry is None:
        return False
    within = entry.municipality
    return bool(within.fair_access.return_after_minutes) or any(
        service.waiting_list for service in within.services
    )
