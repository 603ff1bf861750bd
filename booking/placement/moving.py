"""Carrying a reschedule into the calendar: the same event in place, or a new one elsewhere.

Until the calendar has answered, the booking owns the union of the old and the new cells. Another
channel is always a new event: with a meeting of its own, or with none.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from booking.calendars.noticing import owe_review
from booking.calendars.readings import code_of
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, NotOffered, Reason
from booking.placement import passing
from booking.placement.meetings import link_of, missing_name, owe_meeting
from booking.placement.owing import AFTER_ALL, owe_audits, owe_mail, owe_removal
from booking.placement.patience import UPDATE_LATER
from booking.placement.releasing import keep_alternatives, tell_with_alternatives
from booking.placement.writing import (
    Attempt,
    Outcome,
    Task,
    admitted,
    draft_for,
    load_task,
    look,
    put_or_read,
    record_written,
    write_event,
)
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.columns import to_microseconds
from booking.store.outbox import Entry
from booking.store.placements import PlacementRow, PlacementState
from booking.tasks import settle
from connectors.contract import Period
from connectors.deadline import Deadline
from connectors.errors import Conflict, ConnectorError, EventGone, TryLater

_log = logging.getLogger(__name__)


_MOVABLE = {BookingState.CONFIRMED, BookingState.CONFLICT}


class Moved(enum.StrEnum):
    DONE = "done"
    PENDING = "pending"  #: a worker goes on
    REFUSED = "refused"  #: the booking stays where it was
    DROPPED = "dropped"  #: nothing to move (any more)


@dataclass(frozen=True, slots=True)
class _Move:
    task: Task
    current: PlacementRow | None  #: where the event stands now
    target: Period


def move(desk: Desk, *, entry: Entry, deadline: Deadline, front: bool = False) -> Moved:
    """Carry out a leased outbox entry of kind UPDATE.

    ``front``: the citizen waits for the answer, so a refusal is told on the page, not by mail.
    """
    try:
        loaded = _load(desk, entry)
    except (ConnectorError, NotOffered) as error:
        code = code_of(error) if isinstance(error, ConnectorError) else "not_offered"
        return _refuse(desk, entry, None, Attempt(Outcome.REFUSED, code=code), front=front)
    if loaded is None:
        return _drop(desk, entry)
    in_place = entry.placement_key == (loaded.current.key if loaded.current else None)
    if in_place:
        attempt = _update(desk, entry, loaded, deadline)
    else:
        attempt = write_event(desk, loaded.task, fresh=entry.tries <= 1, deadline=deadline)
    if attempt.outcome is Outcome.WRITTEN and attempt.event is not None:
        return _record(desk, entry, loaded, attempt)
    if attempt.outcome is Outcome.LATER:
        return _postpone(desk, entry, loaded, attempt)
    return _refuse(desk, entry, loaded, attempt, front=front)


def _load(desk: Desk, entry: Entry) -> _Move | None:
    with desk.store.read() as uow:
        row = uow.bookings.get(entry.booking_id)
        placement = uow.placements.get(entry.placement_key or "")
        if row is None or placement is None or not _awaited(uow, row, entry):
            return None
        target = row.pending_period
        if target is None:
            return None
        task = load_task(desk, uow, row.by_pending_channel(), placement)
        return _Move(task, _current(uow, row), target)


def _awaited(uow: UnitOfWork, row: BookingRow, entry: Entry) -> bool:
    """Whether this is the change that the booking waits for. One that was cancelled has given its
    claim back, even if the citizen has asked for the same once more."""
    return (
        row.state in _MOVABLE
        and row.pending_starts_at is not None
        and to_microseconds(row.pending_starts_at) == entry.detail["to"]
        and entry.detail["claim"] in uow.claims.of_booking(row.id)
    )


def _current(uow: UnitOfWork, row: BookingRow) -> PlacementRow | None:
    placed = _standing(uow, row)
    return placed[-1] if placed else None


def _standing(uow: UnitOfWork, row: BookingRow) -> list[PlacementRow]:
    return [
        each for each in uow.placements.of_booking(row.id) if each.state == PlacementState.PLACED
    ]


def _update(desk: Desk, entry: Entry, move: _Move, deadline: Deadline) -> Attempt:
    """Move the event in place. What is there tells whether an earlier try took effect."""
    task = move.task
    # Somebody may have written it, and nobody has said whether.
    open_still = task.placement.outcome_unknown or entry.taken_over
    with admitted(desk, task.place, deadline) as may_go:
        if not may_go:
            return Attempt(Outcome.LATER, code="turned away", turned_away=True, unknown=open_still)
        try:
            attempt = _write_update(desk, entry, task, move.target, deadline)
        except TryLater as error:
            attempt = Attempt(
                Outcome.LATER,
                code="later",
                unknown=error.outcome_unknown or open_still,
                retry_after=error.retry_after,
            )
        except EventGone:
            attempt = Attempt(Outcome.REFUSED, code="event gone")
        except ConnectorError as error:
            # Where an earlier try may have been written, being turned away now is no refusal of it.
            attempt = Attempt(
                Outcome.LATER if open_still else Outcome.REFUSED,
                code=code_of(error),
                unknown=open_still,
            )
        if desk.bulkhead is not None:
            desk.bulkhead.report(task.place.row.server_id, ok=attempt.outcome is not Outcome.LATER)
        return attempt


def _write_update(
    desk: Desk, entry: Entry, task: Task, target: Period, deadline: Deadline
) -> Attempt:
    connector, mailbox = task.place.connector(desk), task.place.ref
    event_id = task.placement.event_id
    seen = connector.get(mailbox=mailbox, event_id=event_id, deadline=deadline)
    undisturbed = None
    if entry.detail.get("rewrite"):
        # Only its text is another one: where staff have moved it, that is for them to say.
        if seen.period != target:
            return Attempt(Outcome.REFUSED, code="moved meanwhile")
    else:
        if seen.period == target:
            return Attempt(Outcome.WRITTEN, event=seen)
        looked = look(desk, task, start=target.start, deadline=deadline)
        undisturbed = looked.undisturbed
        if looked.obstacle is not None:
            return looked.obstacle
    draft = draft_for(desk, task, period=target, sequence=task.booking.sequence + 1)
    if not _still_ours(desk, entry):
        return Attempt(Outcome.LATER, code="overtaken")
    try:
        written = connector.update(mailbox=mailbox, ref=seen.ref, draft=draft, deadline=deadline)
    except Conflict:
        seen = connector.get(mailbox=mailbox, event_id=event_id, deadline=deadline)
        if not _still_ours(desk, entry):
            return Attempt(Outcome.LATER, code="overtaken")
        written = connector.update(mailbox=mailbox, ref=seen.ref, draft=draft, deadline=deadline)
    try:
        back = connector.get(mailbox=mailbox, event_id=written.ref.id, deadline=deadline)
    except ConnectorError as error:
        # It was written: whatever is wrong now, this is no refusal.
        after = error.retry_after if isinstance(error, TryLater) else None
        return Attempt(Outcome.LATER, code="not read back", unknown=True, retry_after=after)
    if back.period != target:
        return Attempt(Outcome.LATER, code="not read back", unknown=True)
    return Attempt(Outcome.WRITTEN, event=back, replaced=seen.ref.etag, undisturbed=undisturbed)


def _still_ours(desk: Desk, entry: Entry) -> bool:
    """Asked between reading a version and writing over it: whoever took this step over writes
    later than this, so that the version does not fit any more."""
    with desk.store.read() as uow:
        return uow.outbox.holds(entry)


def _record(desk: Desk, entry: Entry, move: _Move, attempt: Attempt) -> Moved:
    task, event = move.task, attempt.event
    if event is None:
        raise ValueError("nothing was written")
    in_place = move.current is not None and move.current.key == task.placement.key
    link = link_of(desk, task, event, in_place=in_place)
    silent = bool(entry.detail.get("silent"))

    def work(uow: UnitOfWork) -> Moved:
        if not uow.outbox.holds(entry):
            return Moved.PENDING
        row = uow.bookings.get(task.booking.id, lock=True)
        uow.outbox.finish(entry, now=uow.now, outcome="moved")
        uow.placements.change(
            task.placement.key,
            state=PlacementState.PLACED.value,
            starts_at=move.target.start,
            ends_at=move.target.end,
            # What staff wanted it over, they wanted there.
            shared=task.placement.shared and task.period == move.target,
            event_id=event.ref.id,
            etag=event.ref.etag,
            outcome="written",
            outcome_unknown=False,
            seen="",
            seen_at=None,
        )
        if entry.detail.get("rewrite"):
            # Only its text is another one: what readings told of it meanwhile was understood.
            put_or_read(uow, task, event, over=attempt.replaced or "", disturbed=True)
        else:
            record_written(uow, task, attempt, event)
        if row is None or not _awaited(uow, row, entry):
            # Cancelled while the calendar was being written.
            written = uow.placements.get(task.placement.key)
            if written is not None:
                owe_removal(uow, written, again=f"entry{entry.id}")
            return Moved.DROPPED
        after = row.by_pending_channel()
        freed = passing.give_up(desk, uow, row, keep=str(entry.detail["claim"]))
        # Somebody may have found the link while the event was moved.
        url = link or (row.personal.meeting_url if in_place else "")
        changes = url != row.personal.meeting_url
        uow.bookings.change(
            row,
            now=uow.now,
            personal=replace(row.personal, meeting_url=url) if changes else None,
            starts_at=move.target.start,
            ends_at=move.target.end,
            mailbox_id=task.placement.mailbox_id,
            channel=after.channel,
            sequence=row.sequence + (0 if silent else 1),
            state=BookingState.CONFIRMED.value,
            reason=Reason.NONE.value,
            pending_starts_at=None,
            pending_ends_at=None,
            pending_mailbox_id=None,
            pending_channel=None,
        )
        if move.current is not None and not in_place:
            owe_removal(uow, move.current)
            # Its meeting goes with it.
            settle(uow, name=missing_name(move.current.key))
        owe_meeting(uow, task.place, after, task.placement, link=url)
        _tell(uow, row, silent=silent)
        if not silent:
            uow.waiting.leave(row.id)
        passing.pass_on(desk, uow, municipality=row.municipality, freed=freed)
        return Moved.DONE

    result = desk.store.transact(work)
    desk.wake("drain")
    return result


def _tell(uow: UnitOfWork, row: BookingRow, *, silent: bool) -> None:
    """``row``: as it was. Who serves them is not the citizen's concern, unless they worry."""
    if silent and row.state is not BookingState.CONFLICT:
        return
    owe_mail(
        uow,
        booking_id=row.id,
        kind=MessageKind.OFFICE_RESTORED if silent else MessageKind.CHANGED,
        version=row.version + 1,
        detail={
            "previous": [to_microseconds(row.starts_at), to_microseconds(row.ends_at)],
            "previous_channel": row.channel,
        },
    )


