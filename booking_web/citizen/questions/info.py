"""The links panel and the pages behind it, and the four pages of the footer."""

from __future__ import annotations

from datetime import date

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.model import NotOffered
from booking.words import dates
from booking_web.citizen import chosen as choice
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.privacy import kept_by
from booking_web.citizen.questions.finding import finding
from booking_web.current import gettext, language
from booking_web.texts import html
from mapping.model import InfoPage, Municipality

#: Footer page → kind of a municipality's own page that replaces ours.
_OWN_KIND = {
    "help": "faq",
    "privacy": "privacy",
    "contact": "contact",
    "accessibility": "accessibility",
}
#: When the statement of accessibility was last looked over; the law asks for it every year.
STATEMENT_OF = date(2026, 11, 22)


def links_panel(within: Municipality | None) -> list[tuple[str, str]]:
    """«Χρήσιμοι σύνδεσμοι»: address and words."""
    if within is None:
        return [
            (url_for("citizen.footer_page", page="help"), gettext("Συχνές Ερωτήσεις")),
            (url_for("citizen.municipalities"), gettext("Δήμοι και υπηρεσίες")),
            (
                url_for("citizen.footer_page", page="privacy"),
                gettext("Ενημέρωση για την επεξεργασία Προσωπικών Δεδομένων"),
            ),
            (url_for("citizen.footer_page", page="contact"), gettext("Επικοινωνία")),
        ]
    return [
        (_address(within, page), page.label.in_language(language()))
        for page in within.info_pages
        if page.listed
    ]


def _address(within: Municipality, page: InfoPage) -> str:
    return page.url or url_for("citizen.info_page", slug=within.slug, page=page.key)


def privacy_link(within: Municipality) -> tuple[str, str]:
    """The page that the consent text refers to, with its words."""
    own = next((page for page in within.info_pages if page.kind == "privacy"), None)
    if own is not None:
        return _address(within, own), own.label.in_language(language())
    url = url_for("citizen.footer_page", page="privacy", dimos=within.slug)
    return url, gettext("Προσωπικά δεδομένα")


@blueprint.get("/d/<slug>/info/<page>")
def info_page(slug: str, page: str) -> Response | str:
    within = choice.municipality(slug)
    found = within.info_page(page)
    if found is None:
        raise NotOffered
    if found.url:
        return redirect(found.url, 303)
    return render_template(
        "citizen/info.html",
        title=found.label.in_language(language()),
        kind=found.kind,
        body=html(found.text.in_language(language())),
        kept=kept_by(within) if found.kind == "privacy" else [],
        links=links_panel(within),
        back=url_for("citizen.group", slug=slug),
    )


@blueprint.get("/page/<any(help, privacy, accessibility, contact, booking):page>")
def footer_page(page: str) -> Response | str:
    """A page of the house, or the municipality's own where it has one."""
    if page == "booking":  # its address in mails and links of before
        return redirect(url_for("citizen.find"), 303)
    within = _municipality_asked()
    if within is not None and (kind := _OWN_KIND.get(page)):
        own = next((each for each in within.info_pages if each.kind == kind), None)
        if own is not None:
            return redirect(_address(within, own), 303)
    return render_template(
        f"citizen/page_{page}.html",
        links=links_panel(within),
        back=url_for("citizen.group", slug=within.slug)
        if within
        else url_for("citizen.municipality"),
        asked=within,
        prepared=dates.day_of_month(STATEMENT_OF, language=language()),
        kept=kept_by(within) if within is not None and page == "privacy" else [],
        finding=finding() if page == "contact" else None,
    )


def _municipality_asked() -> Municipality | None:
    slug = request.args.get("dimos")
    if not slug:
        return None
    found = choice.municipality(slug)
    g.municipality = found
    return found
