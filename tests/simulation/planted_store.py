"""Planted bugs of what is owned: claims, holds, leases, idempotency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from booking import cancelling, holds, housekeeping, rescheduling, submitting
from booking.offering import picture
from booking.placement import passing, placing
from booking.store.bookings import Bookings
from booking.store.claims import Claims
from booking.store.outbox import Outbox
from booking.store.tables import claim, hold, outbox
from tests.simulation.mutants import Swaps, mutant


@mutant
def no_lock_on_claim(swap: Swaps) -> None:
    """Whoever found the time free writes down that it is theirs."""

    def take(self: Claims, *, claim_id: str, cells: Any, holder: Any, now: Any, **_: Any) -> bool:
        self._connection.execute(
            insert(claim).values(
                id=claim_id,
                mailbox_id=cells.mailbox_id,
                first_cell=cells.first,
                end_cell=cells.end,
                hold_id=holder.hold_id,
                booking_id=holder.booking_id,
                for_booking=holder.for_booking,
                expires_at=holder.expires_at,
            )
        )
        return True

    swap.set(Claims, "take", take)


@mutant
def claims_without_buffers(swap: Swaps) -> None:
    real = Claims.take

    def take(self: Claims, *, cells: Any, **other: Any) -> bool:
        narrow = type(cells)(cells.mailbox_id, cells.first + 2, cells.end - 2)
        return real(self, cells=narrow, **other)

    swap.set(Claims, "take", take)


@mutant
def living_holds_are_taken_over(swap: Swaps) -> None:
    """What somebody keeps while they type is offered, and given to whoever is faster."""
    real, shown = Claims._clear, Claims.living
    late = timedelta(hours=2)

    def clear(self: Claims, cells: Any, *, now: Any, owned_by: str) -> Any:
        return real(self, cells, now=now + late, owned_by=owned_by)

    def living(self: Claims, mailbox_ids: Any, *, now: Any, **other: Any) -> Any:
        return shown(self, mailbox_ids, now=now + late, **other)

    swap.set(Claims, "_clear", clear)
    swap.set(Claims, "living", living)


@mutant
def holds_never_end(swap: Swaps) -> None:
    swap.set(housekeeping, "_expired_holds", lambda uow: 0)


@mutant
def old_cells_freed_first(swap: Swaps) -> None:
    """A reschedule gives the old time back before the calendar has answered."""
    real = rescheduling._plan

    def plan(desk: Any, uow: Any, offered: Any, row: Any, *other: Any, **more: Any) -> Any:
        entry = real(desk, uow, offered, row, *other, **more)
        uow.claims.release_booking(row.id, keep=str(entry.detail["claim"]))
        return entry

    swap.set(rescheduling, "_plan", plan)


@mutant
def handed_over_without_claim(swap: Swaps) -> None:
    """The next mailbox of the pool is written to, whoever owns the time there."""
    real = placing._next_placement

    def following(desk: Any, uow: Any, row: Any) -> Any:
        take = Claims.take
        Claims.take = lambda self, **_: True  # type: ignore[method-assign]
        keep = Claims.release_booking
        Claims.release_booking = lambda self, booking_id, *, keep=None: None  # type: ignore[method-assign]
        try:
            return real(desk, uow, row)
        finally:
            Claims.take = take  # type: ignore[method-assign]
            Claims.release_booking = keep  # type: ignore[method-assign]

    swap.set(placing, "_next_placement", following)


@mutant
def undo_without_claim(swap: Swaps) -> None:
    """A cancelled booking's time is free at once, and taking it back does not claim it."""
    real = cancelling._owe_removals

    def owe(desk: Any, uow: Any, row: Any) -> Any:
        uow.claims.release_booking(row.id)
        return real(desk, uow, row)

    swap.set(cancelling, "_owe_removals", owe)
    swap.set(cancelling, "_ensure_claim", lambda desk, uow, row: None)


@mutant
def cells_of_the_cancelled_are_kept(swap: Swaps) -> None:
    real = housekeeping._finished_undos

    def finished(desk: Any, uow: Any) -> int:
        uow.claims.release_booking = lambda booking_id, *, keep=None: None
        return real(desk, uow)

    swap.set(housekeeping, "_finished_undos", finished)


@mutant
def the_same_form_twice(swap: Swaps) -> None:
    """A form that is sent again books again."""
    swap.set(submitting, "_known", lambda uow, key_hash, body_hash: None)
    swap.set(Bookings, "remember", lambda self, **_: None)


@mutant
def lease_without_fence(swap: Swaps) -> None:
    """Whoever lost the lease records what it found all the same."""

    def change(self: Outbox, entry: Any, **values: Any) -> bool:
        self._connection.execute(update(outbox).where(outbox.c.id == entry.id).values(**values))
        return True

    def still(self: Outbox, entry: Any) -> bool:
        query = select(outbox.c.id).where(outbox.c.id == entry.id)
        return self._connection.execute(query).scalar() is not None

    swap.set(Outbox, "_change", change)
    swap.set(Outbox, "holds", still)


@mutant
def stale_replica_offered(swap: Swaps) -> None:
    real = picture.usable

    def usable(row: Any, *, now: Any, settings: Any) -> bool:
        return row.masks is not None and row.active and not row.braked

    swap.everywhere(real, usable)


@mutant
def offered_and_not_kept(swap: Swaps) -> None:
    """Who waits is told of an earlier time, which everybody else can have as well."""
    real = passing.keep_time

    def keep(desk: Any, uow: Any, row: Any, offered: Any, **when: Any) -> str | None:
        hold_id = real(desk, uow, row, offered, **when)
        if hold_id is not None:
            uow.claims.release_hold(hold_id)
        return hold_id

    swap.set(passing, "keep_time", keep)


@mutant
def offers_take_what_is_held(swap: Swaps) -> None:
    """What ends a time's withholding ends the hold of somebody who fills in a form."""
    real = Claims.end_withholding

    def end(self: Claims, cells: Any) -> None:
        for (hold_id,) in self._connection.execute(select(hold.c.id)).all():
            self.release_hold(hold_id)
        real(self, cells)

    swap.set(Claims, "end_withholding", end)


@mutant
def hoarded_by_the_released(swap: Swaps) -> None:
    """A hold that was given back keeps its cells."""
    swap.set(Claims, "release_hold", lambda self, hold_id: None)
    swap.everywhere(holds.drop, lambda uow, hold_id: uow.holds.remove(hold_id))
