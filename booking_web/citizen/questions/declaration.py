"""Declarations before the calendar: a question, its second page, and the way out."""

from __future__ import annotations

from dataclasses import replace

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking.model import NotOffered
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.questions.info import links_panel
from booking_web.citizen.questions.steps import (
    back_from,
    choices_of,
    confirmation_of,
    is_settled,
    next_step,
    so_far,
)
from booking_web.current import gettext, language
from mapping import flow
from mapping.flow import Step, Verdict
from mapping.model import Declaration, DeclarationAnswer


def _find(slug: str, service_key: str, channel_name: str, key: str) -> tuple[Chosen, Declaration]:
    chosen = choice.chosen(slug, service_key, channel_name)
    found = chosen.municipality.declaration(key)
    if found is None or key not in chosen.service.declarations:
        raise NotOffered
    return chosen, found


def _page(template: str, chosen: Chosen, declaration: Declaration, **values: object) -> str:
    return render_template(
        f"citizen/{template}",
        heading=choice.heading(chosen.municipality),
        declaration=declaration,
        rows=so_far(chosen.municipality, choices_of(chosen), until=Step.DECLARATION),
        links=links_panel(chosen.municipality),
        **values,
    )


def _back(chosen: Chosen, declaration: Declaration) -> str:
    keys = chosen.service.declarations
    at = keys.index(declaration.key)
    if at:
        return chosen.url("declaration", key=keys[at - 1])
    return back_from(Step.DECLARATION, chosen.municipality, choices_of(chosen))


@blueprint.get(f"{CHOICE}/declaration/<key>")
def declaration(slug: str, service_key: str, channel_name: str, key: str) -> Response | str:
    chosen, asked = _find(slug, service_key, channel_name, key)
    return _question(chosen, asked)


@blueprint.post(f"{CHOICE}/declaration/<key>")
def answer_declaration(slug: str, service_key: str, channel_name: str, key: str) -> Response | str:
    chosen, asked = _find(slug, service_key, channel_name, key)
    answer = flow.answer_of(asked, request.form.get("apantisi", ""))
    if answer is None:
        return _question(chosen, asked, error=gettext("Επιλέξτε μία απάντηση"))
    draft = drafting.for_choice(chosen)
    drafting.keep(replace(draft, declarations={**draft.declarations, key: answer.value}))
    if flow.verdict(answer) is Verdict.GO_ON:
        return redirect(next_step(chosen), 303)
    return redirect(chosen.url("second_page", key=key), 303)


def _question(chosen: Chosen, asked: Declaration, *, error: str = "") -> Response | str:
    draft = drafting.for_choice(chosen)
    page = _page(
        "declaration.html",
        chosen,
        asked,
        options=[(each.value, each.label.in_language(language()), "") for each in asked.answers],
        value=draft.declarations.get(asked.key, ""),
        errors={"apantisi": error} if error else {},
        back=_back(chosen, asked),
    )
    return make_response(page, 422) if error else page


def _given(chosen: Chosen, asked: Declaration) -> DeclarationAnswer | None:
    draft = drafting.for_choice(chosen)
    return flow.answer_of(asked, draft.declarations.get(asked.key, ""))


@blueprint.get(f"{CHOICE}/declaration/<key>/next")
def second_page(slug: str, service_key: str, channel_name: str, key: str) -> Response | str:
    """What follows from the answer: information, a box to tick, or why it goes no further."""
    chosen, asked = _find(slug, service_key, channel_name, key)
    return _second_page(chosen, asked)


@blueprint.post(f"{CHOICE}/declaration/<key>/next")
def confirm_declaration(slug: str, service_key: str, channel_name: str, key: str) -> Response | str:
    chosen, asked = _find(slug, service_key, channel_name, key)
    answer = _given(chosen, asked)
    if answer is None or flow.verdict(answer) in {Verdict.STOP, Verdict.GO_ON}:
        return redirect(chosen.url("declaration", key=key), 303)
    if flow.verdict(answer) is Verdict.CONFIRM and not request.form.get("epivevaiosi"):
        error = gettext("Για να συνεχίσετε, επιβεβαιώστε επιλέγοντας το πλαίσιο")
        return _second_page(chosen, asked, error=error)
    draft = drafting.for_choice(chosen)
    confirmation = confirmation_of(asked, answer.value)
    if confirmation not in draft.confirmed:
        drafting.keep(replace(draft, confirmed=(*draft.confirmed, confirmation)))
    return redirect(next_step(chosen), 303)


def _second_page(chosen: Chosen, asked: Declaration, *, error: str = "") -> Response | str:
    answer = _given(chosen, asked)
    verdict = flow.verdict(answer) if answer else Verdict.GO_ON
    if answer is None or verdict is Verdict.GO_ON:
        return redirect(chosen.url("declaration", key=asked.key), 303)
    if verdict is Verdict.STOP:
        text = answer.outcome.in_language(language())
        return _way_out(chosen, asked, text)
    page = _page(
        "declaration_next.html",
        chosen,
        asked,
        information=answer.information.in_language(language()),
        confirmation=answer.confirmation.in_language(language()),
        confirmed=is_settled(asked, drafting.for_choice(chosen)),
        otherwise=chosen.url("otherwise", key=asked.key) if asked.otherwise.el else "",
        errors={"epivevaiosi": error} if error else {},
        back=chosen.url("declaration", key=asked.key),
    )
    return make_response(page, 422) if error else page


@blueprint.get(f"{CHOICE}/declaration/<key>/otherwise")
def otherwise(slug: str, service_key: str, channel_name: str, key: str) -> Response | str:
    """For whom none of the confirmations applies: what to do next."""
    chosen, asked = _find(slug, service_key, channel_name, key)
    if not asked.otherwise.el:
        raise NotOffered
    return _way_out(chosen, asked, asked.otherwise.in_language(language()))


def _way_out(chosen: Chosen, asked: Declaration, text: str) -> str:
    return _page(
        "way_out.html",
        chosen,
        asked,
        text=text,
        contact=chosen.municipality.contact,
        back=chosen.url("declaration", key=asked.key),
    )
