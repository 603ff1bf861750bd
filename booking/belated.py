"""Mails that left after newer ones of their booking: the newest is said once more.

Whoever stands still in the middle of a conversation with a mail server outlives its lease there;
others send what comes after its mail, and then it goes on. Nothing can prevent that (a mail server
knows no fencing numbers), but the last mail that a citizen has read must be true.
"""

from __future__ import annotations

from booking.messages import MessageKind
from booking.reminding import COURTESIES
from booking.store import UnitOfWork
from booking.store.outbox import SENT, Entry, Step

#: What says nothing of how the appointment stands.
_BESIDE = frozenset({MessageKind.EARLIER, *COURTESIES})


def say_the_last_again(uow: UnitOfWork, late: Entry) -> bool:
    """Owe the newest mail of the booking again, if it may have left before ``late`` did; whether
    it is owed now. Under a Message-ID of its own, because mail programs hide what they have."""
    newer = [
        each
        for each in uow.outbox.mails_of(late.booking_id)
        if each.id > late.id
        and each.detail["kind"] not in _BESIDE
        and (each.done_at is None or each.outcome == SENT)
    ]
    if not newer or _is_still_to_leave(newer[-1]):
        return False
    apart = f"belated{late.id}.{late.fence}"
    uow.outbox.add(
        name=f"mail:{late.booking_id}:{apart}",
        kind=Step.MAIL,
        booking_id=late.booking_id,
        now=uow.now,
        detail={**newer[-1].detail, "apart": apart},
    )
    return True


def _is_still_to_leave(entry: Entry) -> bool:
    """Nobody is at it: whatever became of it before, it leaves (again)."""
    return entry.done_at is None and entry.lease_until is None
