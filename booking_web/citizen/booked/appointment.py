"""One appointment as pages show it, written out in the page's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from booking import joining
from booking.messages import reminder_ahead
from booking.model import BookingState, BookingView, NotOffered, Reason
from booking.words import dates
from booking_web.calling import we_call
from booking_web.citizen import rights
from booking_web.citizen.chosen import Chosen, channel_label, chosen_of, municipality_of
from booking_web.citizen.hours import zones
from booking_web.citizen.hours.slot import bookable_title
from booking_web.current import gettext, language, now
from connectors.contract import Period
from mapping import flow
from mapping.model import Channel, LocalText

#: States in which the citizen still has this appointment.
STANDING = frozenset({BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT})
#: States in which it stands in the office's calendar, so that the citizen may note it down too.
KEPT = frozenset({BookingState.CONFIRMED, BookingState.CONFLICT})


@dataclass(frozen=True, slots=True)
class Appointment:
    """Facts of a booking for templates; ``documents``, ``instructions``, ``tips`` may be empty."""

    reference: str
    state: BookingState
    reason: Reason
    title: str
    day: str
    hours: str
    start: str
    duration: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    channel: str
    place: str
    called: str  #: how a telephone appointment begins; else empty
    municipality: str
    zone_note: str
    own_time: str
    moving_to: str
    undo_until: str
    past: bool
    standing: bool
    can_reschedule: bool
    can_change_details: bool
    can_change_channel: bool
    can_cancel: bool
    can_undo: bool
    can_join: bool
    can_keep: bool
    can_repeat: bool
    reminded: bool  #: a mail will remind of it
    documents: tuple[str, ...]
    instructions: tuple[str, ...]
    tips: tuple[str, ...]
    new_booking_slug: str
    asks_digits: bool  #: a change needs the digits of the phone (``rights.digits_wrong``)


def written(period: Period, zone: ZoneInfo) -> str:
    """«Τετάρτη 8 Ιουνίου 2022, 10:00 π.μ.»."""
    return dates.day_and_clock(period.start, zone=zone, language=language())


def appointment(view: BookingView) -> Appointment:
    """What pages show of ``view``. A service that is no longer offered loses its instructions."""
    within = municipality_of(view)
    zone = ZoneInfo(within.time_zone)
    chosen = _chosen(view)
    moment = now()
    can_reschedule = chosen is not None and _can_reschedule(view, moment)
    standing = view.state in STANDING
    past = view.period.end <= moment
    undo = view.state is BookingState.CANCELLING and _ahead(view.undo_until, moment)
    label = dates.zone_label(view.period.start, zone=zone, language=language())
    minutes = int(view.period.duration.total_seconds() // 60)
    return Appointment(
        reference=view.reference,
        state=view.state,
        reason=view.reason,
        title=bookable_title(chosen) if chosen else view.service_id,
        day=dates.day(dates.local(view.period.start, zone=zone).date(), language=language()),
        hours=dates.clock_range(view.period, zone=zone, language=language()),
        start=dates.clock(view.period.start, zone=zone, language=language()),
        duration=dates.duration(minutes, language=language()),
        name=view.citizen.name,
        email=view.citizen.email,
        channel=channel_label(view.channel),
        place=chosen.channel.place.in_language(language()) if chosen else "",
        called=we_call(chosen.channel) if chosen else "",
        municipality=within.name.in_language(language()),
        zone_note=gettext("Όλες οι ώρες είναι σε %(zone)s.") % {"zone": label},
        own_time=zones.beside(view.period.start, home=zone, visitor=zones.visitors_zone()),
        moving_to=_moving_to(view, zone),
        undo_until=_clock(view.undo_until, zone) if undo else "",
        past=past,
        standing=standing,
        can_reschedule=can_reschedule,
        can_change_details=can_reschedule and view.state in KEPT,
        can_change_channel=can_reschedule
        and chosen is not None
        and len(flow.channels(chosen.service)) > 1,
        can_cancel=standing and view.period.start > moment,
        can_undo=undo and not past,
        # Not while it is being confirmed: a file once taken is not taken back.
        can_keep=view.state in KEPT and not past,
        can_join=view.channel is Channel.TELECONFERENCE
        and view.state is BookingState.CONFIRMED
        and moment < view.period.end + joining.CLOSES,
        can_repeat=chosen is not None
        and chosen.channel in flow.channels(chosen.service)
        and (past or not standing),
        reminded=chosen is not None
        and bool(view.citizen.email)
        and reminder_ahead(chosen.service, start=view.period.start, now=moment),
        documents=_texts(chosen.service.documents) if chosen else (),
        instructions=_instructions(chosen) if chosen else (),
        tips=_texts(chosen.channel.tips) if chosen else (),
        new_booking_slug=within.slug,
        asks_digits=rights.asks_digits(view.reference),
    )


def _moving_to(view: BookingView, zone: ZoneInfo) -> str:
    if view.pending_period is None:
        return ""
    when = written(view.pending_period, zone)
    if view.pending_channel is None:
        return when
    return f"{when} – {channel_label(view.pending_channel)}"


def _can_reschedule(view: BookingView, moment: datetime) -> bool:
    """What ``booking.rescheduling`` accepts, so that nobody fills in a form in vain."""
    if view.state is BookingState.RELEASED:
        # Times were kept for whom we let down; taking one of them is a change of this booking.
        return True
    settled = view.state in KEPT and view.pending_period is None
    return settled and view.period.start > moment


def _chosen(view: BookingView) -> Chosen | None:
    try:
        return chosen_of(view)
    except NotOffered:
        return None


def _instructions(chosen: Chosen) -> tuple[str, ...]:
    """What to know for the day; of a teleconference also where the municipality says nothing."""
    if chosen.channel.instructions or chosen.channel.channel is not Channel.TELECONFERENCE:
        return _texts(chosen.channel.instructions)
    return (
        gettext(
            "Όταν επιλέξετε «Συμμετοχή τώρα», θα μπείτε σε αναμονή μέχρι ο υπάλληλος να σας δεχθεί."
        ),
        gettext(
            "Θα σας ζητηθεί να δείξετε έγγραφο ταυτοποίησης, όπως ταυτότητα ή διαβατήριο: έχετέ το"
            " κοντά σας."
        ),
    )


def _texts(texts: tuple[LocalText, ...]) -> tuple[str, ...]:
    return tuple(each.in_language(language()) for each in texts)


def _ahead(moment: datetime | None, than: datetime) -> bool:
    return moment is not None and moment > than


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return dates.clock(moment, zone=zone, language=language()) if moment else ""
