"""Making a booking again from its event, after the database was restored from an older backup."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from booking import catalogue
from booking.busy import cells_over
from booking.calendars.links import usable_link
from booking.desk import Desk
from booking.model import BookingState, Citizen, NotOffered, Reason
from booking.offering.slots import Shape
from booking.placement.events import CHANNEL, CHANNELS, NAME, About
from booking.placement.owing import owe_audits, owe_removal
from booking.references import normalised
from booking.store import UnitOfWork
from booking.store.bookings import BookingRow, Personal
from booking.store.claims import Cells, Holder
from booking.store.mailboxes import MailboxRow
from booking.store.placements import PlacementState
from booking.tasks import TaskKind, owe_task
from booking.tokens import token_of
from connectors.contract import Period, RemoteEvent
from mapping.model import Channel, Municipality, Service

_KEY = re.compile(r"(?P<booking>[0-9a-f]{24})-(?P<n>[1-9][0-9]{0,3})")


class CannotRemake(Exception):
    """Why an event cannot become a booking again; nothing personal."""


@dataclass(frozen=True, slots=True)
class Found:
    """An event of ours in a mailbox, read now."""

    mailbox: MailboxRow
    key: str
    event: RemoteEvent


def booking_of(key: str) -> tuple[str, int]:
    """(booking id, number of the attempt). Raises CannotRemake for a key that is no booking's."""
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise CannotRemake("its key is not that of a booking")
    return parts["booking"], int(parts["n"])


def remake(desk: Desk, uow: UnitOfWork, found: Found) -> bool:
    """Bring the booking of an event whose placement is not known into line with it; whether it
    had to be made anew. Raises CannotRemake, and nothing was changed."""
    booking_id, _ = booking_of(found.key)
    _, service, about = _meaning(desk, uow, found)
    period = _time_of(found.event)
    row = uow.bookings.get(booking_id, lock=True)
    _claim(uow, booking_id, found.mailbox.id, service, period)
    if row is None:
        _write_down(desk, uow, found, booking_id, about, period)
        _place(uow, found, booking_id, period)
        _call(uow, found, booking_id, period)
        return True
    _leave_others(uow, booking_id)
    _place(uow, found, booking_id, period)
    _follow(uow, row, found, period, channel=about.channel)
    return False


def follow(desk: Desk, uow: UnitOfWork, found: Found) -> None:
    """The booking was moved by its citizen after the backup: it stands where its event does.

    Raises CannotRemake, and nothing was changed.
    """
    booking_id, _ = booking_of(found.key)
    _, service, about = _meaning(desk, uow, found)
    period = _time_of(found.event)
    row = uow.bookings.get(booking_id, lock=True)
    if row is None:
        raise CannotRemake("its booking has gone meanwhile: run this again")
    _claim(uow, booking_id, found.mailbox.id, service, period)
    uow.placements.change(
        found.key,
        starts_at=period.start,
        ends_at=period.end,
        event_id=found.event.ref.id,
        etag=found.event.ref.etag,
        seen="",
        seen_at=None,
    )
    _follow(uow, row, found, period, channel=about.channel)


def _meaning(desk: Desk, uow: UnitOfWork, found: Found) -> tuple[Municipality, Service, About]:
    """What the event is about: as it says, else by its title (written before it said so)."""
    try:
        municipality = catalogue.entry_of(desk, uow, found.mailbox.municipality).municipality
    except NotOffered:
        raise CannotRemake("its municipality has no mapping: import one first") from None
    about = About.parse(found.event.about) or _by_title(municipality, found.event)
    slug, _, key = about.service_id.partition(".")
    service = municipality.service(key) if slug == municipality.slug else None
    if service is None:
        raise CannotRemake(
            f"the mapping has no service {about.service_id!r}: import a file that has it first"
        )
    return municipality, service, about


def _by_title(municipality: Municipality, event: RemoteEvent) -> About:
    if event.period is None:
        raise CannotRemake("the event takes no time")
    title = event.subject.rpartition(" #")[0]
    named = [each for each in municipality.services if each.title.el == title]
    if len(named) != 1:
        raise CannotRemake("it does not say which service it is for, nor does its title")
    service_id = f"{municipality.slug}.{named[0].key}"
    said = _line(event.body, CHANNEL)
    channel = next((each for each, words in CHANNELS.items() if words == said), None)
    return About(service_id, channel or named[0].channels[0].channel, event.period.start)


def _time_of(event: RemoteEvent) -> Period:
    if event.cancelled:
        raise CannotRemake("the event is cancelled")
    if event.period is None or event.all_day or event.recurring:
        raise CannotRemake("the event is a whole day, a series or without a time: mend it there")
    return event.period


