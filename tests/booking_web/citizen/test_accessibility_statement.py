"""The statement of accessibility says what the law asks for; a municipality may have its own."""

from __future__ import annotations

from pathlib import Path

from booking_web.app import create_app
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import house

OWN = """info_pages:
  - key: accessibility
    kind: accessibility
    listed: false
    label: {el: Δήλωση προσβασιμότητας, en: Accessibility statement}
    text: {el: Η δική μας δήλωση., en: Our own statement.}
"""


def test_what_the_law_asks_for_is_there(visitor: Visitor) -> None:
    visitor.get("/page/accessibility?dimos=kalamata")
    headings = [each.text_content() for each in visitor.html.cssselect("main h1, main h2")]
    for needed in ("Κατάσταση συμμόρφωσης", "Τι μπορεί να μην είναι προσβάσιμο",
                   "Πότε και πώς καταρτίστηκε", "Αν συναντήσετε εμπόδιο"):  # fmt: skip
        assert needed in headings
    assert "εν μέρει" in visitor.text
    assert "στις 22 Νοεμβρίου 2026" in visitor.text
    assert visitor.html.cssselect("main a[href^='tel:']")
    assert "Συνήγορο του Πολίτη" in visitor.text
    assert "on 22 November 2026" in visitor.get("/page/accessibility?lang=en").text


def test_a_municipality_has_its_own(tmp_path: Path) -> None:
    home = house(tmp_path, edit=lambda text: text.replace("info_pages:\n", OWN, 1))
    visitor = Visitor(create_app(home.desk)).get("/d/kavala/").follow("Δήλωση προσβασιμότητας")
    assert visitor.url == "/d/kavala/info/accessibility"
    assert "Η δική μας δήλωση." in visitor.text
    home.desk.store.close()
