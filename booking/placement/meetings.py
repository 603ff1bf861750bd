"""Online meetings of placed bookings: the link that counts, and what is owed for it."""

from __future__ import annotations

from booking.calendars.connecting import Reach
from booking.calendars.links import FIRST_LOOK, owe_look, usable_link
from booking.desk import Desk
from booking.placement.writing import Task, template_link
from booking.store import UnitOfWork, fingerprint
from booking.store.bookings import BookingRow
from booking.store.outbox import Step
from booking.store.placements import PlacementRow
from booking.tasks import TaskKind, settle
from connectors.contract import RemoteEvent
from mapping.model import Channel


def link_of(desk: Desk, task: Task, event: RemoteEvent, *, in_place: bool = False) -> str:
    """Where the citizen joins; empty where nobody knows yet, or nobody joins anything.

    The provider's own link is read from the event. One of our template is ours to know, whatever
    the calendar made of it. ``in_place``: the event was only changed, so its meeting goes on.
    """
    if task.booking.channel != Channel.TELECONFERENCE:
        return ""
    before = task.booking.personal.meeting_url if in_place else ""
    link = usable_link(event.meeting_url) or before
    if link or task.place.connector(desk).capabilities.meeting_links:
        return link
    return usable_link(template_link(desk, task))


def owe_meeting(
    uow: UnitOfWork, place: Reach, booking: BookingRow, placement: PlacementRow, *, link: str
) -> None:
    """What a teleconference still needs once its event stands: a link, or its options set."""
    if booking.channel != Channel.TELECONFERENCE:
        return
    if not link:
        owe_look(uow, placement, why="first", search=True, after=FIRST_LOOK)
        return
    settle(uow, name=missing_name(placement.key))
    owe_securing(uow, place, placement, link=link)


def owe_securing(uow: UnitOfWork, place: Reach, placement: PlacementRow, *, link: str) -> None:
    """Once for each meeting, where the connection asks for it and its provider can."""
    if place.connection.options.get("meeting_options") != "yes":
        return
    name = f"secure:{placement.key}:{fingerprint('meeting', link)[:16]}"
    if not uow.outbox.known(name):
        uow.outbox.add(
            name=name,
            kind=Step.SECURE,
            booking_id=placement.booking_id,
            placement_key=placement.key,
            now=uow.now,
        )


def missing_name(placement_key: str) -> str:
    """Name of the task that this placement's meeting has no link."""
    return f"{TaskKind.MEETING_LINK_MISSING.value}:{placement_key}"
