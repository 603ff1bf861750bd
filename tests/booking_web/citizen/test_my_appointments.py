"""Whoever signed in with TAXISnet codes finds what they booked, and is asked nothing more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mapping.model import SignIn
from tests.booking_web.citizen.registered import Stage, registered, sign_in, staged
from tests.booking_web.citizen.test_manage import mailed
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House
from tests.servers.gsis.people import DESPOINA, EFTYCHIA

FIND = "/booking/find"


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with registered(house) as gsis:
        yield staged(house, gsis, SignIn.OFFERED)


def booked(stage: Stage, *, whose: str = "emena") -> str:
    visitor = sign_in(stage.visitor()).press("Συνέχεια", apantisi="no-first-time")
    visitor.press("Συνέχεια", ora=visitor.times()[0])
    typed = {"email": MARIA["email"], "tilefono": MARIA["tilefono"], "synainesi": "1"}
    name = {"onoma": "Νίκος Βάβουλας"} if whose == "allon" else {}
    visitor.press("Συνέχεια", **typed, **name, gia=whose).press("Κράτηση")
    return visitor.reference


def listed(visitor: Visitor) -> list[str]:
    return [each.get("href") for each in visitor.get(FIND).html.cssselect("main ul a[href^='/b']")]


def test_they_are_listed_and_opened_without_reference_and_digits(stage: Stage) -> None:
    reference = booked(stage)
    other = stage.visitor().get(FIND)
    assert listed(other) == []
    address = next(a for a in other.html.cssselect("main a") if "TAXISnet" in a.text_content())
    assert "to=" in address.get("href")
    sign_in(other, to=FIND)
    assert other.url == FIND
    assert listed(other) == [f"/booking/{reference}"]
    other.get(f"/booking/{reference}/cancel")
    assert not other.html.cssselect("#psifia")
    assert other.press("Ναι, ακύρωση").heading == "Το ραντεβού ακυρώθηκε"
    assert "δεν ισχύει" in other.get(FIND).text
    stage.house.clock.forward(days=2)
    sign_in(other, to=FIND)
    assert listed(other) == []


def test_a_mailed_link_asks_whoever_signed_in_for_no_digits(stage: Stage) -> None:
    reference = booked(stage, whose="allon")
    other = sign_in(stage.visitor(), to=FIND)
    assert listed(other) == [], "it is another person's"
    other.get(f"{mailed(stage.house, reference)}/cancel")
    assert not other.html.cssselect("#psifia")


def test_nobody_else_sees_them_and_a_typed_number_proves_nothing(
    stage: Stage, visitor: Visitor
) -> None:
    reference = booked(stage)
    other = sign_in(stage.visitor(), DESPOINA, to=FIND)
    assert listed(other) == []
    for each in (reference, "AAA-AAA"):
        assert other.get(f"/booking/{each}").status == 403
    other.get(f"{mailed(stage.house, reference)}/cancel")
    assert other.html.cssselect("#psifia")
    visitor.at_details()
    typed = {**MARIA, "synainesi": "1", "q-afm": DESPOINA.taxid}
    visitor.press("Συνέχεια", **typed).press("Κράτηση")
    assert listed(other) == []
    assert other.get(f"/booking/{visitor.reference}").status == 403
    assert listed(sign_in(stage.visitor(), EFTYCHIA, to=FIND)) == [f"/booking/{reference}"]
