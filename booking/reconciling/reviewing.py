"""Reviewing an event of ours: look at it as it is now, decide by the table, and act once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from booking.busy import cells_over
from booking.calendars.noticing import VANISHED, absence_name
from booking.desk import Desk
from booking.placement.owing import finish, postpone
from booking.placement.patience import REVIEW_LATER
from booking.reconciling import acting
from booking.reconciling.decisions import Action, Case, Target, decide
from booking.reconciling.sights import Sight, sight_of, word_of
from booking.reconciling.subject import Subject, colleagues, is_put_over_others, lies_under, load
from booking.reconciling.witnessing import Witness, witness
from booking.store import UnitOfWork
from booking.store.claims import Cells, Holder
from booking.store.outbox import Entry, Step
from booking.tasks import settle
from connectors.deadline import Deadline

#: What is in somebody else's hands now is looked at again after this time.
_NOT_NOW = timedelta(seconds=30)
#: So long beyond the grace is a colleague's silent calendar waited for.
_FOR_COLLEAGUES = timedelta(minutes=20)
#: … and so many looks at least, if nobody was there to look meanwhile.
_LOOKS = 4
#: How long before its time an appointment may be said to be over.
_EARLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Judged:
    case: Case
    action: Action
    claim_id: str = ""  #: of the new time, where the event was moved to a possible one
    over_others: bool = False  #: it was moved onto other entries


def review(desk: Desk, *, entry: Entry, deadline: Deadline) -> bool:
    """Carry out a leased outbox entry of kind REVIEW; whether it is done with."""
    with desk.store.read() as uow:
        subject, now = load(desk, uow, entry), uow.now
    if subject is None:
        return finish(desk, entry, "nothing to review")
    if subject.waits:
        postpone(desk, entry, wait=_NOT_NOW, outcome=subject.waits)
        return False
    since = subject.placement.seen_at or entry.created_at
    waited = now >= since + desk.settings.deletion_grace + _FOR_COLLEAGUES
    patient = not waited or entry.tries < _LOOKS
    seen = witness(desk, subject, patient=patient, deadline=deadline)
    if seen.code:
        wait = max(REVIEW_LATER.wait(entry.tries, retry_after=seen.retry_after), _NOT_NOW)
        postpone(desk, entry, wait=wait, outcome=seen.code)
        return False

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.holds(entry):
            return False
        current = load(desk, uow, entry, lock=True)
        if current is None:
            uow.outbox.finish(entry, now=uow.now, outcome="nothing to review")
            return True
        if not current.same_as(subject) or current.waits:
            # What was seen may be older than what is known by now.
            uow.outbox.postpone(entry, until=uow.now, outcome="changed meanwhile")
            return False
        return _act(desk, uow, entry, current, seen)

    done = desk.store.transact(work)
    desk.wake("drain")
    return done


def _act(desk: Desk, uow: UnitOfWork, entry: Entry, subject: Subject, seen: Witness) -> bool:
    judged = _judge(desk, uow, subject, seen)
    if judged is None:
        uow.outbox.postpone(entry, until=uow.now + _NOT_NOW, outcome="the calendar is not read")
        return False
    if judged.claim_id and judged.action is not Action.FOLLOW:
        uow.claims.remove(judged.claim_id)
    acting.remember(uow, subject, seen, judged.case)
    if judged.action is Action.WAIT:
        since = subject.placement.seen_at if subject.placement.seen == VANISHED else None
        until = (since or uow.now) + desk.settings.deletion_grace
        if seen.unheard:
            until = min(until, uow.now + max(REVIEW_LATER.wait(entry.tries), _NOT_NOW))
        uow.outbox.postpone(entry, until=max(until, uow.now), outcome=judged.action.value)
        return False
    uow.outbox.finish(entry, now=uow.now, outcome=judged.action.value)
    acting.ACTIONS[judged.action](
        acting.Act(
            desk, uow, subject, seen, judged.case, judged.claim_id, over_others=judged.over_others
        )
    )
    _settle_absence(uow, entry, subject)
    return True


def _judge(desk: Desk, uow: UnitOfWork, subject: Subject, seen: Witness) -> _Judged | None:
    """None where it matters what else lies where the event stands, and nobody can say that now."""
    placement, booking = subject.placement, subject.booking
    sight = sight_of(subject.period, seen.event)
    elsewhere = seen.place is not None and seen.place.row.id != subject.place.row.id
    if elsewhere and sight is not Sight.GONE:
        sight = Sight.MOVED
    overlapped: bool | None = False
    over_others: bool | None = False
    if sight is Sight.MOVED:
        over_others = is_put_over_others(uow, subject, event=seen.event, place=seen.place)
    elif sight is not Sight.GONE:
        overlapped = lies_under(uow, subject, event=seen.event)
    grace = placement.seen == VANISHED and placement.seen_at is not None
    target, claim_id = _target(uow, subject, seen) if sight is Sight.MOVED else (Target.NONE, "")
    case = Case(
        sight=sight,
        state=booking.state,
        begun=uow.now >= booking.starts_at,
        over=uow.now >= booking.ends_at,
        grace_over=bool(
            grace
            and placement.seen_at is not None
            and uow.now >= placement.seen_at + desk.settings.deletion_grace
        ),
        target=target,
        overlapped=bool(overlapped),
        colleague=bool(overlapped and colleagues(desk, uow, subject)),
        wanted=subject.wanted,
        word=word_of(seen.event) if uow.now >= booking.starts_at - _EARLY else None,
    )
    action = decide(case)
    if (overlapped is None and decide(replace(case, overlapped=True)) is not action) or (
        over_others is None and action is Action.FOLLOW
    ):
        if claim_id:
            uow.claims.remove(claim_id)
        return None
    return _Judged(case, action, claim_id, bool(over_others))


def _target(uow: UnitOfWork, subject: Subject, seen: Witness) -> tuple[Target, str]:
    """What the new time is to us, and the claim that was taken on it.

    With its buffers where they are free, without them where an employee wants it so.
    """
    period = seen.event.period if seen.event is not None else None
    if period is None or seen.place is None:
        return Target.NONE, ""
    if period.start <= uow.now:
        return Target.PAST, ""
    first, end = cells_over(period)
    before, after = 0, 0
    if subject.offered is not None:
        service = subject.offered.service
        before, after = service.buffer_before_minutes // 5, service.buffer_after_minutes // 5
    for left, right in dict.fromkeys([(before, after), (0, 0)]):
        claim_id = secrets.token_urlsafe(18)
        if uow.claims.take(
            claim_id=claim_id,
            cells=Cells(seen.place.row.id, first - left, end + right),
            holder=Holder(booking_id=subject.booking.id),
            now=uow.now,
            owned_by=subject.booking.id,
        ):
            return Target.FREE, claim_id
    return Target.CLAIMED, ""


def _settle_absence(uow: UnitOfWork, entry: Entry, subject: Subject) -> None:
    """The last look that an absence led to ends its task."""
    absence = str(entry.detail.get("absence", ""))
    if not absence:
        return
    for other in uow.outbox.open_of_kind(Step.REVIEW):
        if other.detail.get("absence") == absence and other.id != entry.id:
            return
    settle(uow, name=absence_name(subject.placement.mailbox_id, absence))
