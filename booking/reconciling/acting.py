"""Carrying out what was decided about an event of ours, in the review's own transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from booking.calendars.noticing import EDITED, MOVED, OVERLAPPED, VANISHED, owe_review
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingState, Reason
from booking.offering.slots import Shape
from booking.placement.owing import owe_mail
from booking.placement.releasing import drop_alternatives, let_go, tell_with_alternatives
from booking.reconciling.decisions import Action, Case
from booking.reconciling.sights import Sight, Word
from booking.reconciling.subject import Subject, colleagues
from booking.reconciling.witnessing import Witness
from booking.store import UnitOfWork
from booking.store.claims import Cells, Holder
from booking.store.columns import to_microseconds
from booking.store.outbox import Step
from booking.store.placements import PlacementState
from booking.tasks import TaskKind, owe_task, settle
from connectors.contract import Period

_STATES = {Word.COMPLETED: BookingState.COMPLETED, Word.NO_SHOW: BookingState.NO_SHOW}
#: Tasks about one event, which end when it is as it should be.
_OF_AN_EVENT = (
    TaskKind.APPOINTMENT_IN_THE_WAY,
    TaskKind.MOVED_TO_IMPOSSIBLE,
    TaskKind.EVENT_UNCLEAR,
)


@dataclass(frozen=True, slots=True)
class Act:
    """What an action has at hand. ``claim_id``: of the time to which the event was moved, and
    ``over_others``, whether other entries lie there."""

    desk: Desk
    uow: UnitOfWork
    subject: Subject
    seen: Witness
    case: Case
    claim_id: str
    over_others: bool

    @property
    def period(self) -> Period:
        """Where the event stands now."""
        event = self.seen.event
        return event.period if event is not None and event.period else self.subject.period


def remember(uow: UnitOfWork, subject: Subject, seen: Witness, case: Case) -> None:
    """Keep what was seen of the event with its placement."""
    placement = subject.placement
    noticed = {
        Sight.GONE: VANISHED,
        Sight.MOVED: MOVED,
        Sight.ALL_DAY: EDITED,
        Sight.SERIES: EDITED,
    }.get(case.sight, OVERLAPPED if case.overlapped else "")
    same = noticed == placement.seen and placement.seen_at is not None
    values: dict[str, object] = {
        "seen": noticed,
        "seen_at": None if not noticed else placement.seen_at if same else uow.now,
    }
    here = seen.place is not None and seen.place.row.id == subject.place.row.id
    if here and seen.event is not None:
        values |= {"event_id": seen.event.ref.id, "etag": seen.event.ref.etag}
    uow.placements.change(placement.key, **values)


def _rest(act: Act) -> None:
    if act.case.sight in {Sight.AS_WRITTEN, Sight.FREE, Sight.RESIZED}:
        _settle_unclear(act)


def _note(act: Act) -> None:
    word = act.case.word
    if word is None:
        return
    booking = act.subject.booking
    drop_alternatives(act.uow, booking.id)
    act.uow.bookings.change(booking, now=act.uow.now, state=_STATES[word].value, reason="")
    _settle(act)


def _reopen(act: Act) -> None:
    act.uow.bookings.change(
        act.subject.booking, now=act.uow.now, state=BookingState.CONFIRMED.value
    )


def _let_go(act: Act) -> None:
    act.uow.placements.change(
        act.subject.placement.key,
        state=PlacementState.REMOVED.value,
        outcome="deleted in the calendar",
    )
    let_go(act.desk, act.uow, act.subject.booking)
    _settle(act)


def _follow(act: Act) -> None:
    """The claim of the new time is taken already, but where two share it: one claim is enough."""
    uow, booking, placement = act.uow, act.subject.booking, act.subject.placement
    place = act.seen.place or act.subject.place
    event, period = act.seen.event, act.period
    if event is None:
        return
    uow.claims.release_booking(booking.id, keep=act.claim_id or None)
    drop_alternatives(uow, booking.id)
    uow.placements.change(
        placement.key,
        mailbox_id=place.row.id,
        event_id=event.ref.id,
        etag=event.ref.etag,
        starts_at=period.start,
        ends_at=period.end,
        seen="",
        seen_at=None,
        shared=act.over_others,  # whoever moves it onto other entries of theirs wants it there
    )
    moved = period != booking.period
    uow.bookings.change(
        booking,
        now=uow.now,
        state=BookingState.CONFIRMED.value,
        reason="",
        mailbox_id=place.row.id,
        starts_at=period.start,
        ends_at=period.end,
        sequence=booking.sequence + (1 if moved else 0),
    )
    if moved:
        owe_mail(
            uow,
            booking_id=booking.id,
            kind=MessageKind.OFFICE_MOVED,
            version=booking.version + 1,
            detail={
                "previous": [to_microseconds(booking.starts_at), to_microseconds(booking.ends_at)]
            },
        )
    elif booking.state is BookingState.CONFLICT:
        _tell_it_stands(act)
    _settle(act)


def _adjust(act: Act) -> None:
    """The citizen comes when they were told to: how long it takes is the employee's business."""
    end = act.period.end
    act.uow.placements.change(act.subject.placement.key, ends_at=end)
    act.uow.bookings.change(act.subject.booking, now=act.uow.now, ends_at=end)
    if act.subject.booking.state is BookingState.CONFLICT:
        # Shorter, it may be in nobody's way any more: one thing after the other.
        owe_review(act.uow, act.subject.placement)
    _settle_unclear(act)


