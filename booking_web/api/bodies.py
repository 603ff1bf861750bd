"""Reading what clients send: JSON bodies, dates and headers, one error for each field."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NoReturn

from flask import Request

from booking_web.api.problems import FieldProblem, Problem

BODY_LIMIT = 64 * 1024
_YEARS = range(2000, 2101)
_MOST_KEYS = 100
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]{1,500})")
_LINE_ENDS = frozenset("\n\r\t")

_MESSAGES = {
    "missing": ("Συμπληρώστε αυτό το πεδίο.", "This field is missing."),
    "unknown": ("Αυτό το πεδίο δεν υπάρχει.", "There is no such field; leave it out."),
    "not_text": ("Χρειάζεται κείμενο.", "This must be a text."),
    "not_object": ("Χρειάζεται αντικείμενο JSON.", "This must be a JSON object."),
    "too_long": ("Το κείμενο είναι πολύ μεγάλο.", "This text is too long."),
    "control_characters": (
        "Το κείμενο περιέχει χαρακτήρες που δεν επιτρέπονται.",
        "This text contains control characters; remove them.",
    ),
    "not_an_instant": (
        "Χρειάζεται ημερομηνία και ώρα με ζώνη, π.χ. 2026-12-10T12:30:00+02:00.",
        "This must be an RFC 3339 time with offset, for example 2026-12-10T12:30:00+02:00.",
    ),
    "not_a_date": (
        "Χρειάζεται ημερομηνία, π.χ. 2026-12-10.",
        "This must be a date, for example 2026-12-10.",
    ),
    "not_a_choice": ("Διαλέξτε μία από τις τιμές.", "This must be one of the documented values."),
    "range_too_long": ("Ζητήστε έως 62 ημέρες.", "Ask for 62 days at most."),
    "range_reversed": (
        "Η λήξη είναι πριν από την αρχή.",
        "This date is before 'from'; exchange the two.",
    ),
    "either_or": (
        "Στείλτε hold_id, ή service_id με channel και starts_at.",
        "Send either hold_id, or service_id with channel and starts_at, not both.",
    ),
    "fixed": (
        "Το ονοματεπώνυμο και ο ΑΦΜ δεν αλλάζουν. Ένα λάθος το διορθώνει η υπηρεσία.",
        "Name and tax number stay as they were booked; the office mends a slip of the pen.",
    ),
    "not_offered": (
        "Η υπηρεσία δεν παρέχεται με αυτόν τον τρόπο.",
        "This service is not offered by this channel; the catalogue lists its channels.",
    ),
    "nothing": ("Δεν ζητήθηκε αλλαγή.", "Name at least one thing to change."),
}


def fault(field: str, code: str) -> FieldProblem:
    el, en = _MESSAGES[code]
    return FieldProblem(field, code, el, en)


class Fields:
    """One JSON object, read name by name; everything that is not asked for is an error.

    The readers return an empty value for what is wrong or missing and note why in ``errors``,
    which all nested objects share; the view raises once, when it has read everything.
    """

    def __init__(
        self, values: Mapping[str, object], errors: list[FieldProblem], prefix: str = ""
    ) -> None:
        self._values = values
        self._prefix = prefix
        self._asked: set[str] = set()
        self.errors = errors

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def _take(self, name: str, *, required: bool) -> object:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None and required:
            self.note(name, "missing")
        return value

    def note(self, name: str, code: str) -> None:
        self.errors.append(fault(self._prefix + name, code))

    def text(
        self, name: str, *, limit: int, required: bool = True, lines: bool = False
    ) -> str | None:
        """A text of at most ``limit`` characters in NFC; ``lines`` permits line ends and tabs."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.note(name, "not_text")
            return None
        if len(value) > limit:
            self.note(name, "too_long")
            return None
        if any(_is_control(each) and not (lines and each in _LINE_ENDS) for each in value):
            self.note(name, "control_characters")
            return None
        return unicodedata.normalize("NFC", value)

    def instant(self, name: str, *, required: bool = True) -> datetime | None:
        """An RFC 3339 time with offset, in UTC."""
        text = self.text(name, limit=40, required=required)
        if text is None:
            return None
        if _INSTANT.fullmatch(text):
            try:
                instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
            except (ValueError, OverflowError):
                instant = None
            if instant is not None and instant.year in _YEARS:
                return instant
        self.note(name, "not_an_instant")
        return None

    def date(self, name: str) -> date | None:
        text = self.text(name, limit=10)
        if text is None:
            return None
        if _DATE.fullmatch(text):
            try:
                day = date.fromisoformat(text)
            except ValueError:
                day = None
            if day is not None and day.year in _YEARS:
                return day
        self.note(name, "not_a_date")
        return None

    def choice(self, name: str, values: tuple[str, ...], *, required: bool = True) -> str | None:
        text = self.text(name, limit=40, required=required)
        if text is not None and text not in values:
            self.note(name, "not_a_choice")
            return None
        return text

    def inner(self, name: str, *, required: bool = True) -> Fields | None:
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.note(name, "not_object")
            return None
        return Fields(value, self.errors, f"{self._prefix}{name}.")

    def texts(self, name: str, *, limit: int) -> dict[str, str]:
        """An object of texts under names of the client's choice (answers, declarations)."""
        inner = self.inner(name, required=False)
        if inner is None:
            return {}
        if len(inner._values) > _MOST_KEYS:
            self.note(name, "too_long")
            return {}
        read: dict[str, str] = {}
        for key in inner._values:
            if len(key) > 100 or any(map(_is_control, key)):
                self.note(name, "unknown")
                continue
            value = inner.text(key, limit=limit, required=False, lines=True)
            if value is not None:
                read[key] = value
        return read

    def finish(self) -> None:
        """Note names that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                shown = "" if len(name) > 100 or any(map(_is_control, name)) else name
                self.note(shown, "unknown")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def json_object(request: Request) -> dict[str, object]:
    """The body as a JSON object. Raises Problem: 400, 413, 415."""
    if request.mimetype != "application/json":
        raise Problem("unsupported-media-type")
    raw = request.get_data(cache=False)
    if len(raw) > BODY_LIMIT:
        raise Problem("too-large")
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_no_repetition, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Problem("malformed-json") from None
    if not isinstance(value, dict):
        raise Problem("malformed-json")
    return value


def _no_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is repeated")
    return values


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def idempotency_key(request: Request) -> str:
    """Raises Problem (400)."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise Problem("idempotency-key-missing")
    return key


def bearer(request: Request) -> str:
    """The manage token. Raises Problem (401)."""
    match = _BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if match is None:
        raise Problem("token-missing", headers={"WWW-Authenticate": 'Bearer realm="booking"'})
    return match.group(1)
