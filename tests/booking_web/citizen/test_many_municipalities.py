"""All 332 municipalities of Greece on the front page: found by typing, without a script."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from flask import Flask

from booking import catalogue
from booking.store import UnitOfWork
from booking_web.app import create_app
from mapping.model import LocalText, Municipality
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House
from tests.greece import MUNICIPALITIES
from tests.mapping.test_finding import as_listed


def all_of_greece(house: House) -> None:
    """Beside the two samples 330 towns that have a name and nothing else."""
    known = {each.slug: each for each in catalogue.municipalities(house.desk)}
    numbers = count(1)

    def work(uow: UnitOfWork) -> list[tuple[Municipality, int]]:
        added = []
        for name in MUNICIPALITIES:
            if name in {"Καλαμάτας", "Καβάλας"}:
                continue
            english = "Municipality of Athens" if name == "Αθηναίων" else ""
            town = replace(
                known["kavala"],
                slug=f"town-{next(numbers)}",
                name=LocalText(f"Δήμος {name}", english),
                list_name=LocalText(as_listed(name), english.upper()),
                genitive=LocalText(name),
                mailboxes=(),
            )
            added.append((town, uow.catalogue.add(slug=town.slug, text="", by="test", at=uow.now)))
        return added

    for town, revision in house.desk.store.transact(work):
        catalogue.prime(house.desk.store, municipality=town, revision=revision)


@pytest.fixture
def app(house: House) -> Flask:
    all_of_greece(house)
    return create_app(house.desk, audiences=(("booking_web.citizen", True),))


def found(visitor: Visitor) -> list[str]:
    return [each.text_content() for each in visitor.html.cssselect(".rv-menu a")]


def test_a_municipality_is_found_by_what_people_type(visitor: Visitor) -> None:
    visitor.get("/")
    assert len(visitor.html.cssselect("option")) == 1 + 332
    assert found(visitor) == []
    for typed in ("καλαμάτα", "KALAMATA", "Δήμος Καλαμάτας", "  kalamata "):
        visitor.get("/").press("Αναζήτηση", anazitisi=typed)
        assert found(visitor) == ["ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ"]
    assert "Βρέθηκε 1 Δήμος για «kalamata»." in visitor.text
    assert visitor.html.get_element_by_id("anazitisi").get("value") == "kalamata"
    visitor.follow("ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ")
    assert visitor.heading == "Εξυπηρέτηση με ραντεβού από τον Δήμο ΚΑΛΑΜΑΤΑΣ"


def test_english_names_are_found_too(visitor: Visitor) -> None:
    visitor.get("/?lang=en").press("Search", anazitisi="Athens")
    assert found(visitor) == ["MUNICIPALITY OF ATHENS"]
    assert "1 municipality found for “Athens”." in visitor.text


def test_what_is_not_found_says_what_to_do(visitor: Visitor) -> None:
    visitor.get("/").press("Αναζήτηση", anazitisi='<b>"Ατλαντίδα"</b>')
    assert found(visitor) == []
    assert "Δεν βρέθηκε Δήμος" in visitor.text
    assert "τηλεφωνήστε του" in visitor.text
    assert "<b>" not in visitor.page.text
    assert found(visitor.press("Αναζήτηση", anazitisi=" ")) == []
    assert visitor.status == 200


def test_too_many_are_not_all_shown(visitor: Visitor) -> None:
    visitor.get("/").press("Αναζήτηση", anazitisi="α")
    assert len(found(visitor)) == 20
    assert "γράψτε περισσότερα γράμματα" in visitor.text


def test_the_list_without_a_search_stays(visitor: Visitor) -> None:
    visitor.get("/").press("Συνέχεια", dimos="kavala")
    assert visitor.url.endswith("/d/kavala/")


def test_services_and_addresses_are_found_by_the_same_search(visitor: Visitor) -> None:
    visitor.get("/page/municipalities")
    assert len(visitor.html.cssselect("main li a")) > 332
    visitor.press("Αναζήτηση", anazitisi="Καλαματα").follow("Δήμος Καλαμάτας")
    assert "Θα χρειαστεί να έχετε μαζί σας: Δελτίο αστυνομικής" in visitor.text
    visitor.follow("Επίδομα Στέγασης")
    assert "Φυσική Παρουσία" in visitor.text
    visitor.get("/page/contact").press("Αναζήτηση", anazitisi="Καλαμάτα")
    assert "rantevou@kalamata.example" in visitor.text
    assert "rantevou@kavala.example" not in visitor.text


def test_the_front_page_stays_light(visitor: Visitor) -> None:
    assert len(visitor.get("/").page.data) < 60_000
