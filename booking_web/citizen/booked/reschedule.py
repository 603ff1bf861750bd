"""«Προγραμματισμός εκ νέου»: another time, channel, details (neither name nor ΑΦΜ), or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import applicants, rescheduling
from booking.model import BookingState, BookingView, Citizen, SlotTaken, WrongState
from booking.words import dates
from booking_web.citizen import draft as drafting
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked import change_channel as channels
from booking_web.citizen.booked.appointment import appointment, written
from booking_web.citizen.booked.kept import kept_times
from booking_web.citizen.chosen import Chosen, channel_label, chosen_of
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import fields
from booking_web.citizen.hours.picker import (
    Calendar,
    day_asked,
    month_asked,
    start_chosen,
    value_of,
)
from booking_web.citizen.hours.slot import render as render_slot
from booking_web.citizen.hours.slot import taken_message
from booking_web.citizen.rights import Access
from booking_web.current import desk, gettext
from connectors.contract import Period
from mapping.answers import CheckedDetails, check_details
from mapping.model import QuestionKind

_BASE = "/booking/<reference>/reschedule"


def _changeable(reference: str) -> tuple[BookingView, Chosen] | Response:
    view, _ = rights.booking(reference)
    if not appointment(view).can_reschedule:
        return redirect(url_for("citizen.manage", reference=reference), 303)
    return view, channels.as_asked(chosen_of(view))


def _draft(view: BookingView) -> Draft:
    """What was typed about this booking before a time was lost; else empty."""
    mark = f"change:{view.id}"
    return drafting.form_of(mark) or Draft(service_id=mark)


@blueprint.get(_BASE)
def reschedule(reference: str) -> Response | str:
    found = _changeable(reference)
    return found if isinstance(found, Response) else _calendar(*found)


@blueprint.post(_BASE)
def choose_new_time(reference: str) -> Response | str:
    found = _changeable(reference)
    if isinstance(found, Response):
        return found
    start = start_chosen(request.form.get("ora"))
    if start is None:
        return _calendar(*found, errors={"ora": gettext("Επιλέξτε μία ώρα")}, status=422)
    return redirect(channels.address("reschedule_details", *found, ora=value_of(start)), 303)


def _calendar(
    view: BookingView,
    chosen: Chosen,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    near: datetime | None = None,
    alternatives: tuple[Period, ...] = (),
) -> Response:
    calendar = Calendar(chosen, exclude_booking=view.id)
    by = channels.new_channel(view, chosen)
    keeps = channels.same_time_offered(view, chosen)
    shown = appointment(view)
    picker = calendar.picker(
        url=lambda **values: channels.address("reschedule", view, chosen, **values),
        month=month_asked(),
        day=dates.local(near or view.period.start, zone=chosen.zone).date()
        if near or not (day_asked() or month_asked())
        else day_asked(),
    )
    return render_slot(
        chosen,
        status,
        picker=picker,
        errors=errors or {},
        alternatives=calendar.hours(alternatives, prefix="a"),
        action=channels.address("reschedule", view, chosen),
        list_url="",
        back=url_for("citizen.manage", reference=view.reference),
        rescheduling={
            "when": written(view.period, chosen.zone),
            "reference": view.reference,
            "state": view.state.value,
            "reason": view.reason.value,
            "kept": kept_times(view),
            "asks_digits": shown.asks_digits,
            "manage_url": url_for("citizen.manage", reference=view.reference),
            "channel": shown.channel,
            "channel_url": url_for("citizen.reschedule_channel", reference=view.reference)
            if shown.can_change_channel
            else "",
            "new_channel": channel_label(by) if by else "",
            "keep_url": channels.address("reschedule_details", view, chosen) if keeps else "",
        },
    )


@blueprint.get(f"{_BASE}/details")
def reschedule_details(reference: str) -> Response | str:
    """The new time (``?ora=``; none: the time stays) and the details that may change."""
    found = _changeable(reference)
    if isinstance(found, Response):
        return found
    view, chosen = found
    return _details(view, chosen, start_chosen(request.args.get("ora")), errors={})


@blueprint.post(f"{_BASE}/details")
def do_reschedule(reference: str) -> Response | str:
    found = _changeable(reference)
    if isinstance(found, Response):
        return found
    view, chosen = found
    raw = request.form.get("ora", "")
    start = start_chosen(raw)
    if raw and start is None:
        return redirect(channels.address("reschedule", view, chosen), 303)
    typed = _typed(chosen)
    judged = check_details(
        chosen.service,
        name=view.citizen.name,
        email=request.form.get("email"),
        phone=request.form.get("tilefono") or _kept_phone(view),
        answers=_raw_answers(view, chosen),
        at_desk=chosen.channel.channel if view.clerk else None,
        told=applicants.told(chosen.service, view.applicant),
    )
    drafting.keep(replace(_draft(view), contact=typed[0], answers=typed[1]))
    errors = fields.messages(judged.errors, chosen.service)
    errors |= rights.digits_wrong(view)
    if errors:
        return _details(view, chosen, start, errors=errors)
    return _change(view, chosen, start, judged)


def _change(
    view: BookingView, chosen: Chosen, start: datetime | None, judged: CheckedDetails
) -> Response:
    citizen = Citizen(name=view.citizen.name, email=judged.email, phone=judged.phone)
    new_start = start if start != view.period.start else None
    new_citizen = citizen if citizen != view.citizen else None
    new_answers = _changed(view, judged.answers)
    by = channels.new_channel(view, chosen)
    try:
        if all(each is None for each in (new_start, new_citizen, new_answers, by)):
            flash(gettext("Δεν αλλάξατε κάτι. Το ραντεβού σας μένει όπως ήταν."))
        else:
            after = rescheduling.reschedule(
                desk(),
                booking_id=view.id,
                starts_at=new_start,
                citizen=new_citizen,
                answers=new_answers,
                channel=by,
            )
            # Until the calendar has answered, the page itself says how it stands.
            if after.state is BookingState.CONFIRMED and after.pending_period is None:
                flash(
                    gettext("Το ραντεβού σας άλλαξε. Στείλαμε νέα επιβεβαίωση με email.")
                    if after.citizen.email
                    else gettext("Το ραντεβού σας άλλαξε.")
                )
    except SlotTaken as refused:
        return taken(view, chosen, start or view.period.start, refused.alternatives)
    except WrongState:
        flash(gettext("Το ραντεβού δεν μπορεί να αλλάξει όπως είναι τώρα. Δεν άλλαξε τίποτα."))
    drafting.forget(_draft(view))
    return redirect(url_for("citizen.manage", reference=view.reference), 303)


def taken(
    view: BookingView, chosen: Chosen, start: datetime, alternatives: tuple[Period, ...]
) -> Response:
    """The calendar once more: the time has gone, the nearest ones are these."""
    target = "plisiesteres" if alternatives else "ora"
    return _calendar(
        view,
        chosen,
        errors={target: taken_message(chosen, start)},
        status=409,
        near=start,
        alternatives=alternatives,
    )


def _kept_phone(view: BookingView) -> str:
    """The phone that stays where the field was left empty.

    Only who booked in this session sees it: for others its digits are what a change asks for.
    """
    return "" if rights.access_to(view.reference) is Access.BOOKED else view.citizen.phone


def _typed(chosen: Chosen) -> tuple[dict[str, str], dict[str, str]]:
    return (
        fields.typed_contact(request.form),
        fields.typed_answers(request.form, chosen.service),
    )


def _fixed(chosen: Chosen) -> frozenset[str]:
    """Answers that stay as they are."""
    return frozenset(
        question.key for question in chosen.service.questions if question.kind is QuestionKind.AFM
    )


def _raw_answers(view: BookingView, chosen: Chosen) -> dict[str, str]:
    fixed = _fixed(chosen)
    return {
        question.key: view.answers.get(question.key, "")
        if question.key in fixed
        else request.form.get(fields.field_id(question.key), "")
        for question in chosen.service.questions
    }


def _changed(view: BookingView, answers: Mapping[str, str]) -> Mapping[str, str] | None:
    before = {key: view.answers.get(key, "") for key in answers}
    return answers if dict(answers) != before else None


def _details(
    view: BookingView, chosen: Chosen, start: datetime | None, *, errors: dict[str, str]
) -> Response:
    draft = _draft(view)
    hidden = bool(_kept_phone(view))
    phone = "" if hidden else view.citizen.phone
    contact = draft.contact or {"email": view.citizen.email, "phone": phone}
    answers = draft.answers or dict(view.answers)
    fixed = {fields.field_id("name"), *(fields.field_id(key) for key in _fixed(chosen))}
    first, additional = fields.form(
        chosen.service, contact, answers, errors, by=chosen.channel.channel
    )
    if view.clerk and not view.citizen.email:
        mark = f"({gettext('προαιρετικό')})"
        first = tuple(
            replace(each, optional=mark) if each.id == fields.field_id("email") else each
            for each in first
        )
    if hidden:
        hint = gettext("Αφήστε το κενό για να μείνει ο αριθμός που δώσατε")
        first = tuple(
            replace(each, hint=hint) if each.id == fields.field_id("phone") else each
            for each in first
        )
    moved = start is not None and start != view.period.start
    by = channels.new_channel(view, chosen)
    page = render_template(
        "citizen/reschedule_details.html",
        appointment=appointment(view),
        before=written(view.period, chosen.zone),
        after=written(Period(start, start + view.period.duration), chosen.zone)
        if start is not None and moved
        else "",
        start=value_of(start) if start is not None and moved else "",
        channel_rows=channels.rows(view, chosen),
        new_channel=by.value if by else "",
        contact_fields=[each for each in first if each.id not in fixed],
        additional_fields=[each for each in additional if each.id not in fixed],
        errors=errors,
        back=channels.address("reschedule", view, chosen),
    )
    return make_response(page, 422 if errors else 200)
