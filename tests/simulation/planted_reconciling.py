"""Planted bugs of what becomes of changes that employees make."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from booking.calendars import noticing, readings
from booking.placement import placing, releasing
from booking.reconciling import acting, reviewing, subject
from booking.reconciling.decisions import Action, Target
from booking.reconciling.sights import Sight
from booking.reconciling.witnessing import Witness
from tests.simulation.mutants import Swaps, mutant, rare


@rare
def no_brake(swap: Swaps) -> None:
    """A calendar that reads empty is believed."""
    swap.set(readings, "_alarm", lambda uow, place, changes, found: "")


@mutant
def deletion_not_noticed(swap: Swaps) -> None:
    swap.set(noticing, "_is_gone", lambda *_, **__: False)


@mutant
def move_not_noticed(swap: Swaps) -> None:
    swap.set(noticing, "_is_elsewhere", lambda *_: False)


@mutant
def meeting_over_it_not_noticed(swap: Swaps) -> None:
    swap.set(noticing, "_overlapping", lambda *_, **__: {})


@mutant
def no_grace(swap: Swaps) -> None:
    """Whoever deletes an event by mistake has no time to take it back."""
    real = reviewing._act

    def act(desk: Any, *other: Any) -> bool:
        hasty = replace(desk, settings=replace(desk.settings, deletion_grace=timedelta(0)))
        return real(hasty, *other)

    swap.set(reviewing, "_act", act)


@mutant
def no_second_read(swap: Swaps) -> None:
    """What was seen as deleted once is not looked at again."""
    real = reviewing.witness

    def look(desk: Any, seen: Any, **how: Any) -> Any:
        if seen.placement.seen == noticing.VANISHED:
            return Witness(None)
        return real(desk, seen, **how)

    swap.set(reviewing, "witness", look)


@rare
def review_of_the_past(swap: Swaps) -> None:
    """A look is acted on although the booking has changed since."""
    swap.set(subject.Subject, "same_as", lambda self, other: True)


@mutant
def followed_without_claim(swap: Swaps) -> None:
    """A booking follows its event to a time that somebody else owns."""
    real = reviewing._target

    def target(uow: Any, about: Any, seen: Any) -> tuple[Target, str]:
        found, claim_id = real(uow, about, seen)
        if found is Target.CLAIMED:
            return Target.FREE, next(iter(uow.claims.of_booking(about.booking.id)), "")
        return found, claim_id

    swap.set(reviewing, "_target", target)


@mutant
def conflict_without_mail(swap: Swaps) -> None:
    swap.set(acting, "tell_with_alternatives", lambda *_, **__: None)


@mutant
def deleted_without_mail(swap: Swaps) -> None:
    swap.set(releasing, "tell_with_alternatives", lambda *_, **__: None)


@mutant
def moved_without_mail(swap: Swaps) -> None:
    real = acting.owe_mail

    def owe(uow: Any, *, kind: Any, **other: Any) -> None:
        if kind.value != "office_moved":
            real(uow, kind=kind, **other)

    swap.set(acting, "owe_mail", owe)


@mutant
def gone_is_a_conflict_for_ever(swap: Swaps) -> None:
    """A deleted event's booking goes on standing."""
    swap.set(acting, "ACTIONS", {**acting.ACTIONS, Action.LET_GO: acting._rest})


@mutant
def moved_back_unseen(swap: Swaps) -> None:
    """Where an event stands is taken from what was noticed, not from the calendar now."""
    real = reviewing.sight_of

    def sight(period: Any, event: Any) -> Any:
        found = real(period, event)
        return Sight.AS_WRITTEN if found is Sight.MOVED else found

    swap.set(reviewing, "sight_of", sight)


@mutant
def moved_while_it_was_written(swap: Swaps) -> None:
    """An event that somebody moved before it was read back is taken for where it should be."""
    swap.set(placing, "owe_review", lambda uow, placement: None)
