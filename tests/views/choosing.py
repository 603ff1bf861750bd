"""Scenes of the public pages: from the list of municipalities to the confirmation."""

from __future__ import annotations

from datetime import timedelta

from connectors.contract import Period
from connectors.errors import TryLater
from tests.booking_web.citizen.test_flow import PRONOIA
from tests.booking_web.citizen.test_held import LONGER
from tests.booking_web.citizen.test_many_municipalities import all_of_greece
from tests.booking_web.citizen.test_telephone import by_telephone
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.views.gallery import Stage, scene, scene_where

INCOME = "/d/kalamata/guaranteed-minimum-income/in_person"
#: A network address, as documents name it.
HOME = "192.0.2.7"
KAVALA = "/d/kavala/mayor-office-appointment"
LIMITS = "\nfair_access: {per_person: 1, per_network: 2}\nopening_hours:"


@scene
def choosing(stage: Stage) -> None:
    one = stage.visitor()
    for name, path in (
        ("start", "/"),
        ("group", "/d/kalamata/"),
        ("service", "/d/kalamata/group/social-care"),
        ("channel", "/d/kalamata/housing-benefit"),
        ("declaration", f"{HOUSING}/declaration/housing-benefit"),
        ("declaration-otherwise", f"{HOUSING}/declaration/housing-benefit/otherwise"),
        ("begin", f"{KAVALA}/in_person"),
    ):
        stage.see(name, one.get(path))
    stage.see("start-error", one.get("/?dimos="), status=422)
    one.get(f"{HOUSING}/declaration/housing-benefit")
    stage.see("declaration-error", one.press("Συνέχεια"), status=422)
    stage.see("declaration-confirm", one.press("Συνέχεια", apantisi="yes-already"))
    stage.see("declaration-confirm-error", one.press("Συνέχεια"), status=422)


@scene
def many_municipalities(stage: Stage) -> None:
    all_of_greece(stage.house)
    one = stage.visitor()
    stage.see("start-many", one.get("/"))
    stage.see("start-found", one.get("/?anazitisi=κερκυρα"))
    stage.see("start-not-found", one.get("/?anazitisi=Ατλαντίδα"))
    stage.see("page-municipalities-many", one.get("/page/municipalities"))
    stage.see("page-contact-found", one.get("/page/contact?anazitisi=kavala"))


@scene
def calendar(stage: Stage) -> None:
    one = stage.visitor().at_calendar()
    stage.see("calendar", one)
    stage.see("calendar-zone", one.get(f"{HOUSING}/slot?zoni=Australia/Sydney"))
    stage.see("calendar-list", one.get(f"{HOUSING}/slot/list"))
    one.get(f"{HOUSING}/slot")
    stage.see("calendar-error", one.press("Συνέχεια"), status=422)
    one.get(f"{HOUSING}/slot")
    stage.see("details", one.press("Συνέχεια", ora=one.times()[0]))
    stage.see("details-errors", one.press("Συνέχεια", email="μαρία"), status=422)
    stage.see("check", one.press("Συνέχεια", **MARIA, synainesi="1"))
    stage.see("confirmation", one.press("Κράτηση"))


@scene
def calendar_out_of_luck(stage: Stage) -> None:
    one, house = stage.visitor().at_check(), stage.house
    house.clock.forward(minutes=65)
    house.read_calendars()
    stage.see("hold-lapsed", one.get(one.url))
    two = stage.visitor().at_check()
    start = house.clock.at.replace(hour=10, minute=30)
    for mailbox in PRONOIA:
        house.memory.put_foreign(mailbox, Period(start, start + timedelta(minutes=40)))
    stage.see("slot-taken", two.press("Κράτηση"), status=409, once=True)
    for mailbox in PRONOIA:
        house.memory.put_foreign(mailbox, Period(house.clock.at, house.clock.at + timedelta(99)))
    house.read_calendars()
    stage.see("calendar-full", two.get(f"{HOUSING}/slot"))
    stage.see("calendar-full-list", two.get(f"{HOUSING}/slot/list"))
    for mailbox in house.mailboxes()[-2:]:
        house.memory.lose_mailbox(mailbox)
    house.clock.forward(minutes=1)
    house.read_calendars()
    stage.see("calendar-unreachable", two.get(f"{KAVALA}/in_person/slot"))
    stage.see("calendar-unreachable-list", two.get(f"{KAVALA}/in_person/slot/list"))
    stage.see("calendar-partly", two.get(f"{KAVALA}/teleconference/slot"))


