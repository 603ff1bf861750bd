"""Writing one placement's event: find, look, create, read back. The calendar side of placing."""

from __future__ import annotations

import enum
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking import catalogue
from booking.calendars.connecting import Reach, reach
from booking.calendars.noticing import owe_review
from booking.calendars.readings import code_of
from booking.calendars.refresh import refresh_mailbox
from booking.calendars.refusals import note_refusal
from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.picture import usable
from booking.placement.events import draft_of, keeps_private
from booking.placement.looking import blocked_at, look_exactly
from booking.placement.own_events import put_event
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.placements import PlacementRow, PlacementState
from connectors.contract import EventDraft, Period, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, TryLater
from mapping.model import Channel


class Outcome(enum.StrEnum):
    WRITTEN = "written"  #: the event was read back
    BUSY = "busy"  #: the calendar is not free there
    REFUSED = "refused"  #: this mailbox cannot take it, and nothing was written
    LATER = "later"  #: try again; see ``unknown``


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of trying to write an event."""

    outcome: Outcome
    event: RemoteEvent | None = None
    code: str = ""
    unknown: bool = False  #: the event may be there although we did not hear so
    said_no: bool = False  #: ``find`` answered that it is not there
    retry_after: float | None = None
    turned_away: bool = False  #: by our own bulkhead: the calendar was not asked
    undisturbed: int | None = None  #: see ``Look``
    replaced: str | None = None  #: etag of the version that this one took the place of


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in the way of a time, if anything. ``undisturbed``: the mailbox's fence by then,
    where nobody was reading it; another one later tells of a reading that saw more than we did."""

    obstacle: Attempt | None
    undisturbed: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that writing one placement's event takes."""

    booking: BookingRow
    placement: PlacementRow
    offered: Offered
    place: Reach
    loaded_at: datetime

    @property
    def period(self) -> Period:
        return Period(self.placement.starts_at, self.placement.ends_at)


def load_task(desk: Desk, uow: UnitOfWork, booking: BookingRow, placement: PlacementRow) -> Task:
    """Raises NotOffered and ConnectorError where the mapping names service or mailbox no more."""
    offered = catalogue.offered(
        desk, uow, service_id=booking.service_id, channel=Channel(booking.channel)
    )
    return Task(booking, placement, offered, reach(desk, uow, placement.mailbox_id), uow.now)


def write_event(desk: Desk, task: Task, *, fresh: bool, deadline: Deadline) -> Attempt:
    """Bring the placement's event into its calendar, in one deadline for all steps.

    ``fresh``: the key has never been sent, so there is nothing to find (the caller made the
    placement a moment ago and nobody else holds its entry).
    """
    with admitted(desk, task.place, deadline) as may_go:
        if not may_go:
            return Attempt(Outcome.LATER, code="turned away", turned_away=True)
        attempt = _write(desk, task, fresh=fresh, deadline=deadline)
        if desk.bulkhead is not None:
            desk.bulkhead.report(task.place.row.server_id, ok=attempt.outcome is not Outcome.LATER)
    if fresh and attempt.event is not None and _lacks_link(desk, task, attempt.event):
        # The citizen is waiting: a moment's patience saves them a second mail.
        return replace(attempt, event=_with_link(desk, task, attempt.event, deadline))
    return attempt


#: When an event is looked at again that may have been deleted at once.
_SECOND_LOOK = timedelta(seconds=60)

#: Looks for a meeting link that is late, while the citizen waits (seconds before each).
LINK_WAITS = (0.2, 0.4, 0.8)
#: What must be left of the deadline for a look to be worth it (seconds).
_WORTH = 0.5


def _lacks_link(desk: Desk, task: Task, event: RemoteEvent) -> bool:
    online = task.booking.channel == Channel.TELECONFERENCE
    wants = online and task.place.connector(desk).capabilities.meeting_links
    return wants and not event.meeting_url


