"""What an employee writes with any CalDAV client leaves page and API, and comes back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.product.outlook import Outlook
from tests.product.product import Calendar, Product, until, utc_stamp

#: It takes 10 s, and nobody does anything for it; the rest is room for a busy machine.
SECONDS = 90


@pytest.fixture(scope="module")
def service(product: Product) -> dict[str, Any]:
    return product.service("kalamata", "Επίδομα Στέγασης")


@pytest.fixture(scope="module")
def pool(product: Product, service: dict[str, Any]) -> list[Calendar]:
    """All calendars of Kalamata: an entry in each of them takes a slot off."""
    return list(product.calendars("kalamata").values())


def write_over(pool: list[Calendar], *lines: str) -> str:
    name = uuid.uuid4().hex
    for calendar in pool:
        calendar.put(name, *lines)
    return name


def remove(pool: list[Calendar], name: str) -> None:
    for calendar in pool:
        calendar.remove(name)


def offered(product: Product, service: dict[str, Any], starts_at: str) -> bool:
    return starts_at in product.slots(service, "in_person")


def page_offers(product: Product, service: dict[str, Any], starts_at: str) -> bool:
    """Whether the citizen's month of the slot links to its day (no script)."""
    municipality, key = service["id"].split(".", 1)
    day = datetime.fromisoformat(starts_at)
    page = requests.get(
        f"{product.web}/d/{municipality}/{key}/in_person/slot",
        params={"minas": f"{day:%Y-%m}"},
        timeout=30,
    )
    assert page.status_code == 200
    assert "rv-cal" in page.text
    return f"imera={day:%Y-%m-%d}" in page.text


#: What an employee may write, over a slot that starts at ``start``.
ENTRIES = {
    "a meeting": ["DTSTART:{start}", "DTEND:{end}", "SUMMARY:Σύσκεψη"],
    "a series": [
        "DTSTART:{before}",
        "DTEND:{before_end}",
        "RRULE:FREQ=WEEKLY;COUNT=20",
        "SUMMARY:s",
    ],
    "leave of a whole day": [
        "DTSTART;VALUE=DATE:{day}",
        "DTEND;VALUE=DATE:{next_day}",
        "SUMMARY:Άδεια",
    ],
}


def content(lines: list[str], slot: str) -> list[str]:
    start = datetime.fromisoformat(slot)
    end = start + timedelta(minutes=30)
    values = {
        "start": utc_stamp(start),
        "end": utc_stamp(end),
        # A week earlier on the wall clock: the series reaches the slot by repetition only.
        "before": (start - timedelta(days=7)).replace(tzinfo=None).strftime("%Y%m%dT%H%M%S"),
        "before_end": (end - timedelta(days=7)).replace(tzinfo=None).strftime("%Y%m%dT%H%M%S"),
        "day": start.strftime("%Y%m%d"),
        "next_day": (start + timedelta(days=1)).strftime("%Y%m%d"),
    }
    return [line.format(**values) for line in lines]


def of_different_weekdays(slots: list[str], count: int) -> list[str]:
    """So that neither a series nor a day of leave over one of them takes another one off."""
    found: dict[int, str] = {}
    for slot in slots[6:]:
        found.setdefault(datetime.fromisoformat(slot).weekday(), slot)
    return list(found.values())[:count]


@dataclass
class Written:
    """Entries of every kind, all written at the same moment."""

    slots: dict[str, str]  #: by kind of entry
    names: dict[str, str]


@pytest.fixture(scope="module")
def written(product: Product, service: dict[str, Any], pool: list[Calendar]) -> Written:
    chosen = of_different_weekdays(product.slots(service, "in_person"), len(ENTRIES))
    slots = dict(zip(ENTRIES, chosen, strict=True))
    names = {
        what: write_over(pool, *content(lines, slots[what])) for what, lines in ENTRIES.items()
    }
    return Written(slots, names)


@pytest.fixture(scope="module")
def removed(
    written: Written, product: Product, service: dict[str, Any], pool: list[Calendar]
) -> Written:
    """They were all seen, and are all deleted at the same moment."""
    for what, slot in written.slots.items():
        gone(product, service, slot, what)
    for name in written.names.values():
        remove(pool, name)
    return written


def gone(product: Product, service: dict[str, Any], slot: str, what: str) -> None:
    until(
        lambda: not offered(product, service, slot),
        seconds=SECONDS,
        what=f"{what} takes {slot} off",
    )


@pytest.mark.parametrize("what", ENTRIES)
def test_an_entry_takes_the_slot_off(
    product: Product, service: dict[str, Any], written: Written, what: str
) -> None:
    gone(product, service, written.slots[what], what)


@pytest.mark.parametrize("what", ENTRIES)
def test_its_removal_brings_the_slot_back(
    product: Product, service: dict[str, Any], removed: Written, what: str
) -> None:
    slot = removed.slots[what]
    until(
        lambda: offered(product, service, slot),
        seconds=SECONDS,
        what=f"{slot} is back after {what}",
    )


def test_a_moved_occurrence_blocks_where_it_went_and_frees_where_it_was(
    product: Product, service: dict[str, Any], pool: list[Calendar]
) -> None:
    free = product.slots(service, "in_person")
    old, new = free[9], free[10]
    was, goes = datetime.fromisoformat(old), datetime.fromisoformat(new)
    base = was - timedelta(days=7)
    local = "%Y%m%dT%H%M%S"
    series = [
        f"DTSTART;TZID=Europe/Athens:{base.strftime(local)}",
        "DURATION:PT30M",
        "RRULE:FREQ=WEEKLY;COUNT=2",
        "SUMMARY:series",
    ]
    name = write_over(pool, *series)
    until(lambda: not offered(product, service, old), seconds=SECONDS, what="the series blocks")
    moved = [
        "END:VEVENT",
        "BEGIN:VEVENT",
        f"UID:{name}",
        "DTSTAMP:20260101T000000Z",
        f"RECURRENCE-ID;TZID=Europe/Athens:{was.strftime(local)}",
        f"DTSTART;TZID=Europe/Athens:{goes.strftime(local)}",
        "DURATION:PT30M",
        "SUMMARY:moved",
    ]
    for calendar in pool:
        calendar.put(name, *series, *moved)
    until(lambda: offered(product, service, old), seconds=SECONDS, what="the old time is free")
    until(lambda: not offered(product, service, new), seconds=SECONDS, what="the new time is taken")
    remove(pool, name)
    until(
        lambda: offered(product, service, new), seconds=SECONDS, what="the new time is free again"
    )


def test_the_citizens_page_follows_a_day_of_leave_in_either_system(product: Product) -> None:
    """The pool has a calendar on CalDAV and one on Microsoft 365: both must be away."""
    service = product.service("kavala", "Αυτοτελές Τμήμα")
    pool, outlook = list(product.calendars("grafeio3@kavala").values()), Outlook(product)
    slot = product.slots(service, "in_person", days=7)[-1]
    day = datetime.fromisoformat(slot)
    until(lambda: page_offers(product, service, slot), seconds=SECONDS, what="the page offers")
    name = write_over(
        pool,
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        "SUMMARY:Άδεια",
    )
    leave = outlook.put_day("grafeio1@kavala.example", day.date(), show_as="oof")
    until(
        lambda: not page_offers(product, service, slot),
        seconds=SECONDS,
        what="the day leaves the page",
    )
    outlook.remove("grafeio1@kavala.example", leave)
    until(lambda: page_offers(product, service, slot), seconds=SECONDS, what="the day is back")
    remove(pool, name)
