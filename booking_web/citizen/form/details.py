"""«Προσθέστε τα στοιχεία σας»: contact details, questions of the service, and the consent box."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from booking.words import dates
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import fields, for_whom, held, proof
from booking_web.citizen.hours import zones
from booking_web.citizen.privacy import why_asked
from booking_web.citizen.questions.info import privacy_link
from booking_web.citizen.questions.steps import Row, choices_of, next_step, open_declaration, so_far
from booking_web.current import gettext, language
from booking_web.errors import stale_form
from mapping.answers import CheckedDetails, check_details
from mapping.flow import Step
from mapping.model import Consent


def consent_of(chosen: Chosen) -> Consent | None:
    return chosen.municipality.consent(chosen.service.consent)


def checked(chosen: Chosen, draft: Draft) -> CheckedDetails:
    return check_details(
        chosen.service,
        name=draft.contact.get("name"),
        email=draft.contact.get("email"),
        phone=draft.contact.get("phone"),
        answers={
            question.key: draft.answers.get(question.key, "")
            for question in chosen.service.questions
        },
        told=for_whom.told(chosen, draft),
    )


def when_row(chosen: Chosen, draft: Draft) -> Row:
    assert draft.start is not None
    written = dates.day_and_clock(draft.start, zone=chosen.zone, language=language())
    own = zones.beside(draft.start, home=chosen.zone, visitor=zones.visitors_zone())
    if own:
        written = gettext("%(when)s ώρα Ελλάδας (%(own)s δική σας ώρα)") % {
            "when": written,
            "own": own,
        }
    return gettext("Πότε"), written, chosen.url("slot", imera=_day(chosen, draft))


def _day(chosen: Chosen, draft: Draft) -> str:
    assert draft.start is not None
    return dates.local(draft.start, zone=chosen.zone).date().isoformat()


def open_step(chosen: Chosen, draft: Draft) -> str:
    """Address of what must be answered before the details, or ""."""
    if draft.start is None or open_declaration(chosen, draft) is not None:
        return next_step(chosen)
    return ""


@blueprint.get(f"{CHOICE}/details")
def details(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    draft = drafting.for_choice(chosen)
    if step := open_step(chosen, draft):
        if reference := drafting.booking_of(chosen):  # back from the confirmation
            step = url_for("citizen.confirmation", reference=reference)
        return redirect(step, 303)
    return show(chosen, draft, errors=_consent_changed(chosen, draft))


def _consent_changed(chosen: Chosen, draft: Draft) -> dict[str, str]:
    """An error where the text was agreed to in a version that is not the current one."""
    consent = consent_of(chosen)
    if consent is None or draft.consent_version in {"", consent.version}:
        return {}
    return {"synainesi": gettext("Το κείμενο άλλαξε. Διαβάστε το ξανά και επιλέξτε το πλαίσιο")}


@blueprint.post(f"{CHOICE}/details")
def give_details(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    draft = _typed(chosen)
    if step := open_step(chosen, draft):
        drafting.keep(draft)
        flash(gettext("Τα στοιχεία που γράψατε κρατήθηκαν. Συνεχίστε από εδώ."))
        return redirect(step, 303)
    consent = consent_of(chosen)
    agreed = bool(request.form.get("synainesi"))
    # What was typed is judged as it came; what is kept for showing again is harmless.
    judged = check_details(
        chosen.service,
        name=request.form.get("onoma"),
        email=request.form.get("email"),
        phone=request.form.get("tilefono"),
        answers={
            question.key: request.form.get(fields.field_id(question.key), "")
            for question in chosen.service.questions
        },
        told=for_whom.told(chosen, draft),
    )
    draft = replace(draft, consent_version=consent.version if consent and agreed else "")
    drafting.keep(draft)
    if request.form.get(held.LONGER):
        return held.keep_longer(chosen, draft, after=chosen.url("details"))
    errors = for_whom.unanswered(draft) or fields.messages(judged.errors, chosen.service)
    if consent is not None and not agreed:
        errors["synainesi"] = gettext(
            "Για να συνεχίσετε, διαβάστε το κείμενο και επιλέξτε το πλαίσιο"
        )
    if errors:
        return show(chosen, draft, errors=errors, status=422)
    if proof.needed(chosen, draft, judged.email):
        proof.ask(chosen, draft, judged.email)
    return redirect(chosen.url("check"), 303)


def _typed(chosen: Chosen) -> Draft:
    """The form as it was sent, whatever is wrong with it."""
    return replace(
        drafting.for_choice(chosen),
        whose=for_whom.answer_of(request.form.get(for_whom.FIELD, "")),
        contact=fields.typed_contact(request.form),
        answers=fields.typed_answers(request.form, chosen.service),
    )


@blueprint.errorhandler(CSRFError)
def open_too_long(error: CSRFError) -> Response:
    """What was typed is shown again and not kept: whoever sent it may not be the visitor."""
    if request.endpoint != "citizen.give_details":
        return stale_form(error)
    chosen = choice.chosen(**(request.view_args or {}))
    notice = gettext(
        "Η σελίδα έμεινε ανοιχτή πολλή ώρα και δεν στάλθηκε. Όσα γράψατε είναι ακόμη εδώ:"
        " πατήστε ξανά «Συνέχεια»"
    )
    return show(chosen, _typed(chosen), errors={"stoixeia": notice}, status=400)


def show(chosen: Chosen, draft: Draft, *, errors: dict[str, str], status: int = 200) -> Response:
    contact, additional = fields.form(
        chosen.service, draft.contact, draft.answers, errors, by=chosen.channel.channel
    )
    whose, everybodys = for_whom.question(chosen, draft, (*contact, *additional), errors)
    consent = consent_of(chosen)
    page = render_template(
        "citizen/details.html",
        whose=whose,
        contact_fields=[each for each in contact if each in everybodys],
        additional_fields=[each for each in additional if each in everybodys],
        consent=consent.text.in_language(language()) if consent else "",
        agreed=bool(consent and draft.consent_version == consent.version),
        why_asked=why_asked(chosen.municipality),
        privacy=privacy_link(chosen.municipality),
        rows=[
            *so_far(chosen.municipality, choices_of(chosen), until=Step.DECLARATION),
            *([when_row(chosen, draft)] if draft.start else []),
        ],
        held=held.held(chosen, draft) if draft.start else None,
        errors=errors,
        back=chosen.url("slot", **({"imera": _day(chosen, draft)} if draft.start else {})),
    )
    return make_response(page, status)
