"""After a restored backup: every calendar compared with every booking, and what is lost made again.

Events carry the key of their placement, the booking's reference, its service and channel. What
never stood in a calendar (phone, mail address, answers) cannot come back from there.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from booking.calendars.connecting import Reach, reach
from booking.calendars.windows import window_for
from booking.desk import Desk
from booking.model import BookingState
from booking.office.remaking import BACK, CannotRemake, Found, booking_of, follow, remake
from booking.placement.events import About
from booking.store import UnitOfWork
from booking.store.audits import Expected
from booking.store.intervals import own_key
from booking.store.mailboxes import MailboxRow
from booking.store.placements import PlacementState
from connectors.contract import Period, ResourceReading
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone

#: Further ahead than anything is offered: staff move appointments too.
_AHEAD = timedelta(days=366)
#: So many events are written down in one transaction.
_AT_ONCE = 50
_STANDS = {BookingState.CONFIRMED, BookingState.CONFLICT}


class Outcome(enum.StrEnum):
    MATCHED = "matched"  #: event and booking agree, or a step is under way that sees to it
    RESTORED = "restored"  #: there was no booking: it is made again
    FOLLOWED = "followed"  #: the booking was changed after the backup: it follows its event
    MOVED = "moved by staff"  #: reconciliation tells the citizen
    LEFT = "to be removed"  #: its booking does not take place there (any more)
    LOST = "not restorable"
    MISSING = "event missing"  #: reconciliation acts on it, a rebuild does not


@dataclass(frozen=True, slots=True)
class Line:
    """One event, or one booking without an event. ``starts_at`` is where it stands."""

    outcome: Outcome
    mailbox: str  #: address
    key: str
    reference: str = ""
    starts_at: datetime | None = None
    why: str = ""


@dataclass(slots=True)
class Report:
    """What a run found; ``lines`` are all but what matched."""

    applied: bool
    counts: Counter[Outcome] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)  #: address → why

    def add(self, line: Line) -> None:
        self.counts[line.outcome] += 1
        if line.outcome is not Outcome.MATCHED:
            self.lines.append(line)


@dataclass(slots=True)
class _Run:
    desk: Desk
    apply: bool
    tell: Callable[[str], None]
    seconds: float
    report: Report
    missing: list[Expected] = field(default_factory=list)
    remade: set[str] = field(default_factory=set)  #: ids of bookings that stand elsewhere now


def rebuild(
    desk: Desk,
    *,
    apply: bool,
    tell: Callable[[str], None] = lambda _: None,
    seconds: float = 600.0,
) -> Report:
    """Compare all events of ours in all mapped mailboxes with all bookings, in both directions.

    Nothing is changed without ``apply``, and nothing by a second run. ``tell`` is called with
    lines of progress. ``seconds``: for each mailbox. One that cannot be read is reported, and
    hides no other.
    """
    run = _Run(desk, apply, tell, seconds, Report(applied=apply))
    with desk.store.read() as uow:
        rows = uow.mailboxes.all()
    for number, row in enumerate(rows, start=1):
        deadline = Deadline.after(seconds)
        try:
            with desk.store.read() as uow:
                place = reach(desk, uow, row.id)
            tell(f"{number}/{len(rows)} {row.address}: reading")
            _mailbox(run, place, deadline)
        except ConnectorError as error:
            run.report.unread[row.address] = f"{type(error).__name__}: {error}"
    for each in run.missing:
        if each.placement.booking_id not in run.remade:
            run.report.add(_line(Outcome.MISSING, _address(rows, each), each))
    if apply:
        desk.store.transact(
            lambda uow: uow.mailboxes.mark_dirty([row.id for row in rows], at=uow.now)
        )
        desk.wake("poll")
        desk.wake("drain")
    return run.report


def _mailbox(run: _Run, place: Reach, deadline: Deadline) -> None:
    own = _own_events(run, place, deadline)
    with run.desk.store.read() as uow:
        known = uow.audits.known(sorted(own))
        standing = uow.audits.standing(place.row.id, after=uow.now)
    unknown: list[Found] = []
    for count, (key, reading) in enumerate(sorted(own.items()), start=1):
        if count % 500 == 0:
            run.tell(f"  {count} of {len(own)} events looked at")
        expected = known.get(key)
        if expected is not None:
            line = _compare(place, reading, expected)
            if line is not None:
                run.report.add(line)
                continue
        found = _found(run, place, key, reading, deadline)
        if found is not None:
            unknown.append(found)
        if len(unknown) >= _AT_ONCE:
            _carry_out(run, unknown, known)
            unknown = []
    _carry_out(run, unknown, known)
    run.missing += [each for each in standing if _is_missing(place, run, each, own, deadline)]


def _own_events(run: _Run, place: Reach, deadline: Deadline) -> dict[str, ResourceReading]:
    """Events of ours by key. Raises ConnectorError."""
    with run.desk.store.read() as uow:
        now = uow.now
    ends = window_for(place.municipality, now=now).end
    changes = place.connector(run.desk).changes(
        mailbox=place.ref,
        sync_state=None,
        known={},
        window=Period(now - BACK, max(ends, now + _AHEAD)),
        deadline=deadline,
    )
    keys = ((own_key(reading), reading) for reading in changes.changed)
    return {key: reading for key, reading in keys if key is not None}


def _compare(place: Reach, reading: ResourceReading, expected: Expected) -> Line | None:
    """None where the event has to be looked at: it stands at another time than its booking."""
    placement = expected.placement
    if placement.state == PlacementState.PLANNED:
        return _line(Outcome.MATCHED, place.row.address, expected, "is being placed")
    if placement.state != PlacementState.PLACED or expected.state not in _STANDS:
        over = f"its booking is {expected.state.value} here"
        return _line(Outcome.LEFT, place.row.address, expected, over)
    wanted = Period(placement.starts_at, placement.ends_at)
    if [each.period for each in reading.intervals] == [wanted]:
        return _line(Outcome.MATCHED, place.row.address, expected)
    return None


def _found(
    run: _Run, place: Reach, key: str, reading: ResourceReading, deadline: Deadline
) -> Found | None:
    """The event as a whole; None where it is not to be made again, which is reported."""
    try:
        booking_of(key)
        event = place.connector(run.desk).get(
            mailbox=place.ref, event_id=reading.id, deadline=deadline
        )
    except CannotRemake as error:
        run.report.add(Line(Outcome.LOST, place.row.address, key, why=str(error)))
        return None
    except EventGone:
        return None
    return Found(place.row, key, event)


def _carry_out(run: _Run, found: Sequence[Found], known: dict[str, Expected]) -> None:
    """Make these bookings again in one transaction; without ``apply`` it is not committed."""
    if not found:
        return

    def work(uow: UnitOfWork) -> list[Line]:
        return [_one(run, uow, each, known.get(each.key)) for each in found]

    if run.apply:
        lines = run.desk.store.transact(work)
    else:
        with run.desk.store.write() as uow:
            lines = work(uow)
    for each, line in zip(found, lines, strict=True):
        run.report.add(line)
        if line.outcome in {Outcome.RESTORED, Outcome.FOLLOWED}:
            run.remade.add(booking_of(each.key)[0])


def _one(run: _Run, uow: UnitOfWork, found: Found, expected: Expected | None) -> Line:
    event = found.event
    start = event.period.start if event.period else None

    def line(outcome: Outcome, why: str = "") -> Line:
        reference = event.reference or (expected.reference if expected else "")
        return Line(outcome, found.mailbox.address, found.key, reference, start, why)

    if expected is not None:
        about = About.parse(event.about)
        if about is None or about.start != start:
            return line(Outcome.MOVED, "the citizen is told when the calendar is read next")
    try:
        with uow.attempt():
            if expected is not None:
                follow(run.desk, uow, found)
                return line(Outcome.FOLLOWED, "moved after the backup")
            if remake(run.desk, uow, found):
                return line(Outcome.RESTORED, "phone, mail address and answers are lost")
            return line(Outcome.FOLLOWED, "changed after the backup")
    except CannotRemake as error:
        return line(Outcome.LOST, str(error))


def _is_missing(
    place: Reach,
    run: _Run,
    each: Expected,
    own: dict[str, ResourceReading],
    deadline: Deadline,
) -> bool:
    """Confirmed by asking for it: a reading need not tell of everything."""
    if each.placement.key in own:
        return False
    try:
        place.connector(run.desk).get(
            mailbox=place.ref, event_id=each.placement.event_id, deadline=deadline
        )
    except EventGone:
        return True
    return False


def _line(outcome: Outcome, address: str, expected: Expected, why: str = "") -> Line:
    placement = expected.placement
    return Line(outcome, address, placement.key, expected.reference, placement.starts_at, why)


def _address(rows: Iterable[MailboxRow], expected: Expected) -> str:
    ids = {row.id: row.address for row in rows}
    return str(ids.get(expected.placement.mailbox_id, ""))
