"""Walks docs/manual-parity.md: what the manuals show stands on our pages, in the manuals' order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from booking import managing
from tests.booking_web.citizen.test_unsettled import drain
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House
from tests.mapping.test_samples import MANUALS, plain

DOCUMENT = Path(__file__).parents[3] / "docs" / "manual-parity.md"
KAVALA = "/d/kavala/mayor-office-appointment"
_ROW = re.compile(
    r"^\| [^|]+ \| [^|]+ \| `(?P<page>[a-z/]+)` \| (?P<words>[^|]+) \|$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Shown:
    page: str
    words: str


def listed(slug: str) -> list[Shown]:
    rows = [
        Shown(each["page"], each["words"]) for each in _ROW.finditer(DOCUMENT.read_text("utf-8"))
    ]
    return [each for each in rows if each.page.startswith(f"{slug}/")]


def kalamata(house: House, visitor: Visitor) -> dict[str, str]:
    pages = {}
    for name, url in (
        ("start", "/"),
        ("group", "/d/kalamata/"),
        ("service", "/d/kalamata/group/social-care"),
        ("channel", "/d/kalamata/housing-benefit"),
        ("declaration", f"{HOUSING}/declaration/housing-benefit"),
    ):
        pages[name] = visitor.get(url).text
    pages["confirm"] = visitor.press("Συνέχεια", apantisi="yes-already").text
    pages["slot"] = visitor.press("Συνέχεια", epivevaiosi="1").text
    pages["details"] = visitor.press("Συνέχεια", ora=visitor.times()[0]).text
    pages["check"] = visitor.press("Συνέχεια", **{**MARIA, "synainesi": "1"}).text
    pages["confirmation"] = visitor.press("Κράτηση").text
    pages["manage"] = visitor.get(f"/booking/{visitor.reference}").text
    return pages


def kavala(house: House, visitor: Visitor) -> dict[str, str]:
    pages = {}
    for name, url in (
        ("start", "/"),
        ("group", "/d/kavala/"),
        ("service", "/d/kavala/group/mayor-office"),
        ("channel", KAVALA),
        ("slot", f"{KAVALA}/teleconference/slot?imera=2027-01-13"),
    ):
        pages[name] = visitor.get(url).text
    pages["details"] = visitor.press("Συνέχεια", ora=visitor.times()[0]).text
    typed = {**MARIA, "onoma": "Δέσποινα Σαραφείδου", "q-subject": "Βεβαίωση"}
    pages["check"] = visitor.press("Συνέχεια", **typed, synainesi="1").text
    reference = visitor.press("Κράτηση").reference
    pages["manage"] = visitor.get(f"/booking/{reference}").text
    pages["mail"] = drain(house).sent[0].text
    start = managing.by_reference(house.desk, reference=reference).period.start
    house.clock.at = start - timedelta(minutes=5)
    visitor.get(f"/booking/{reference}/join")
    pages["join"] = visitor.press("Συνέχεια στη συνάντηση", katagrafi="1").text
    return pages


WALKS = {"kalamata": kalamata, "kavala": kavala}


@pytest.mark.parametrize("slug", WALKS)
def test_what_the_manual_shows_stands_on_the_pages_in_its_order(
    house: House, visitor: Visitor, slug: str
) -> None:
    pages = WALKS[slug](house, visitor)
    rows = listed(slug)
    assert len(rows) > 40
    assert {each.page for each in rows} == {f"{slug}/{page}" for page in pages}
    read = dict.fromkeys(pages, 0)
    for row in rows:
        page = row.page.removeprefix(f"{slug}/")
        text = plain(pages[page].replace("\u00a0", " "))
        at = text.find(row.words, read[page])
        assert at >= 0, f"{row.page}: {row.words!r} is missing or out of order"
        read[page] = at + len(row.words)


@pytest.mark.needs_shared
@pytest.mark.parametrize("slug", MANUALS)
def test_the_list_quotes_the_manual(shared: Path, slug: str) -> None:
    manual = plain((shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8"))
    missing = [each.words for each in listed(slug) if each.words not in manual]
    assert missing == []
