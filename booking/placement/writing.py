"""Writing one placement's event: find, look, create, read back. The calendar side of placing."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from booking import catalogue
from booking.busy import masks_of, moment_of, ones, stretch_of
from booking.calendars.connecting import Reach, reach
from booking.calendars.readings import code_of
from booking.calendars.refresh import refresh_mailbox
from booking.calendars.refusals import note_refusal
from booking.catalogue import Offered
from booking.desk import Desk
from booking.offering.picture import usable
from booking.offering.slots import Shape, aligned
from booking.placement.events import draft_of, keeps_private
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.placements import PlacementRow
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
        return attempt


@contextmanager
def admitted(desk: Desk, place: Reach, deadline: Deadline) -> Iterator[bool]:
    """Whether the bulkhead lets us to the server; always where there is none."""
    if desk.bulkhead is None:
        yield True
        return
    with desk.bulkhead.enter(place.row.server_id, deadline=deadline) as may_go:
        yield may_go


def look(desk: Desk, task: Task, *, start: datetime, deadline: Deadline) -> Attempt | None:
    """Live look at the mailbox: None where ``start`` is free there, else what to make of it."""
    outcome = refresh_mailbox(
        desk, mailbox_id=task.placement.mailbox_id, deadline=deadline, since=task.loaded_at
    )
    if not outcome.read:
        error = outcome.error
        if outcome.code == "braked":
            return Attempt(Outcome.REFUSED, code="braked")
        if error is None or isinstance(error, TryLater):
            after = error.retry_after if isinstance(error, TryLater) else None
            return Attempt(Outcome.LATER, code=outcome.code, retry_after=after)
        return Attempt(Outcome.REFUSED, code=outcome.code)
    with desk.store.read() as uow:
        code = not_free(desk, uow, task, start=start)
    if code:
        return Attempt(Outcome.BUSY if code == "busy" else Outcome.REFUSED, code=code)
    return None


def not_free(desk: Desk, uow: UnitOfWork, task: Task, *, start: datetime) -> str:
    """Why a start is not free in the mailbox just read ("" if it is), buffers included.

    Events of the booking itself are not in the way.
    """
    row = next(iter(uow.replicas.for_offer([task.placement.mailbox_id])), None)
    if row is None or row.masks is None or not usable(row, now=uow.now, settings=desk.settings):
        return "unreadable"
    masks = row.masks
    first, end = Shape.of(task.offered.service).cells(start)
    own = None
    if masks.own:
        others = [
            stretch
            for interval in uow.replicas.own_intervals(row.mailbox_id)
            if not (interval.key or "").startswith(f"{task.booking.id}-")
            for stretch in stretch_of(interval, task.place.zone)
        ]
        window = Period(moment_of(masks.base), moment_of(masks.base + masks.cells))
        own = masks_of(others, window=window).own
    blocked = aligned(
        masks, masks.blocked(task.offered.policy, own=own), base=first, cells=end - first
    )
    return "busy" if blocked & ones(0, end - first) else ""


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
    """Where to meet online, from the connection's template with a room nobody can guess."""
    if task.booking.personal.meeting_url:
        return task.booking.personal.meeting_url
    template = task.place.named.meeting_link
    if not template:
        return ""
    derived = desk.store.keys.derive(task.booking.token_key, "room", task.booking.id)
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
        obstacle = look(desk, task, start=task.placement.starts_at, deadline=deadline)
        if obstacle is not None:
            return replace(obstacle, said_no=said_no)
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
    if draft.wants_meeting and not seen.meeting_url:
        return Attempt(Outcome.LATER, code="no meeting link yet", unknown=True)
    return Attempt(Outcome.WRITTEN, event=seen)