def _refuse(
    desk: Desk, entry: Entry, move: _Move | None, attempt: Attempt, *, front: bool
) -> Moved:
    """The new time cannot be had: the booking stays where it was, and the citizen hears so."""

    def work(uow: UnitOfWork) -> Moved:
        if not uow.outbox.holds(entry):
            return Moved.PENDING
        row = uow.bookings.get(entry.booking_id, lock=True)
        uow.outbox.finish(entry, now=uow.now, outcome=f"refused: {attempt.code}")
        awaited = row is not None and _awaited(uow, row, entry)
        uow.claims.give_back(str(entry.detail["claim"]))
        placement = uow.placements.get(entry.placement_key or "")
        if placement is not None and placement.state == PlacementState.PLANNED:
            uow.placements.change(
                placement.key, state=PlacementState.REFUSED.value, outcome=attempt.code[:60]
            )
            if entry.tries > 1 or attempt.unknown or placement.outcome_unknown:
                owe_audits(uow, placement)
        elif placement is not None and placement.outcome_unknown and move is not None:
            # The calendar was read and shows the old time: of this try nothing is open.
            uow.placements.change(placement.key, outcome_unknown=False)
        if row is None or not awaited:
            return Moved.DROPPED
        uow.bookings.change(
            row,
            now=uow.now,
            pending_starts_at=None,
            pending_ends_at=None,
            pending_mailbox_id=None,
            pending_channel=None,
        )
        if entry.detail.get("silent"):
            # The next colleague, if there is one.
            for standing in _standing(uow, row):
                owe_review(uow, standing)
        elif entry.detail.get("rewrite"):
            # What the event says is old; what we know of the citizen has changed all the same.
            owe_mail(uow, booking_id=row.id, kind=MessageKind.CHANGED, version=row.version + 1)
        else:
            say_it_stays(desk, uow, row, tell=not front)
        return Moved.REFUSED

    result = desk.store.transact(work)
    desk.wake("drain")
    return result


