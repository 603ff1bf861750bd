"""How long it is kept what citizens tell: everything until a day, some answers not even so long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mapping.model import Privacy, QuestionKind, Service


@dataclass(frozen=True, slots=True)
class Stage:
    """From ``after`` the end of an appointment on, the answers to these questions are erased.

    ``tax_number``: one of them is the tax number, so that of a sign-in goes with it.
    """

    after: timedelta
    keys: tuple[str, ...]
    tax_number: bool


def stages(service: Service, privacy: Privacy) -> tuple[Stage, ...]:
    """What goes before the rest, in order of time; empty where everything goes together."""
    sooner = {
        each.key: each.erase_after_days
        for each in service.questions
        if each.erase_after_days is not None and each.erase_after_days < privacy.erase_after_days
    }
    found = []
    for days in sorted(set(sooner.values())):
        gone = [each for each in service.questions if sooner.get(each.key, days + 1) <= days]
        found.append(
            Stage(
                after=timedelta(days=days),
                keys=tuple(each.key for each in gone),
                tax_number=any(each.kind is QuestionKind.AFM for each in gone),
            )
        )
    return tuple(found)


def everything(privacy: Privacy) -> timedelta:
    """So long after the end of an appointment nothing personal is left of it."""
    return timedelta(days=privacy.erase_after_days)
