"""The questions of one municipality: group, service, channel; the address holds the answers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from booking_web.calling import we_call
from booking_web.citizen import chosen as choice
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.questions.info import links_panel
from booking_web.citizen.questions.steps import back_from, next_step, onward, so_far, worth_reading
from booking_web.current import gettext, language
from mapping import flow
from mapping.flow import Choices, Step
from mapping.model import Channel, LocalText, Municipality, Service


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
    question: Question,
    within: Municipality,
    choices: Choices,
    step: Step,
    *,
    about: choice.AboutService | None = None,
) -> Response | str | None:
    """The page of a question; None where the request answers it well."""
    answer = request.args.get(question.field)
    if answer in {value for value, _, _ in question.options}:
        return None
    page = render_template(
        "citizen/choice.html",
        heading=choice.heading(within),
        question=question,
        about=about,
        errors={question.field: question.error} if answer is not None else {},
        back=back_from(step, within, choices),
        rows=so_far(within, choices, until=step),
        links=links_panel(within),
    )
    return make_response(page, 422) if answer is not None else page


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
        return _only_read(within, offered, settled)
    question = Question(
        field="kanali",
        text=gettext("Επιλέξτε τον επιθυμητό τρόπο εξυπηρέτησης"),
        options=tuple(
            (
                each.channel.value,
                choice.channel_label(each.channel),
                _words(each.place) or we_call(each),
            )
            for each in flow.channels(offered)
        ),
        error=gettext("Επιλέξτε τρόπο εξυπηρέτησης"),
    )
    page = _ask(question, within, settled, Step.CHANNEL, about=choice.about(within, offered))
    if page is not None:
        return page
    by = Channel(request.args["kanali"])
    return redirect(onward(within, Choices(service=offered.key, channel=by)), 303)


def _only_read(within: Municipality, offered: Service, settled: Choices) -> Response | str:
    """The page of a service by one channel, which asks nothing; straight on if it says nothing."""
    after = onward(within, settled)
    if not worth_reading(within, settled):
        return redirect(after, 303)
    return render_template(
        "citizen/choice.html",
        heading=choice.heading(within),
        question=None,
        about=choice.about(within, offered),
        after=after,
        errors={},
        back=back_from(Step.CHANNEL, within, Choices(service=offered.key)),
        rows=so_far(within, settled, until=Step.CHANNEL),
        links=links_panel(within),
    )


@blueprint.get(CHOICE)
def begin(slug: str, service_key: str, channel_name: str) -> Response:
    """Deep link to a service by one channel: on to the first question that is still open."""
    return redirect(next_step(choice.chosen(slug, service_key, channel_name)), 303)
