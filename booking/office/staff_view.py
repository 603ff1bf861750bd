"""What staff see: the bookings of their municipality, with what the citizen wrote."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.desk import Desk
from booking.managing import by_reference
from booking.model import BookingState, BookingView, NotOffered
from booking.office.accounts import Account

_SHOWN = (
    BookingState.PENDING,
    BookingState.CONFIRMED,
    BookingState.CONFLICT,
    BookingState.COMPLETED,
    BookingState.NO_SHOW,
)


def booking_for_staff(desk: Desk, *, reference: str, account: Account) -> BookingView:
    """Raises NotOffered where there is none, or where it is another municipality's."""
    view = by_reference(desk, reference=reference)
    if account.role != "admin" and view.municipality != account.municipality:
        raise NotOffered("there is no such booking")
    return view


def day(desk: Desk, *, account: Account, date: date) -> tuple[BookingView, ...]:
    """Bookings of one local day, in order of time; administrators see every municipality's."""
    zone = ZoneInfo("Europe/Athens")
    if account.municipality is not None:
        zone = ZoneInfo(catalogue.municipality(desk, account.municipality).time_zone)
    first = datetime.combine(date, time(), tzinfo=zone)
    end = datetime.combine(date + timedelta(days=1), time(), tzinfo=zone)
    only = None if account.role == "admin" else account.municipality or ""
    with desk.store.read() as uow:
        rows = uow.bookings.between(first=first, end=end, municipality=only, states=_SHOWN)
    return tuple(row.view() for row in rows)
