"""The last look before «Κράτηση», and the one POST that books."""

from __future__ import annotations

from dataclasses import replace

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import submitting
from booking.model import (
    BookingRequest,
    Citizen,
    ConsentStale,
    FieldErrors,
    HoldLapsed,
    KeyReused,
    SlotTaken,
    Submission,
    TooManyBookings,
)
from booking.words import dates
from booking_web import visitors
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen import rights
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import details, fields, for_whom, held, proof, too_many
from booking_web.citizen.hours.slot import show_taken
from booking_web.citizen.questions.steps import Row, choices_of, so_far
from booking_web.citizen.rights import Access
from booking_web.current import desk, gettext, language
from mapping.answers import CheckedDetails
from mapping.flow import Step
from mapping.model import QuestionKind


def _open_step(chosen: Chosen, draft: Draft) -> str:
    """Address of the first page that is not answered well, or ""."""
    if step := details.open_step(chosen, draft):
        return step
    consent = details.consent_of(chosen)
    agreed = consent is None or draft.consent_version == consent.version
    judged = details.checked(chosen, draft)
    if judged.errors or for_whom.unanswered(draft) or not agreed:
        return chosen.url("details")
    if proof.needed(chosen, draft, judged.email):
        return chosen.url("prove_email")
    return ""


@blueprint.get(f"{CHOICE}/check")
def check(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    draft = drafting.for_choice(chosen)
    if step := _open_step(chosen, draft):
        # Back from the confirmation: what was booked is no form any more.
        reference = drafting.booking_of(chosen)
        return _booked(reference) if reference else redirect(step, 303)
    wanted = _request(chosen, draft, details.checked(chosen, draft))
    return too_many.refusal(chosen, wanted) or _show(chosen, draft)


@blueprint.post(f"{CHOICE}/check")
def book(slug: str, service_key: str, channel_name: str) -> Response | str:
    """Book. The form carries the idempotency key: pressed twice, it is still one booking."""
    chosen = choice.chosen(slug, service_key, channel_name)
    key = request.form.get("kleidi", "")
    if reference := drafting.booked_with(key):
        return _booked(reference)
    draft = drafting.for_choice(chosen)
    if step := _open_step(chosen, draft):
        return redirect(step, 303)
    if key != draft.key:
        return _changed_meanwhile(chosen, draft)
    return _submit(chosen, draft)


def _changed_meanwhile(chosen: Chosen, draft: Draft) -> Response:
    notice = gettext("Τα στοιχεία άλλαξαν σε άλλη καρτέλα. Ελέγξτε τα ξανά πριν την κράτηση.")
    return _show(chosen, draft, errors={"kratisi": notice}, status=409)


def _submit(chosen: Chosen, draft: Draft) -> Response:
    assert draft.start is not None
    try:
        outcome = _submitted(chosen, draft)
    except SlotTaken as taken:
        drafting.keep(replace(draft, starts_at="", hold_id=""))
        return show_taken(chosen, start=draft.start, alternatives=taken.alternatives)
    except KeyReused:
        drafting.keep(draft)  # with a new key
        return _changed_meanwhile(chosen, drafting.for_choice(chosen))
    except TooManyBookings as refused:
        return too_many.show(chosen, refused)
    except ConsentStale:  # imported between our look and theirs; the details page says so
        return redirect(chosen.url("details"), 303)
    except FieldErrors:
        errors = fields.messages(details.checked(chosen, draft).errors, chosen.service)
        return details.show(chosen, draft, errors=errors, status=422)
    reference = outcome.booking.reference
    drafting.became(draft, reference)
    rights.grant(reference, Access.BOOKED)
    return _booked(reference)


def _submitted(chosen: Chosen, draft: Draft) -> Submission:
    """Book with the hold; where it has lapsed, the time may still be free."""
    wanted = _request(chosen, draft, details.checked(chosen, draft))
    try:
        return submitting.submit(desk(), request=wanted, idempotency_key=draft.key)
    except HoldLapsed:
        without = replace(wanted, hold_id=None)
        return submitting.submit(desk(), request=without, idempotency_key=draft.key)


def _request(chosen: Chosen, draft: Draft, values: CheckedDetails) -> BookingRequest:
    assert draft.start is not None
    return BookingRequest(
        service_id=chosen.service_id,
        channel=chosen.channel.channel,
        starts_at=draft.start,
        citizen=Citizen(name=values.name, email=values.email, phone=values.phone),
        answers=values.answers,
        declarations={key: draft.declarations[key] for key in chosen.service.declarations},
        consent_version=draft.consent_version,
        language=language(),
        hold_id=draft.hold_id or None,
        applicant=for_whom.applicant(draft),
        email_proved=bool(values.email) and draft.proved == values.email,
        network=visitors.network(),
    )


def _booked(reference: str) -> Response:
    return redirect(url_for("citizen.confirmation", reference=reference), 303)


def _show(
    chosen: Chosen, draft: Draft, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    page = render_template(
        "citizen/check.html",
        appointment=_appointment_rows(chosen, draft),
        person=_person_rows(chosen, draft),
        key=draft.key,
        held=held.held(chosen, draft),
        longer_url=chosen.url("hold"),
        errors=errors or {},
        back=chosen.url("details"),
    )
    return make_response(page, status)


def _appointment_rows(chosen: Chosen, draft: Draft) -> list[Row]:
    rows = so_far(chosen.municipality, choices_of(chosen), until=Step.DECLARATION)
    duration = dates.duration(chosen.service.duration_minutes, language=language())
    rows.append((gettext("Διάρκεια"), duration, ""))
    rows.append(details.when_row(chosen, draft))
    for key in chosen.service.declarations:
        declaration = chosen.municipality.declaration(key)
        if declaration is not None:
            answer = next(
                each for each in declaration.answers if each.value == draft.declarations[key]
            )
            question = declaration.question.in_language(language())
            url = chosen.url("declaration", key=key)
            rows.append((question, answer.label.in_language(language()), url))
    return rows


def _person_rows(chosen: Chosen, draft: Draft) -> list[Row]:
    """As typed: a number is easier to check in the form in which it was written."""
    url = chosen.url("details")
    contact, additional = fields.form(chosen.service, draft.contact, draft.answers, {})
    choices = {
        fields.field_id(question.key): question.choices
        for question in chosen.service.questions
        if question.kind is QuestionKind.CHOICE
    }
    told = {fields.field_id(key): value for key, value in for_whom.told(chosen, draft).items()}
    rows = for_whom.row(draft, url)
    for field in (*contact, *additional):
        if field.id in told:  # the register's word, which nobody changes
            rows.append((field.label.rstrip(":"), told[field.id], ""))
            continue
        labels = {
            each.value: each.label.in_language(language()) for each in choices.get(field.id, ())
        }
        value = labels.get(field.value, field.value.strip())
        rows.append((field.label.rstrip(":"), value or gettext("Δεν δόθηκε"), f"{url}#{field.id}"))
    return rows
