"""Mails that do not get through: tried for two days, then a task, because the citizen knows
nothing. Who has no mail address is called where they cannot know what the mail would say."""

from __future__ import annotations

from booking.belated import say_the_last_again
from booking.desk import Desk
from booking.messages import MessageKind
from booking.placement.patience import CALL_AFTER, CALL_BEFORE, MAIL_LATER
from booking.reminding import COURTESIES
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.outbox import SENT, Entry
from booking.tasks import TaskKind, owe_task, settle

_NO_ADDRESS = "no mail address of the citizen is known"
#: What whoever has no mail address did themselves, with the office on the phone or at its desk,
#: and what they can do without.
_KNOWN = frozenset(
    {
        MessageKind.CONFIRMATION,
        MessageKind.CHANGED,
        MessageKind.CANCELLED,
        MessageKind.CANCEL_UNDONE,
        *COURTESIES,
    }
)


def try_later(
    desk: Desk,
    entry: Entry,
    *,
    retry_after: float | None = None,
    outcome: str = "mail server: later",
    sent: bool = False,
) -> bool:
    """The mail could not be handed over now; whether it is given up. ``sent``: it may have left."""

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.holds(entry):
            if sent:
                say_the_last_again(uow, entry)
            return False
        row = uow.bookings.get(entry.booking_id)
        over = MAIL_LATER.over(now=uow.now, since=entry.created_at)
        if over:
            uow.outbox.finish(entry, now=uow.now, outcome=f"given up; {outcome}")
        else:
            wait = MAIL_LATER.wait(entry.tries, retry_after=retry_after)
            uow.outbox.postpone(entry, until=uow.now + wait, outcome=outcome)
        waited = uow.now - entry.created_at >= CALL_AFTER
        near = row is not None and row.starts_at - uow.now < CALL_BEFORE and waited
        if row is not None and (over or near):
            _call(uow, row, entry, why="the mail server did not take it so far")
        return over

    return desk.store.transact(work)


def refused(desk: Desk, entry: Entry, *, why: str) -> bool:
    """Nobody will ever take this mail: the office is told. False where the lease was lost."""

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.finish(entry, now=uow.now, outcome=why):
            return False
        row = uow.bookings.get(entry.booking_id)
        if row is not None:
            _call(uow, row, entry, why=why)
        return True

    return desk.store.transact(work)


def without_address(desk: Desk, entry: Entry) -> bool:
    """There is nobody to write to: the office calls where the citizen has to hear of it.

    False where the lease was lost.
    """

    def work(uow: UnitOfWork) -> bool:
        if not uow.outbox.finish(entry, now=uow.now, outcome=_NO_ADDRESS):
            return False
        row = uow.bookings.get(entry.booking_id)
        if row is None:
            return True
        if not row.personal.citizen.phone:
            _call(uow, row, entry, why=_NO_ADDRESS)
        elif row.ends_at > uow.now and not _is_known(entry):
            owe_task(
                uow,
                kind=TaskKind.CALL_CITIZEN,
                municipality=row.municipality,
                booking_id=row.id,
                name=f"{TaskKind.CALL_CITIZEN.value}:{row.id}",
                detail={"error": f"{entry.detail['kind']}: {_NO_ADDRESS}"},
                again=True,
            )
        return True

    return desk.store.transact(work)


def _is_known(entry: Entry) -> bool:
    return entry.detail["kind"] in _KNOWN and not entry.detail.get("after_all")


def delivered(desk: Desk, entry: Entry) -> bool:
    """The mail left; whoever was to call need not. False where the lease was lost: then it may
    have left after newer ones."""

    def work(uow: UnitOfWork) -> bool:
        settle(uow, name=_name(entry))
        in_time = uow.outbox.finish(entry, now=uow.now, outcome=SENT)
        if not in_time:
            say_the_last_again(uow, entry)
        return in_time

    return desk.store.transact(work)


def _call(uow: UnitOfWork, row: BookingRow, entry: Entry, *, why: str) -> None:
    """Once for each mail that matters, and not for an appointment that is over."""
    if row.ends_at <= uow.now or entry.detail["kind"] in {*COURTESIES, MessageKind.EARLIER}:
        return
    owe_task(
        uow,
        kind=TaskKind.MAIL_NOT_SENT,
        municipality=row.municipality,
        booking_id=row.id,
        name=_name(entry),
        detail={"error": f"{entry.detail['kind']}: {why}", "mail": entry.detail["kind"]},
    )


def _name(entry: Entry) -> str:
    return f"{TaskKind.MAIL_NOT_SENT.value}:{entry.id}"
