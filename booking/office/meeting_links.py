"""A meeting link that somebody of the office gives, where the provider made none."""

from __future__ import annotations

from dataclasses import replace

from booking.calendars.links import usable_link
from booking.desk import Desk
from booking.messages import MessageKind
from booking.model import BookingError, BookingState, WrongState
from booking.office.accounts import Account
from booking.office.staff_view import booking_for_staff
from booking.placement.meetings import missing_name
from booking.placement.owing import owe_mail
from booking.store import UnitOfWork
from booking.tasks import settle
from mapping.model import Channel

_LONGEST = 2000


class LinkRefused(BookingError):
    """No address that a citizen may be sent to."""


def give_link(desk: Desk, *, reference: str, url: str, account: Account) -> None:
    """From now on citizens join there; who had no link gets a mail. Raises NotOffered, WrongState
    (no teleconference that stands) and LinkRefused."""
    view = booking_for_staff(desk, reference=reference, account=account)
    link = usable_link(url.strip())
    if not link or len(link) > _LONGEST or not _is_reached(link, desk.settings.public_url):
        raise LinkRefused("a meeting link starts with https://")

    def work(uow: UnitOfWork) -> None:
        row = uow.bookings.get(view.id, lock=True)
        if (
            row is None
            or row.state is not BookingState.CONFIRMED
            or row.channel != Channel.TELECONFERENCE
        ):
            raise WrongState("there is no teleconference that stands")
        for placement in uow.placements.of_booking(row.id):
            settle(uow, name=missing_name(placement.key))
        before = row.personal.meeting_url
        if before == link:
            return
        uow.bookings.change(row, now=uow.now, personal=replace(row.personal, meeting_url=link))
        if not before:
            owe_mail(
                uow, booking_id=row.id, kind=MessageKind.MEETING_READY, version=row.version + 1
            )

    desk.store.transact(work)
    desk.wake("drain")


def _is_reached(link: str, public_url: str) -> bool:
    """Plain http leads to the citizen's own machine, unless the whole product runs on it."""
    return link.lower().startswith("https:") or public_url.startswith("http://")