@scene
def keeping_the_time(stage: Stage) -> None:
    one, house = stage.visitor().at_details(), stage.house
    house.clock.forward(minutes=8)
    stage.see("details-kept-longer", one.press(LONGER, onoma="Μαρία", perissotero="1"))
    one.press("Συνέχεια", **MARIA, synainesi="1")
    house.clock.forward(minutes=11)
    stage.see("check-not-kept", one.get(one.url))
    one.get(f"{HOUSING}/details")
    stage.see("details-not-kept", one)


@scene_where(lambda text: text.replace("\nopening_hours:", LIMITS, 1))
def limits(stage: Stage) -> None:
    stage.visitor(HOME).booked()
    stage.see("limit-of-person", stage.visitor().at_check(), status=409)
    second = stage.visitor(HOME).at_check(email="nikos@example.gr", tilefono="6900000000")
    second.press("Κράτηση")
    third = stage.visitor(HOME).at_check(email="eleni@example.gr", tilefono="6900000001")
    stage.see("limit-of-network", third, status=429)


@scene_where(by_telephone)
def telephone(stage: Stage) -> None:
    one = stage.visitor()
    stage.see("channel-telephone", one.get("/d/kalamata/housing-benefit"))
    one.press("Συνέχεια", kanali="telephone").press("Συνέχεια", apantisi="no-first-time")
    stage.see("calendar-telephone", one)
    one.press("Συνέχεια", ora=one.times()[0]).press("Συνέχεια", **MARIA, synainesi="1")
    stage.see("check-telephone", one)
    stage.see("confirmation-telephone", one.press("Κράτηση"))


@scene
def confirming(stage: Stage) -> None:
    one = stage.visitor().at_check()
    stage.house.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    stage.see("confirming", one.press("Κράτηση"), status=202)
    stage.see("appointment-pending", one.get(f"/booking/{one.reference}"))


@scene
def reading(stage: Stage) -> None:
    one = stage.visitor()
    for page in ("help", "privacy", "accessibility", "contact", "municipalities"):
        stage.see(f"page-{page}", one.get(f"/page/{page}"))
    for slug in ("kalamata", "kavala"):
        stage.see(f"page-municipality-{slug}", one.get(f"/page/municipality/{slug}"))
    for page in ("accessibility", "privacy", "help", "contact"):
        stage.see(f"page-{page}-kavala", one.get(f"/page/{page}?dimos=kavala"))
    one.get("/d/kavala/")
    for link in [each.get("href") for each in one.html.cssselect(".rv-links a")]:
        if link.startswith("/d/kavala/info/"):
            stage.see(f"info-{link.rsplit('/', 1)[-1]}", one.get(link))


@scene
def errors(stage: Stage) -> None:
    app = stage.app

    def broken() -> str:
        raise RuntimeError

    app.add_url_rule("/broken", view_func=broken)
    app.testing = False
    one = stage.visitor()
    stage.see("error-not-found", one.get("/nothing"), status=404)
    stage.see("error-no-access", one.get("/booking/AAA-AAA"), status=403)
    stage.see("error-not-allowed", one.get("/leave"), status=405)
    stage.see("error-broken", one.get("/broken"), status=500)
    at_kavala_details(one)
    stage.see("details-open-too-long", one.press("Συνέχεια", csrf_token="old"), status=400)
    one.get(f"{KAVALA}/teleconference/slot")
    stage.see("error-stale-form", one.press("Συνέχεια", csrf_token="old"), status=400)


def at_kavala_details(one: Visitor, channel: str = "teleconference") -> Visitor:
    one.get(f"{KAVALA}/{channel}/slot")
    return one.press("Συνέχεια", ora=one.times()[0])


def booked_at_kavala(one: Visitor, channel: str = "teleconference") -> str:
    at_kavala_details(one, channel)
    one.press("Συνέχεια", **MARIA, **{"q-subject": "Βεβαίωση", "synainesi": "1"})
    return one.press("Κράτηση").reference
