"""The whole way in English: no Greek word on any page or in the mail; the staff read Greek."""

from __future__ import annotations

import pytest

from connectors.contract import MailboxRef
from tests.booking_web.citizen.test_translations import GREEK
from tests.booking_web.citizen.test_unsettled import drain
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House

JANE = {"onoma": "Jane Smith", "email": "jane@example.org", "tilefono": "+44 7911 123456"}
KAVALA = "/d/kavala/mayor-office-appointment/teleconference"


class Reader:
    """Looks at every page for Greek letters outside what is marked as Greek."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.stray: dict[str, str] = {}

    def see(self, visitor: Visitor) -> Visitor:
        page = visitor.html
        assert page.get("lang") == "en"
        for marked in page.cssselect("[lang=el]"):
            marked.text = ""
        for element in page.iter():
            said = [element.text, element.tail, *element.attrib.values()]
            for text in said:
                if isinstance(text, str) and GREEK.search(text):
                    self.stray[visitor.url] = text.strip()
        return visitor


@pytest.fixture
def reader(visitor: Visitor) -> Reader:
    visitor.get("/?lang=en")
    return Reader(visitor)


def book(reader: Reader) -> str:
    visitor, see = reader.visitor, reader.see
    see(visitor.get(f"{HOUSING}/declaration/housing-benefit"))
    see(visitor.press("Continue"))
    see(visitor.press("Continue", apantisi="yes-already"))
    see(visitor.press("Continue"))
    see(visitor.get(f"{HOUSING}/declaration/housing-benefit/otherwise"))
    visitor.get(f"{HOUSING}/declaration/housing-benefit/next")
    see(visitor.press("Continue", epivevaiosi="1"))
    see(visitor.press("Continue"))
    see(visitor.get(f"{HOUSING}/slot/list"))
    see(visitor.get(f"{HOUSING}/slot?zoni=Australia/Sydney"))
    see(visitor.press("Continue", ora=visitor.times()[0]))
    see(visitor.press("Continue", email="jane"))
    see(visitor.press("Continue", **JANE, synainesi="1"))
    see(visitor.press("Book"))
    return visitor.reference


def test_choosing_and_reading(reader: Reader) -> None:
    visitor = reader.visitor
    pages = ["/", "/?dimos=", "/d/kalamata/", "/d/kalamata/group/social-care"]
    pages += ["/d/kalamata/housing-benefit", "/d/kavala/mayor-office-appointment", "/nothing"]
    pages += ["/page/municipalities", "/page/municipality/kalamata", "/booking/AAA-AAA", "/leave"]
    for page in ("help", "privacy", "accessibility", "contact", "booking"):
        pages += [f"/page/{page}", f"/page/{page}?dimos=kalamata"]
    for start in ("/d/kalamata/", "/d/kavala/"):
        visitor.get(start)
        pages += [each.get("href") for each in visitor.html.cssselect(".rv-links a, .rv-footer a")]
    for page in dict.fromkeys(pages):
        reader.see(visitor.get(page))
    assert reader.stray == {}


def test_booking_and_managing(house: House, reader: Reader) -> None:
    reference = book(reader)
    visitor, base = reader.visitor, f"/booking/{reference}"
    for page in ("", "/print", "/reschedule", "/reschedule/details", "/cancel"):
        reader.see(visitor.get(base + page))
    mail = drain(house).sent[0]
    reader.see(visitor.press("Yes, cancel"))
    assert reader.stray == {}
    assert not GREEK.search(mail.subject + mail.text)
    assert "Housing Benefit" in mail.text


def test_the_staff_event_of_a_booking_in_english_is_greek(house: House, reader: Reader) -> None:
    reference = book(reader)
    (event,) = (
        event
        for name in ("pronoia1", "pronoia2")
        for event in house.memory.events(
            MailboxRef(f"{name}@kalamata.example", f"{name}@kalamata.example/rantevou/")
        )
    )
    assert event.reference == reference
    assert "Επίδομα Στέγασης" in event.subject
    assert "Φυσική παρουσία" in event.body
    assert "Housing" not in event.subject + event.body


def test_a_teleconference_in_english(house: House, reader: Reader) -> None:
    visitor, see = reader.visitor, reader.see
    see(visitor.get(f"{KAVALA}/slot"))
    see(visitor.press("Continue", ora=visitor.times()[-1]))
    see(visitor.press("Continue", **JANE, **{"q-subject": "Certificate"}, synainesi="1"))
    see(visitor.press("Book")).follow("Join the meeting")
    see(visitor)
    mail = drain(house).sent[0]
    assert reader.stray == {}
    assert not GREEK.search(mail.subject + mail.text)
