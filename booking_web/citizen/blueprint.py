"""Where the citizen's pages are registered, and what the frame around each of them shows."""

from __future__ import annotations

from flask import Blueprint, g, url_for

from booking_web.citizen.rights import something_to_leave
from booking_web.current import gettext, language
from mapping.model import Municipality

blueprint = Blueprint("citizen", __name__, template_folder="templates")

#: One service by one channel; every page behind it starts with this address.
CHOICE = "/d/<slug>/<service_key>/<any(in_person, teleconference, telephone):channel_name>"


@blueprint.app_context_processor
def frame() -> dict[str, object]:
    """Municipality of the page (None before it is chosen), links and line of the footer."""
    municipality: Municipality | None = g.get("municipality")
    return {
        "municipality": municipality,
        "organisation": municipality.name.in_language(language()) if municipality else "",
        "footer_links": _footer_links(municipality),
        "footer_note": _footer_note(municipality),
        "something_to_leave": something_to_leave(),
    }


def _footer_links(municipality: Municipality | None) -> list[tuple[str, str]]:
    slug = municipality.slug if municipality else None
    pages = (
        ("help", gettext("Βοήθεια")),
        ("privacy", gettext("Προσωπικά δεδομένα")),
        ("accessibility", gettext("Δήλωση προσβασιμότητας")),
        ("contact", gettext("Επικοινωνία")),
    )
    return [
        (url_for("citizen.find"), gettext("Βρείτε το ραντεβού σας")),
        *((url_for("citizen.footer_page", page=page, dimos=slug), words) for page, words in pages),
    ]


def _footer_note(municipality: Municipality | None) -> str:
    if municipality is None:
        return gettext("Υπηρεσία των δήμων που συμμετέχουν.")
    contact = municipality.contact
    call = []
    if contact.phone:
        phone = contact.phone.replace(" ", "\u00a0")
        call.append(gettext("Τηλέφωνο %(phone)s") % {"phone": phone})
    if contact.hours.el:
        call.append(contact.hours.in_language(language()))
    sentences = (contact.office.in_language(language()), ", ".join(call))
    return " ".join(each.rstrip(".") + "." for each in sentences if each)
