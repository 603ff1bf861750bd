"""What the package ``booking`` refuses, as problems of this API."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from booking.model import (
    BookingError,
    ConsentStale,
    EmailUnproved,
    FieldErrors,
    HoldLapsed,
    KeyReused,
    NotOffered,
    SignInRequired,
    SlotTaken,
    TooMany,
    TooManyBookings,
    TooManyHolds,
    WrongState,
)
from booking_web.api import values
from booking_web.api.problems import FieldProblem, Problem, invalid
from booking_web.current import now
from mapping.answers import FieldError

_CONTACT = frozenset({"name", "email", "phone"})


@contextmanager
def told(*, zone: ZoneInfo, declarations: Collection[str] = ()) -> Iterator[None]:
    """Alternatives are answered in ``zone``; ``declarations`` are keys of that part of the body."""
    try:
        yield
    except SlotTaken as error:
        nearest = values.alternatives(error.alternatives, zone)
        raise Problem("slot-taken", more=nearest) from None
    except FieldErrors as error:
        raise invalid(
            [
                _field_problem(_path(field, declarations), each)
                for field, each in error.errors.items()
            ]
        ) from None


def problem_of(error: BookingError) -> Problem:
    """The problem of a refusal that no view has told in its own way."""
    match error:
        case NotOffered():
            return Problem("not-found")
        case HoldLapsed():
            return Problem("hold-lapsed-at-booking", more={"alternatives": []})
        case KeyReused():
            return Problem("key-reused")
        case ConsentStale():
            return Problem("consent-stale")
        case SignInRequired():
            return Problem("sign-in-required")
        case EmailUnproved():
            return Problem("email-unproved")
        case WrongState():
            return Problem("wrong-state")
        case TooManyHolds():
            return Problem("too-many-holds", headers={"Retry-After": "60"})
        case TooManyBookings():
            return _too_many(error)
    return Problem("internal")


def _too_many(error: TooManyBookings) -> Problem:
    if error.kind is not TooMany.OF_NETWORK or error.again_at is None:
        more = {"limit": error.most, "of": error.kind.value}
        return Problem("too-many-appointments", more=more)
    seconds = max(1, int((error.again_at - now()).total_seconds()))
    return Problem("too-many-of-network", headers={"Retry-After": str(seconds)})


def _path(field: str, declarations: Collection[str]) -> str:
    if field in _CONTACT:
        return f"citizen.{field}"
    if field in {"starts_at", "language", "consent_version"}:
        return field
    return f"declarations.{field}" if field in declarations else f"answers.{field}"


def _field_problem(field: str, error: object) -> FieldProblem:
    assert isinstance(error, FieldError)
    message = error.message
    return FieldProblem(field, error.code, message.el, message.in_language("en"))
