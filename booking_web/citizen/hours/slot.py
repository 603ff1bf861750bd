"""The calendar: choosing a day and a time, which is then held for some minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking import holds
from booking.model import SlotTaken, TooManyHolds
from booking.words import dates
from booking_web import visitors
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.hours.picker import (
    Calendar,
    day_asked,
    month_asked,
    start_chosen,
    value_of,
)
from booking_web.citizen.questions.steps import back_from, choices_of, open_declaration
from booking_web.current import desk, gettext, language
from booking_web.security import with_script
from connectors.contract import Period
from mapping.flow import Step

#: Id of the first alternative; the error summary leads there.
_ALTERNATIVES = "plisiesteres"


def bookable_title(chosen: Chosen) -> str:
    """«Φυσική παρουσία - Επίδομα στέγασης»."""
    own = chosen.channel.title.in_language(language())
    return own or chosen.service.title.in_language(language())


def page_title(chosen: Chosen) -> str:
    """«Δήμος Καλαμάτας - Ραντεβού με Φυσική παρουσία»."""
    return chosen.channel.page_title.in_language(language()) or bookable_title(chosen)


def taken_message(chosen: Chosen, start: datetime) -> str:
    clock = dates.clock(start, zone=chosen.zone, language=language())
    return gettext("Η ώρα %(clock)s μόλις κλείστηκε από άλλον. Επιλέξτε άλλη ώρα") % {
        "clock": clock
    }


def _detour(chosen: Chosen) -> Response | None:
    """To the declaration that is still open, if there is one."""
    declaration = open_declaration(chosen, drafting.for_choice(chosen))
    if declaration is None:
        return None
    return redirect(chosen.url("declaration", key=declaration.key), 303)


@blueprint.get(f"{CHOICE}/slot")
def slot(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    return _detour(chosen) or show(chosen)


@blueprint.post(f"{CHOICE}/slot")
def choose_slot(slug: str, service_key: str, channel_name: str) -> Response | str:
    """Hold the chosen time for this session and go on to the details."""
    chosen = choice.chosen(slug, service_key, channel_name)
    if (detour := _detour(chosen)) is not None:
        return detour
    start = start_chosen(request.form.get("ora"))
    if start is None:
        return show(chosen, errors={"ora": gettext("Επιλέξτε μία ώρα")}, status=422)
    draft = replace(drafting.for_choice(chosen), starts_at=value_of(start), hold_id="")
    draft_id = drafting.keep(draft)
    try:
        hold = holds.take(
            desk(),
            service_id=chosen.service_id,
            channel=chosen.channel.channel,
            starts_at=start,
            session_key=draft_id,
            network=visitors.network(),
        )
    except SlotTaken as taken:
        drafting.keep(replace(draft, starts_at=""))
        return show_taken(chosen, start=start, alternatives=taken.alternatives)
    except TooManyHolds:  # nobody is sent away: the time may still be free at the end
        return redirect(chosen.url("details"), 303)
    drafting.keep(replace(draft, hold_id=hold.id))
    return redirect(chosen.url("details"), 303)


def show_taken(chosen: Chosen, *, start: datetime, alternatives: tuple[Period, ...]) -> Response:
    """The calendar again, with the nearest free times; what was answered before is kept."""
    target = _ALTERNATIVES if alternatives else "ora"
    return show(
        chosen,
        errors={target: taken_message(chosen, start)},
        status=409,
        near=start,
        alternatives=alternatives,
    )


def show(
    chosen: Chosen,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    near: datetime | None = None,
    alternatives: tuple[Period, ...] = (),
) -> Response:
    calendar = Calendar(chosen)
    day = dates.local(near, zone=chosen.zone).date() if near else day_asked()
    picker = calendar.picker(
        url=lambda **values: chosen.url("slot", **values), month=month_asked(), day=day
    )
    return render(
        chosen,
        status,
        picker=picker,
        errors=errors or {},
        alternatives=calendar.hours(alternatives, prefix="a"),
        action=chosen.url("slot"),
        list_url=chosen.url("slot_list"),
        back=_back(chosen),
        rescheduling=None,
    )


def _back(chosen: Chosen) -> str:
    if chosen.service.declarations:
        return chosen.url("declaration", key=chosen.service.declarations[-1])
    return back_from(Step.SLOT, chosen.municipality, choices_of(chosen))


def render(chosen: Chosen, status: int, **values: object) -> Response:
    page = render_template(
        "citizen/slot.html",
        title=page_title(chosen),
        bookable=bookable_title(chosen),
        duration=dates.duration(chosen.service.duration_minutes, language=language()),
        contact=chosen.municipality.contact,
        **values,
    )
    return with_script(make_response(page, status))


@blueprint.get(f"{CHOICE}/slot/list")
def slot_list(slug: str, service_key: str, channel_name: str) -> Response | str:
    """The same times as a list, for whom a table of days is no help."""
    chosen = choice.chosen(slug, service_key, channel_name)
    if (detour := _detour(chosen)) is not None:
        return detour
    calendar = Calendar(chosen)
    answer, days, further = calendar.listed(day_asked())
    return render_template(
        "citizen/slot_list.html",
        title=page_title(chosen),
        bookable=bookable_title(chosen),
        duration=dates.duration(chosen.service.duration_minutes, language=language()),
        contact=chosen.municipality.contact,
        days=days,
        further=chosen.url("slot_list", imera=further.isoformat()) if further else "",
        unreachable=answer.readable == 0,
        note=calendar.common_note(days),
        action=chosen.url("slot"),
        back=chosen.url("slot"),
    )
