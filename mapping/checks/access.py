"""Limits, reminders and days of keeping that can be meant."""

from __future__ import annotations

from collections.abc import Iterator

from mapping.model import FairAccess, Municipality, Privacy, Service
from mapping.problem import Path, Problem

MAX_LIMIT = 10_000
MAX_RETURN = 24 * 60
MAX_DAYS = 10 * 366
#: A reminder must find the appointment still ahead, and not a year.
MIN_REMINDER, MAX_REMINDER = 30, 60 * 24 * 60
MAX_REMINDERS = 4


def check(municipality: Municipality) -> Iterator[Problem]:
    yield from _fair_access(("fair_access",), municipality.fair_access)
    yield from _privacy(("privacy",), municipality.privacy)
    for index, service in enumerate(municipality.services):
        yield from _service(("services", index), service)


def _fair_access(path: Path, limits: FairAccess) -> Iterator[Problem]:
    for field, most in (
        ("per_person", MAX_LIMIT),
        ("per_service", MAX_LIMIT),
        ("per_network", MAX_LIMIT),
        ("return_after_minutes", MAX_RETURN),
    ):
        value = getattr(limits, field)
        if not 0 <= value <= most:
            yield Problem((*path, field), f"{value} is out of range; write 0 (none) to {most}")


def _privacy(path: Path, privacy: Privacy) -> Iterator[Problem]:
    yield from _days((*path, "erase_after_days"), privacy.erase_after_days)


def _service(path: Path, service: Service) -> Iterator[Problem]:
    reminders = service.reminder_minutes
    place = (*path, "reminder_minutes")
    if len(reminders) > MAX_REMINDERS:
        yield Problem(place, f"more than {MAX_REMINDERS} reminders annoy; remove some")
    if list(reminders) != sorted(set(reminders), reverse=True):
        yield Problem(place, "write the minutes once each, the longest first, e.g. [2880, 180]")
    for index, minutes in enumerate(reminders):
        if not MIN_REMINDER <= minutes <= MAX_REMINDER:
            message = f"{minutes} minutes is out of range; write {MIN_REMINDER} to {MAX_REMINDER}"
            yield Problem((*place, index), message)
    for index, question in enumerate(service.questions):
        if question.erase_after_days is not None:
            yield from _days(
                (*path, "questions", index, "erase_after_days"), question.erase_after_days
            )


def _days(path: Path, days: int) -> Iterator[Problem]:
    if not 1 <= days <= MAX_DAYS:
        yield Problem(path, f"{days} days is out of range; write 1 to {MAX_DAYS}")