def _with_link(desk: Desk, task: Task, event: RemoteEvent, deadline: Deadline) -> RemoteEvent:
    """The event as it is now, with its link if that comes soon. The event stands in any case."""
    for wait in LINK_WAITS:
        if event.meeting_url or deadline.remaining() < wait + _WORTH:
            break
        time.sleep(wait)
        try:
            with admitted(desk, task.place, deadline) as may_go:
                if may_go:
                    event = task.place.connector(desk).get(
                        mailbox=task.place.ref, event_id=event.ref.id, deadline=deadline
                    )
        except ConnectorError:
            break
    return event


@contextmanager
def admitted(desk: Desk, place: Reach, deadline: Deadline) -> Iterator[bool]:
    """Whether the bulkhead lets us to the server; always where there is none."""
    if desk.bulkhead is None:
        yield True
        return
    with desk.bulkhead.enter(place.row.server_id, deadline=deadline) as may_go:
        yield may_go


def look(desk: Desk, task: Task, *, start: datetime, deadline: Deadline) -> Look:
    """Live look at the mailbox: whether ``start`` is free there, and what to make of it if not.

    Raises Unsupported where the mailbox's connection cannot be right.
    """
    if task.place.connector(desk).capabilities.exact_periods:
        with desk.store.read() as uow:
            fence = _fence_if_unread(uow, task)
        seen = look_exactly(
            desk,
            task.place,
            task.offered,
            booking_id=task.booking.id,
            start=start,
            deadline=deadline,
        )
        if seen is not None:
            return Look(_attempt(seen.code, seen.error) if seen.code else None, fence)
    outcome = refresh_mailbox(
        desk, mailbox_id=task.placement.mailbox_id, deadline=deadline, since=task.loaded_at
    )
    if not outcome.read:
        silent = outcome.error is None and outcome.code != "braked"
        failed = _attempt(outcome.code, TryLater(outcome.code) if silent else outcome.error)
        return Look(failed, None)
    with desk.store.read() as uow:
        # Before what it is to vouch for: PostgreSQL shows each statement a later moment.
        fence = _fence_if_unread(uow, task)
        code = not_free(desk, uow, task, start=start)
    return Look(_attempt(code, None) if code else None, fence)


def _attempt(code: str, error: ConnectorError | None) -> Attempt:
    if code == "busy":
        return Attempt(Outcome.BUSY, code=code)
    if isinstance(error, TryLater):
        return Attempt(Outcome.LATER, code=code, retry_after=error.retry_after)
    return Attempt(Outcome.REFUSED, code=code)


def not_free(desk: Desk, uow: UnitOfWork, task: Task, *, start: datetime) -> str:
    """Why a start is not free in the mailbox just read ("" if it is), buffers included.

    Events of the booking itself are not in the way.
    """
    row = next(iter(uow.replicas.for_offer([task.placement.mailbox_id])), None)
    if row is None or row.masks is None or not usable(row, now=uow.now, settings=desk.settings):
        return "unreadable"
    taken = blocked_at(
        uow, row, row.masks, task.place, task.offered, booking_id=task.booking.id, start=start
    )
    return "busy" if taken else ""


def draft_for(desk: Desk, task: Task, *, period: Period, sequence: int | None = None) -> EventDraft:
    """The event of the task's booking at ``period``."""
    view = task.booking.view()
    online = view.channel is Channel.TELECONFERENCE
    wants = online and task.place.connector(desk).capabilities.meeting_links
    draft = draft_of(
        view,
        service=task.offered.service,
        period=period,
        settings=desk.settings,
        private=keeps_private(task.place.row.check_outcome),
        meeting_url=meeting_url(desk, task) if online and not wants else "",
        wants_meeting=wants,
    )
    return draft if sequence is None else replace(draft, sequence=sequence)


def meeting_url(desk: Desk, task: Task) -> str:
    """Where to meet online where the provider makes no meetings.

    An event that is changed keeps its room. One in another place has the room of that place: the
    meeting of the place that was left goes with its event.
    """
    if task.placement.state == PlacementState.PLACED and task.booking.personal.meeting_url:
        return task.booking.personal.meeting_url
    return template_link(desk, task)