def say_it_stays(desk: Desk, uow: UnitOfWork, row: BookingRow, *, tell: bool) -> None:
    """The change that a citizen asked for did not come about; ``row``: as it was just changed.

    In conflict, times are kept for them anew: they gave the others back when they asked. With
    ``tell`` they are written to, where nobody answers them on a page.
    """
    if row.state is BookingState.CONFLICT:
        if tell:
            tell_with_alternatives(desk, uow, row, kind=MessageKind.OFFICE_CONFLICT)
        else:
            keep_alternatives(desk, uow, row)
    elif tell and row.state is BookingState.CONFIRMED:
        owe_mail(
            uow,
            booking_id=row.id,
            kind=MessageKind.CONFIRMATION,
            version=row.version + 1,
            detail=AFTER_ALL,
        )


def _gives_up(desk: Desk, entry: Entry, move: _Move, attempt: Attempt) -> bool:
    """Tried long enough, and the calendar has certainly not taken the new time in place."""
    with desk.store.read() as uow:
        placement = uow.placements.get(entry.placement_key or "")
        now = uow.now
    in_place = placement is not None and placement.state == PlacementState.PLACED
    unknown = attempt.unknown or (placement is not None and placement.outcome_unknown)
    starts_at = min(move.task.booking.starts_at, move.target.start)
    over = UPDATE_LATER.over(now=now, since=entry.created_at, starts_at=starts_at)
    return over and entry.tries > 1 and not (in_place and unknown)


def _postpone(desk: Desk, entry: Entry, move: _Move, attempt: Attempt) -> Moved:
    if _gives_up(desk, entry, move, attempt):
        return _refuse(desk, entry, move, attempt, front=False)

    def work(uow: UnitOfWork) -> Moved:
        if attempt.unknown:
            uow.placements.change(move.task.placement.key, outcome_unknown=True)
        # The front end's turn is over at once; a worker that was turned away comes back later.
        at_once = attempt.turned_away and entry.tries <= 1
        patience = UPDATE_LATER.wait(entry.tries, retry_after=attempt.retry_after)
        wait = timedelta(0) if at_once else patience
        uow.outbox.postpone(entry, until=uow.now + wait, outcome=attempt.code)
        return Moved.PENDING

    result = desk.store.transact(work)
    desk.wake("drain")
    return result


def _drop(desk: Desk, entry: Entry) -> Moved:
    def work(uow: UnitOfWork) -> None:
        uow.outbox.finish(entry, now=uow.now, outcome="nothing to move")

    desk.store.transact(work)
    return Moved.DROPPED
