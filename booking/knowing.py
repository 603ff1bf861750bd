"""Whose a booking is: a mail address, a phone or its last digits, tried so often only; or whoever
signed in with TAXISnet codes and booked it.
"""

from __future__ import annotations

import hmac
import unicodedata
from datetime import timedelta

from booking.desk import Desk
from booking.managing import LINK_LIFE, phone_digits_match
from booking.model import BookingState, BookingView, Citizen, NotOffered, TooManyTries
from booking.references import readings
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.marks import every_mark

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
#: Three digits are soon guessed; this often for one booking.
_DIGITS = (5, _HOUR)
#: For one reference, whether it exists or not: an hour's slips, and a day's of whoever is patient.
_REFERENCE = ((5, _HOUR), (15, _DAY))
#: For one network; offices and libraries share one.
_NETWORK = (30, _HOUR)
_DIGITS_ASKED = 3
#: Of a phone, where it is typed instead of the mail address.
_LAST_DIGITS = 4
_LONGEST = 254
#: More appointments than this are nobody's own.
_MOST = 50


def digits_right(desk: Desk, *, booking: BookingView, typed: str) -> bool:
    """Whether these are the last three digits of the phone that was given when booking.

    Only what can be three digits counts as a try. Raises TooManyTries.
    """
    digits = "".join(typed.split())
    if len(digits) != _DIGITS_ASKED or not (digits.isascii() and digits.isdigit()):
        return False
    name = f"digits:{booking.id}"
    most, within = _DIGITS

    def count(uow: UnitOfWork) -> None:
        _take(uow, name, most, within)

    desk.store.transact(count)
    if not phone_digits_match(booking, digits):
        return False
    desk.store.transact(lambda uow: uow.attempts.give_back(name))
    return True


def find(desk: Desk, *, reference: str, known: str, network: str | None) -> BookingView:
    """The booking of a reference, for whoever knows its mail address, or its phone (the last four
    digits do), until ``LINK_LIFE`` after its time.

    ``network`` is where the request comes from, if that is known. Raises NotOffered, the same for
    a wrong contact and for a reference that there is none of; TooManyTries.
    """
    meant = readings(reference)
    if not meant or not known.strip():
        raise NotOffered("there is no such booking")
    names = [(f"find:{each}:{most}", most, within) for each in meant for most, within in _REFERENCE]
    if network is not None:
        keys = desk.store.keys
        of_network = f"find:{keys.derive(keys.current, 'network', network)}"
        names.append((of_network, *_NETWORK))

    def count(uow: UnitOfWork) -> None:
        for name, most, within in names:
            _take(uow, name, most, within)

    desk.store.transact(count)
    found = _known_by(desk, meant, known)

    def give_back(uow: UnitOfWork) -> None:
        for name, _, _ in names:
            uow.attempts.give_back(name)

    desk.store.transact(give_back)
    return found.view()


def made_by(booking: BookingView, *, afm: str) -> bool:
    """Whether whoever signed in with this tax number booked it, for themselves or another person.

    A number that was only typed into a form proves nothing.
    """
    return booking.applicant is not None and _same(booking.applicant.afm.strip(), afm.strip())


def of_applicant(desk: Desk, *, afm: str) -> tuple[BookingView, ...]:
    """What whoever signed in booked for themselves and is not over, in order of its time."""
    with desk.store.read() as uow:
        marks = every_mark(desk.store.keys, "person", f"afm:{afm.strip()}")
        rows = uow.bookings.of_person(marks, ends_after=uow.now, limit=_MOST)
    views = (each.view() for each in rows if each.state is not BookingState.CANCELLED)
    return tuple(each for each in views if made_by(each, afm=afm))


def _take(uow: UnitOfWork, name: str, most: int, within: timedelta) -> None:
    if not uow.attempts.take(name, most=most, within=within, now=uow.now):
        raise TooManyTries("this was tried too often: wait an hour")


def _known_by(desk: Desk, meant: tuple[str, ...], known: str) -> BookingRow:
    with desk.store.read() as uow:
        rows = [uow.bookings.by_reference(each) for each in meant]
        now = uow.now
    for row in rows:
        if row is None or row.erased_at is not None or row.ends_at + LINK_LIFE <= now:
            continue
        if _belongs(row.personal.citizen, known[:_LONGEST]):
            return row
    raise NotOffered("there is no such booking")


def _belongs(citizen: Citizen, known: str) -> bool:
    if "@" in known:
        return bool(citizen.email) and _same(_folded(known), _folded(citizen.email))
    digits = "".join(each for each in known if each.isascii() and each.isdigit())
    # "00" before the country, or "0" before an area, is not part of the number as we keep it.
    return any(
        len(each) >= _LAST_DIGITS and _same(each, citizen.phone[1:][-len(each) :])
        for each in (digits, digits.lstrip("0"))
    )


def _folded(address: str) -> str:
    return unicodedata.normalize("NFC", address).strip().casefold()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