def _claim(
    uow: UnitOfWork, booking_id: str, mailbox_id: str, service: Service, period: Period
) -> None:
    """Own the time with its buffers; staff may have put events closer, then without them."""
    if period.end <= uow.now:
        return
    first, end = cells_over(period)
    shape = Shape.of(service)
    for before, after in ((shape.before, shape.after), (0, 0)):
        claim_id = secrets.token_urlsafe(18)
        if uow.claims.take(
            claim_id=claim_id,
            cells=Cells(mailbox_id, first - before, end + after),
            holder=Holder(booking_id=booking_id),
            now=uow.now,
            owned_by=booking_id,
        ):
            uow.claims.release_booking(booking_id, keep=claim_id)
            return
    raise CannotRemake("another booking, or somebody's choice, has this time: call both")


def _write_down(
    desk: Desk,
    uow: UnitOfWork,
    found: Found,
    booking_id: str,
    about: About,
    period: Period,
) -> None:
    reference = normalised(found.event.reference or found.event.subject.rpartition("#")[2])
    if reference is None:
        raise CannotRemake("it carries no booking reference")
    if uow.bookings.reference_known(reference):
        raise CannotRemake(f"another booking has its reference {reference}")
    token = token_of(
        desk.store.keys, booking_id=booking_id, key_id=desk.store.keys.current, generation=1
    )
    uow.bookings.add(
        booking_id=booking_id,
        personal=Personal(
            citizen=Citizen(name=_line(found.event.body, NAME), email="", phone=""),
            answers={},
            declarations={},
            meeting_url=_link(found, about.channel),
        ),
        reference=reference,
        state=BookingState.CONFIRMED.value,
        version=1,
        sequence=0,
        municipality=found.mailbox.municipality,
        service_id=about.service_id,
        channel=about.channel.value,
        starts_at=period.start,
        ends_at=period.end,
        mailbox_id=found.mailbox.id,
        language="el",
        consent_version="",
        token_hash=token.hash,
        token_key=token.key_id,
        token_generation=token.generation,
        created_at=uow.now,
        changed_at=uow.now,
    )


def _place(uow: UnitOfWork, found: Found, booking_id: str, period: Period) -> None:
    uow.audits.put_placement(
        key=found.key,
        booking_id=booking_id,
        n=booking_of(found.key)[1],
        mailbox_id=found.mailbox.id,
        starts_at=period.start,
        ends_at=period.end,
        reason="found in the calendar",
        event_id=found.event.ref.id,
        etag=found.event.ref.etag,
        created_at=uow.now,
    )


def _leave_others(uow: UnitOfWork, booking_id: str) -> None:
    """The event that is there was the booking's last one: those before it go."""
    for each in uow.placements.of_booking(booking_id):
        if each.state == PlacementState.PLACED:
            owe_removal(uow, each, again="rebuilt")
        elif each.state == PlacementState.PLANNED:
            uow.placements.change(each.key, state=PlacementState.REFUSED.value)
            owe_audits(uow, each)


def _follow(
    uow: UnitOfWork, row: BookingRow, found: Found, period: Period, *, channel: Channel
) -> None:
    uow.bookings.change(
        row,
        now=uow.now,
        personal=replace(row.personal, meeting_url=_link(found, channel)),
        state=BookingState.CONFIRMED.value,
        reason=Reason.NONE.value,
        channel=channel.value,
        starts_at=period.start,
        ends_at=period.end,
        mailbox_id=found.mailbox.id,
        sequence=row.sequence + 1,
        undo_until=None,
        pending_starts_at=None,
        pending_ends_at=None,
        pending_mailbox_id=None,
        pending_channel=None,
    )


def _call(uow: UnitOfWork, found: Found, booking_id: str, period: Period) -> None:
    if period.end > uow.now:
        owe_task(
            uow,
            kind=TaskKind.CONTACT_LOST,
            municipality=found.mailbox.municipality,
            booking_id=booking_id,
            mailbox_id=found.mailbox.id,
            name=f"{TaskKind.CONTACT_LOST.value}:{booking_id}",
        )


def _link(found: Found, channel: Channel) -> str:
    return usable_link(found.event.meeting_url) if channel is Channel.TELECONFERENCE else ""


def _line(body: str, first_words: str) -> str:
    """The rest of the line of our text that begins so."""
    for line in body.splitlines():
        if line.startswith(first_words):
            return line.removeprefix(first_words).strip()
    return ""


#: Appointments that lie back further are history, which no calendar needs to tell.
BACK = timedelta(days=31)
