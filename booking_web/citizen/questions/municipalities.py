"""The front page, where a municipality is chosen, and what each of them offers."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking_web.citizen import chosen as choice
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.questions.finding import finding
from booking_web.citizen.questions.info import links_panel
from booking_web.current import gettext, language
from mapping import flow
from mapping.model import Municipality


@blueprint.get("/")
def municipality() -> Response | str:
    offered = finding()
    answer = request.args.get("dimos")
    if answer in {each.slug for each in offered.everybody}:
        return redirect(url_for("citizen.group", slug=answer), 303)
    error = gettext("Επιλέξτε Δήμο από τη λίστα") if answer is not None else ""
    page = render_template(
        "citizen/municipality.html",
        heading=choice.heading(None),
        finding=offered,
        options=[(each.slug, each.list_name.in_language(language())) for each in offered.everybody],
        errors={"dimos": error} if error else {},
        links=links_panel(None),
    )
    return make_response(page, 422) if error else page


@blueprint.get("/page/municipalities")
def municipalities() -> str:
    """Every municipality, each with the page of its services."""
    return render_template(
        "citizen/municipalities.html",
        finding=finding(),
        links=links_panel(None),
        back=url_for("citizen.municipality"),
    )


@blueprint.get("/page/municipality/<slug>")
def services(slug: str) -> str:
    """What one municipality offers: by group, with documents, length and channels."""
    within = choice.municipality(slug)
    return render_template(
        "citizen/services.html",
        within=within,
        groups=_groups(within),
        links=links_panel(within),
        back=url_for("citizen.municipalities"),
    )


def _groups(within: Municipality) -> list[tuple[str, list[choice.AboutService]]]:
    """Title of each group, and what is known of its services."""
    return [
        (
            group.title.in_language(language()),
            [choice.about(within, each) for each in flow.services(within, group.key)],
        )
        for group in flow.groups(within)
    ]
