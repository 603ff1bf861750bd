"""The first questions: municipality, group, service, channel; the address holds the answers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import catalogue
from booking_web.citizen import chosen as choice
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.info import links_panel
from booking_web.citizen.steps import back_from, next_step, onward, so_far
from booking_web.current import desk, gettext, language
from mapping import flow
from mapping.flow import Choices, Step
from mapping.model import Channel, LocalText, Municipality


@dataclass(frozen=True, slots=True)
class Question:
    """One page with one question. ``options``: value, label, hint; ``field`` names the answer."""

    field: str
    text: str
    options: tuple[tuple[str, str, str], ...]
    error: str  #: shown where there is no answer, or an unknown one


def _words(text: LocalText) -> str:
    return text.in_language(language())


def _ask(
    question: Question, within: Municipality, choices: Choices, step: Step
) -> Response | str | None:
    """The page of a question; None where the request answers it well."""
    answer = request.args.get(question.field)
    if answer in {value for value, _, _ in question.options}:
        return None
    page = render_template(
        "citizen/choice.html",
        heading=choice.heading(within),
        question=question,
        errors={question.field: question.error} if answer is not None else {},
        back=back_from(step, within, choices),
        rows=so_far(within, choices, until=step),
        links=links_panel(within),
    )
    return make_response(page, 422) if answer is not None else page


@blueprint.get("/")
def municipality() -> Response | str:
    offered = catalogue.municipalities(desk())
    answer = request.args.get("dimos")
    if answer in {each.slug for each in offered}:
        return redirect(url_for("citizen.group", slug=answer), 303)
    error = gettext("Επιλέξτε Δήμο από τη λίστα") if answer is not None else ""
    page = render_template(
        "citizen/municipality.html",
        heading=choice.heading(None),
        options=sorted(
            ((each.slug, _words(each.list_name)) for each in offered), key=lambda each: each[1]
        ),
        errors={"dimos": error} if error else {},
        links=links_panel(None),
    )
    return make_response(page, 422) if error else page


@blueprint.get("/d/<slug>/")
def group(slug: str) -> Response | str:
    within = choice.municipality(slug)
    settled = flow.settle(within, Choices())
    if settled.group is not None:
        return redirect(onward(within, settled), 303)
    question = Question(
        field="omada",
        text=gettext("Παρακαλώ επιλέξτε ομάδα υπηρεσιών..."),
        options=tuple(
            (
                each.key,
                _words(each.title),
                _words(each.description)
                or ", ".join(_words(offered.title) for offered in flow.services(within, each.key)),
            )
            for each in flow.groups(within)
        ),
        error=gettext("Επιλέξτε ομάδα υπηρεσιών"),
    )
    page = _ask(question, within, Choices(), Step.GROUP)
    return page or redirect(onward(within, Choices(group=request.args["omada"])), 303)


@blueprint.get("/d/<slug>/group/<group_key>")
def service(slug: str, group_key: str) -> Response | str:
    within = choice.municipality(slug)
    settled = flow.settle(within, Choices(group=group_key))
    if settled.group is None or settled.service is not None:
        return redirect(onward(within, settled), 303)
    question = Question(
        field="ypiresia",
        text=gettext("Παρακαλώ επιλέξτε υπηρεσία..."),
        options=tuple(
            (each.key, _words(each.title), _words(each.description))
            for each in flow.services(within, settled.group)
        ),
        error=gettext("Επιλέξτε υπηρεσία"),
    )
    page = _ask(question, within, settled, Step.SERVICE)
    return page or redirect(onward(within, Choices(service=request.args["ypiresia"])), 303)


@blueprint.get("/d/<slug>/<service_key>")
def channel(slug: str, service_key: str) -> Response | str:
    within, offered = choice.service(slug, service_key)
    settled = flow.settle(within, Choices(service=offered.key))
    if settled.channel is not None:
        return redirect(onward(within, settled), 303)
    question = Question(
        field="kanali",
        text=gettext("Επιλέξτε τον επιθυμητό τρόπο εξυπηρέτησης"),
        options=tuple(
            (each.channel.value, choice.channel_label(each.channel), _words(each.place))
            for each in flow.channels(offered)
        ),
        error=gettext("Επιλέξτε τρόπο εξυπηρέτησης"),
    )
    page = _ask(question, within, settled, Step.CHANNEL)
    if page is not None:
        return page
    by = Channel(request.args["kanali"])
    return redirect(onward(within, Choices(service=offered.key, channel=by)), 303)


@blueprint.get(CHOICE)
def begin(slug: str, service_key: str, channel_name: str) -> Response:
    """Deep link to a service by one channel: on to the first question that is still open."""
    return redirect(next_step(choice.chosen(slug, service_key, channel_name)), 303)
