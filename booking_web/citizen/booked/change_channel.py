"""Another way to be served, for a booking that exists: the question, and what was answered.

The answer stands in the address (``?kanali=``) until the change is sent, as the new time does.
"""

from __future__ import annotations

from dataclasses import replace

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import offer
from booking.model import BookingView
from booking.words import dates
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked.appointment import appointment, written
from booking_web.citizen.chosen import Chosen, channel_label, chosen_of
from booking_web.citizen.questions.choosing import Question
from booking_web.citizen.questions.info import links_panel
from booking_web.current import desk, gettext, language
from mapping import flow
from mapping.model import Channel

_FIELD = "kanali"


def as_asked(chosen: Chosen) -> Chosen:
    """``chosen`` by the channel that the request names; as it is where that is not offered."""
    answer = request.values.get(_FIELD)
    for each in flow.channels(chosen.service):
        if each.channel.value == answer:
            return replace(chosen, channel=each)
    return chosen


def new_channel(view: BookingView, chosen: Chosen) -> Channel | None:
    """None where the booking keeps its own."""
    by = chosen.channel.channel
    return None if by is view.channel else by


def address(endpoint: str, view: BookingView, chosen: Chosen, **values: str) -> str:
    """Of a page of the change, which carries the channel on that was asked for."""
    by = new_channel(view, chosen)
    asked = {**({_FIELD: by.value} if by else {}), **values}
    return url_for(f"citizen.{endpoint}", reference=view.reference, **asked)  # type: ignore[arg-type]


def rows(view: BookingView, chosen: Chosen) -> list[tuple[str, str, str]]:
    """What the page before the change says of the channel: term, words, where to change it."""
    by = new_channel(view, chosen)
    several = len(flow.channels(chosen.service)) > 1
    change = url_for("citizen.reschedule_channel", reference=view.reference) if several else ""
    if by is None:
        return [(gettext("Τρόπος εξυπηρέτησης"), channel_label(view.channel), change)]
    place = chosen.channel.place.in_language(language())
    return [
        (gettext("Τρόπος εξυπηρέτησης τώρα"), channel_label(view.channel), ""),
        (gettext("Νέος τρόπος εξυπηρέτησης"), channel_label(by), change),
        *([(gettext("Πού"), place, "")] if place else []),
    ]


def same_time_offered(view: BookingView, chosen: Chosen) -> bool:
    """Whether the booking's time can be had by this channel, as far as is known now."""
    if new_channel(view, chosen) is None:
        return True
    day = dates.local(view.period.start, zone=chosen.zone).date()
    found = offer.available(
        desk(),
        service_id=chosen.service_id,
        channel=chosen.channel.channel,
        first=day,
        last=day,
        refresh=False,
        exclude_booking=view.id,
    )
    return view.period.start in {slot.start for slot in found.slots}


@blueprint.get("/booking/<reference>/reschedule/channel")
def reschedule_channel(reference: str) -> Response | str:
    """«Επιλέξτε τον επιθυμητό τρόπο εξυπηρέτησης», of a booking that exists."""
    view, _ = rights.booking(reference)
    shown = appointment(view)
    if not shown.can_change_channel:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    chosen = chosen_of(view)
    answer = request.args.get(_FIELD)
    if answer in {each.channel.value for each in flow.channels(chosen.service)}:
        return redirect(address("reschedule", view, as_asked(chosen)), 303)
    question = Question(
        field=_FIELD,
        text=gettext("Επιλέξτε τον επιθυμητό τρόπο εξυπηρέτησης"),
        options=tuple(
            (
                each.channel.value,
                channel_label(each.channel),
                each.place.in_language(language()),
            )
            for each in flow.channels(chosen.service)
        ),
        error=gettext("Επιλέξτε τρόπο εξυπηρέτησης"),
    )
    page = render_template(
        "citizen/choice.html",
        heading=gettext("Προγραμματισμός εκ νέου"),
        question=question,
        answer=view.channel.value,
        errors={_FIELD: question.error} if answer is not None else {},
        back=url_for("citizen.reschedule", reference=reference),
        rows=[
            (gettext("Κωδικός κράτησης"), reference, ""),
            (gettext("Πότε"), written(view.period, chosen.zone), ""),
            (gettext("Τρόπος εξυπηρέτησης"), shown.channel, ""),
        ],
        links=links_panel(chosen.municipality),
    )
    return make_response(page, 422 if answer is not None else 200)