def _dispute(act: Act) -> None:
    """The office has to do something, and the citizen need not wait for it."""
    uow, booking = act.uow, act.subject.booking
    moved = act.case.sight is Sight.MOVED
    reason = Reason.OFFICE_MOVED if moved else Reason.CALENDAR_BUSY
    kind = TaskKind.MOVED_TO_IMPOSSIBLE if moved else TaskKind.APPOINTMENT_IN_THE_WAY
    _owe_task(act, kind)
    if booking.state is BookingState.CONFLICT:
        return
    uow.bookings.change(
        booking, now=uow.now, state=BookingState.CONFLICT.value, reason=reason.value
    )
    tell_with_alternatives(act.desk, uow, booking, kind=MessageKind.OFFICE_CONFLICT)


def _yield(act: Act) -> None:
    """The new event first, then the old one goes; where the colleague cannot after all, the next
    review asks the next one."""
    uow, booking, subject = act.uow, act.subject.booking, act.subject
    if subject.offered is None:
        return
    first, end = Shape.of(subject.offered.service).cells(booking.starts_at)
    for candidate in colleagues(act.desk, uow, subject):
        claim_id = secrets.token_urlsafe(18)
        if not uow.claims.take(
            claim_id=claim_id,
            cells=Cells(candidate.mailbox_id, first, end),
            holder=Holder(booking_id=booking.id),
            now=uow.now,
            owned_by=booking.id,
        ):
            continue
        key = uow.placements.add(
            booking_id=booking.id,
            mailbox_id=candidate.mailbox_id,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            reason=f"taken over; {candidate.reason}",
            now=uow.now,
        )
        uow.bookings.change(
            booking,
            now=uow.now,
            pending_starts_at=booking.starts_at,
            pending_ends_at=booking.ends_at,
            pending_mailbox_id=candidate.mailbox_id,
        )
        uow.outbox.add(
            name=f"update:{booking.id}:{booking.version + 1}",
            kind=Step.UPDATE,
            booking_id=booking.id,
            placement_key=key,
            now=uow.now,
            detail={"claim": claim_id, "to": to_microseconds(booking.starts_at), "silent": True},
        )
        _settle(act)
        return
    _dispute(act)


def _stand(act: Act) -> None:
    drop_alternatives(act.uow, act.subject.booking.id)
    act.uow.bookings.change(
        act.subject.booking, now=act.uow.now, state=BookingState.CONFIRMED.value, reason=""
    )
    _tell_it_stands(act)
    _settle(act)


def _ask(act: Act) -> None:
    _owe_task(act, TaskKind.EVENT_UNCLEAR)


def _wait(act: Act) -> None:
    """Nothing yet: the review itself is due again."""


def _tell_it_stands(act: Act) -> None:
    owe_mail(
        act.uow,
        booking_id=act.subject.booking.id,
        kind=MessageKind.OFFICE_RESTORED,
        version=act.subject.booking.version + 1,
    )


def _owe_task(act: Act, kind: TaskKind) -> None:
    owe_task(
        act.uow,
        kind=kind,
        municipality=act.subject.booking.municipality,
        booking_id=act.subject.booking.id,
        mailbox_id=act.subject.placement.mailbox_id,
        name=f"{kind.value}:{act.subject.placement.key}",
        again=True,
    )


def _settle(act: Act) -> None:
    for kind in _OF_AN_EVENT:
        settle(act.uow, name=f"{kind.value}:{act.subject.placement.key}")


def _settle_unclear(act: Act) -> None:
    settle(act.uow, name=f"{TaskKind.EVENT_UNCLEAR.value}:{act.subject.placement.key}")


ACTIONS: dict[Action, Callable[[Act], None]] = {
    Action.REST: _rest,
    Action.NOTE: _note,
    Action.REOPEN: _reopen,
    Action.WAIT: _wait,
    Action.LET_GO: _let_go,
    Action.FOLLOW: _follow,
    Action.ADJUST: _adjust,
    Action.DISPUTE: _dispute,
    Action.YIELD: _yield,
    Action.STAND: _stand,
    Action.ASK: _ask,
}
