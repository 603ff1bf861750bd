"""Where the citizen stands: the next open question, the way back, and the choices so far."""

from __future__ import annotations

from flask import url_for

from booking_web.citizen import draft as drafting
from booking_web.citizen.chosen import Chosen, channel_label
from booking_web.citizen.draft import Draft
from booking_web.current import gettext, language
from mapping import flow
from mapping.flow import Choices, Step
from mapping.model import Declaration, Municipality

#: Label, value, address of the page that changes it.
Row = tuple[str, str, str]


def url_of(step: Step, within: Municipality, settled: Choices) -> str:
    """Address of a question, given what is settled before it."""
    slug = within.slug
    match step:
        case Step.GROUP:
            return url_for("citizen.group", slug=slug)
        case Step.SERVICE:
            return url_for("citizen.service", slug=slug, group_key=settled.group)
        case Step.CHANNEL:
            return url_for("citizen.channel", slug=slug, service_key=settled.service)
        case _:
            return url_for(
                "citizen.begin",
                slug=slug,
                service_key=settled.service,
                channel_name=settled.channel,
            )


def onward(within: Municipality, choices: Choices) -> str:
    """Address of the first open question of the choices that stand in the address; before it, once,
    of what is to be read about the service."""
    settled = flow.settle(within, choices)
    if settled.service and choices.channel is None and worth_reading(within, settled):
        return url_of(Step.CHANNEL, within, settled)
    return url_of(flow.next_step(within, settled), within, settled)


def worth_reading(within: Municipality, settled: Choices) -> bool:
    """Whether the page of the service says more than its name."""
    service = within.service(settled.service) if settled.service else None
    return service is not None and bool(service.description.el or service.documents)


def back_from(step: Step, within: Municipality, choices: Choices) -> str:
    """Where «Πίσω» leads: the question before ``step``, at first the list of municipalities."""
    settled = flow.settle(within, choices)
    shown = flow.steps(within, settled)
    before = shown[: shown.index(step)] if step in shown else ()
    if step in {Step.DECLARATION, Step.SLOT} and worth_reading(within, settled):
        before = (Step.CHANNEL,)
    return url_of(before[-1], within, settled) if before else url_for("citizen.municipality")


def choices_of(chosen: Chosen) -> Choices:
    return Choices(chosen.service.group, chosen.service.key, chosen.channel.channel)


def open_declaration(chosen: Chosen, draft: Draft) -> Declaration | None:
    """The first declaration of the service that is not answered and, where needed, confirmed."""
    for key in chosen.service.declarations:
        declaration = chosen.municipality.declaration(key)
        if declaration is not None and not is_settled(declaration, draft):
            return declaration
    return None


def is_settled(declaration: Declaration, draft: Draft) -> bool:
    answer = flow.answer_of(declaration, draft.declarations.get(declaration.key, ""))
    if answer is None:
        return False
    match flow.verdict(answer):
        case flow.Verdict.GO_ON:
            return True
        case flow.Verdict.STOP:
            return False
        case _:
            return confirmation_of(declaration, answer.value) in draft.confirmed


def confirmation_of(declaration: Declaration, value: str) -> str:
    """What is remembered of a confirmed second page; a new version must be confirmed anew."""
    return f"{declaration.key}@{declaration.version}={value}"


def next_step(chosen: Chosen) -> str:
    """Address of the first page that is still open for this session's draft."""
    declaration = open_declaration(chosen, drafting.for_choice(chosen))
    if declaration is not None:
        return chosen.url("declaration", key=declaration.key)
    return chosen.url("slot")


def so_far(
    within: Municipality, choices: Choices | None = None, *, until: Step | None = None
) -> list[Row]:
    """The choices beside the question, each with the page that changes it."""
    settled = flow.settle(within, choices or Choices())
    rows = [
        (gettext("Δήμος"), within.name.in_language(language()), url_for("citizen.municipality"))
    ]
    for step in flow.steps(within, settled):
        if step is until:
            break
        if (row := _row(step, within, settled)) is not None:
            rows.append(row)
    return rows


def _row(step: Step, within: Municipality, settled: Choices) -> Row | None:
    url = url_of(step, within, settled) if step is not Step.SERVICE or settled.group else ""
    match step:
        case Step.GROUP if settled.group and (group := within.group(settled.group)):
            return gettext("Ομάδα υπηρεσιών"), group.title.in_language(language()), url
        case Step.SERVICE if settled.service and (service := within.service(settled.service)):
            return gettext("Υπηρεσία"), service.title.in_language(language()), url
        case Step.CHANNEL if settled.channel:
            return gettext("Τρόπος εξυπηρέτησης"), channel_label(settled.channel), url
        case _:
            return None