def template_link(desk: Desk, task: Task) -> str:
    """By the connection's template, with a room that nobody can guess; always the same one."""
    template = task.place.named.meeting_link
    if not template:
        return ""
    keys, known = desk.store.keys, task.booking.token_key
    # A key that was retired takes its rooms along; the citizen's link leads to the current one.
    derived = keys.derive(known if known in keys.by_id else keys.current, "room", task.booking.id)
    room = hashlib.sha256(derived.encode()).hexdigest()[:32]
    return template.replace("{room}", f"rantevou-{room}")


def _write(desk: Desk, task: Task, *, fresh: bool, deadline: Deadline) -> Attempt:
    mailbox, key = task.place.ref, task.placement.key
    said_no = False
    try:
        connector = task.place.connector(desk)
        if not fresh:
            found = connector.find(mailbox=mailbox, key=key, deadline=deadline)
            if found is not None and not found.cancelled:
                return Attempt(Outcome.WRITTEN, event=found)
            said_no = True
        looked = look(desk, task, start=task.placement.starts_at, deadline=deadline)
        if looked.obstacle is not None:
            return replace(looked.obstacle, said_no=said_no)
        draft = draft_for(desk, task, period=task.period)
        try:
            event = connector.create(mailbox=mailbox, draft=draft, key=key, deadline=deadline)
        except ConnectorError as error:
            note_refusal(desk, task.placement.mailbox_id, error)
            raise
    except TryLater as error:
        return Attempt(
            Outcome.LATER,
            code="later",
            unknown=error.outcome_unknown,
            said_no=said_no and not error.outcome_unknown,
            retry_after=error.retry_after,
        )
    except ConnectorError as error:
        return Attempt(Outcome.REFUSED, code=code_of(error), said_no=said_no)
    try:
        seen = connector.get(mailbox=mailbox, event_id=event.ref.id, deadline=deadline)
    except (TryLater, EventGone) as error:
        after = error.retry_after if isinstance(error, TryLater) else None
        return Attempt(Outcome.LATER, code="not read back", unknown=True, retry_after=after)
    except ConnectorError as error:
        return Attempt(Outcome.LATER, code=code_of(error), unknown=True)
    return Attempt(Outcome.WRITTEN, event=seen, undisturbed=looked.undisturbed)


def _fence_if_unread(uow: UnitOfWork, task: Task) -> int | None:
    """The mailbox's fence, unless somebody is reading it."""
    row = uow.mailboxes.get(task.placement.mailbox_id)
    read = row is None or (row.lease_until is not None and row.lease_until > uow.now)
    return None if read or row is None else row.fence


def was_disturbed(uow: UnitOfWork, task: Task, attempt: Attempt) -> bool:
    """Whether the calendar was read between our look and now, by somebody who did not know of the
    event: what it told of this time, a deletion or a meeting, it told nobody."""
    row = uow.mailboxes.get(task.placement.mailbox_id)
    return row is not None and row.fence != attempt.undisturbed


def look_again(uow: UnitOfWork, task: Task) -> None:
    """In a minute, when whoever was reading has recorded it."""
    owe_review(uow, task.placement, after=_SECOND_LOOK)


def record_written(uow: UnitOfWork, task: Task, attempt: Attempt, event: RemoteEvent) -> None:
    """Take an event that was written or moved into the replica, unless its calendar was read
    meanwhile and may have told of its deletion, or of another version.

    Nobody knew then that it is ours, or where it was to stand (failure catalogue, B12): what we
    put in would stay, for no reading tells of it again. So the event is looked at once more; if it
    stands, the readings tell.
    """
    disturbed = was_disturbed(uow, task, attempt)
    if disturbed:
        look_again(uow, task)
    put_or_read(uow, task, event, over=attempt.replaced or "", disturbed=disturbed)


def put_or_read(
    uow: UnitOfWork, task: Task, event: RemoteEvent, *, over: str, disturbed: bool
) -> None:
    """Take an event into the replica (``put_event``); where that must not be, it is read soon."""
    key = task.placement.key
    if not put_event(uow, task.place, event=event, key=key, over=over, disturbed=disturbed):
        uow.mailboxes.mark_dirty([task.placement.mailbox_id], at=uow.now)
