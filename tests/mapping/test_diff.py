"""What an import would change, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mapping.diff import Change, ChangeKind, describe_changes, faults
from mapping.model import Closure, LocalText, Mailbox, Municipality
from tests.mapping.minimal import municipality

TOWN = municipality()
SERVICE = TOWN.services[0]


def words(old: Municipality | None, new: Municipality) -> list[str]:
    return [f"{each.kind} {each.where}: {each.text}" for each in describe_changes(old, new)]


def test_nothing_changes() -> None:
    assert describe_changes(TOWN, municipality()) == ()


def test_a_new_municipality() -> None:
    assert words(None, TOWN) == [
        "added testville: municipality 'Δήμος' is new",
        "added services/benefit: service 'Επίδομα' (30 min; in_person)",
        "added mailboxes/desk@town.example: mailbox desk@town.example (staff anna)",
    ]


def test_changed_values_are_named_with_old_and_new() -> None:
    service = replace(SERVICE, duration_minutes=45, title=LocalText("Νέο", "New"))
    holiday = Closure(date(2026, 8, 10), date(2026, 8, 21), LocalText("Άδεια"))
    assert words(TOWN, replace(TOWN, services=(service,), closures=(holiday,))) == [
        "changed services/benefit/title: title: «Επίδομα» / «Benefit» → «Νέο» / «New»",
        "changed services/benefit/duration_minutes: duration_minutes: 30 → 45",
        "changed closures: closures: nothing → 2026-08-10 to 2026-08-21 (Άδεια)",
    ]


def test_changed_hours() -> None:
    shorter = tuple(each for each in TOWN.opening_hours if each.weekday.value == "monday")
    (change,) = describe_changes(TOWN, replace(TOWN, opening_hours=shorter))
    assert change.where == "opening_hours"
    assert change.text.endswith("→ monday 08:00-14:00")


def test_services_come_and_go() -> None:
    other = replace(SERVICE, key="other", title=LocalText("Άλλη"))
    assert words(TOWN, replace(TOWN, services=(other,))) == [
        "removed services/benefit: service 'Επίδομα' is removed",
        "added services/other: service 'Άλλη' is new",
    ]
    both = replace(TOWN, services=(SERVICE, other))
    assert words(both, replace(both, services=(other, SERVICE))) == [
        "changed services: order: other, benefit"
    ]


def test_a_lost_mailbox_says_what_becomes_of_its_bookings() -> None:
    new = replace(TOWN, mailboxes=(Mailbox("new@town.example", "anna", "calendars"),))
    found = words(TOWN, new)
    assert found[0] == "added mailboxes/new@town.example: mailbox 'new@town.example' is new"
    assert found[1].startswith("removed mailboxes/desk@town.example: mailbox desk@town.example")
    assert "the office gets a task that lists them" in found[1]
    assert len(found) == 2


def test_a_changed_consent_needs_a_new_version() -> None:
    consent = replace(TOWN.consents[0], text=LocalText("Άλλο κείμενο", "Other text"))
    same = replace(TOWN, consents=(consent,))
    (fault,) = faults(describe_changes(TOWN, same))
    assert fault == Change(
        ChangeKind.FAULT,
        "consents/terms",
        "the text changed, but the version is still '1'; write a new version",
    )
    new = replace(TOWN, consents=(replace(consent, version="2"),))
    assert faults(describe_changes(TOWN, new)) == ()
    assert describe_changes(TOWN, new) != ()


def test_a_changed_declaration_needs_a_new_version() -> None:
    declaration = replace(TOWN.declarations[0], question=LocalText("Άλλο;", "Other?"))
    (fault,) = faults(describe_changes(TOWN, replace(TOWN, declarations=(declaration,))))
    assert fault.where == "declarations/already"


def test_another_municipality_is_a_fault() -> None:
    (fault,) = faults(describe_changes(TOWN, replace(TOWN, slug="elsewhere")))
    assert fault.where == "slug"
