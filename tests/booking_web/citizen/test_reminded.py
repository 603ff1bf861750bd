"""Who will be reminded reads it where the booking is confirmed; who is too near to it does not."""

from __future__ import annotations

import pytest

from tests.booking_web.citizen.visitor import MARIA, Visitor


@pytest.mark.parametrize(
    ("time", "reminded"),
    [("2027-01-12T10:30Z", False), ("2027-01-19T10:30Z", True)],
)
def test_the_confirmation_says_whether_a_reminder_comes(
    visitor: Visitor, time: str, reminded: bool
) -> None:
    visitor.at_details(time=time).press("Συνέχεια", **{**MARIA, "synainesi": "1"})
    visitor.press("Κράτηση")
    assert visitor.heading == "Το ραντεβού σας κλείστηκε"
    assert ("και υπενθύμιση πριν από το ραντεβού" in visitor.text) is reminded
    assert ("We will also send you a reminder" in visitor.follow("English").text) is reminded
