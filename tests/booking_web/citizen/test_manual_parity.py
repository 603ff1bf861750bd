"""Walks docs/manual-parity.md: what the manuals show stands on our pages, in the manuals' order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from booking import catalogue, managing
from booking_web.app import create_app
from mapping.model import SignIn
from tests.booking_web.citizen.test_unsettled import drain
from tests.booking_web.citizen.visitor import HOUSING, MARIA, Visitor
from tests.booking_web.desk import House, with_settings
from tests.mapping.test_samples import MANUALS, plain

DOCUMENT = Path(__file__).parents[3] / "docs" / "manual-parity.md"
KAVALA = "/d/kavala/mayor-office-appointment"
_ROW = re.compile(
    r"^\| [^|]+ \| [^|]+ \| `(?P<page>[a-z/]+)` \| (?P<words>[^|]+) \|$", re.MULTILINE
)
_TOLD = re.compile(
    r"^\| [^|]+ \| (?P<sentence>[^|]+) \| `(?P<page>[a-z/]+)` \| (?P<words>[^|]+)"
    r" \| (?:–|`(?P<test>[^`|]+)`) \|$",
    re.MULTILINE,
)
#: Lines of the transcripts that are no words of the manuals: what a picture shows beside them.
_NO_WORDS = re.compile(r"^(The screenshot shows|Εικόνα|>|[<ⓘ\d]|Δε |Όνομα υπηρεσίας|Πότε)|\*$")


@dataclass(frozen=True, slots=True)
class Shown:
    page: str
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of the prose: where it stands, in which words, and the test of its promise."""

    sentence: str
    page: str
    words: str
    test: str


def listed(slug: str) -> list[Shown]:
    rows = [
        Shown(each["page"], each["words"]) for each in _ROW.finditer(DOCUMENT.read_text("utf-8"))
    ]
    return [each for each in rows if each.page.startswith(f"{slug}/")]


def told(slug: str) -> list[Told]:
    rows = [
        Told(
            each["sentence"],
            each["page"],
            each["sentence"] if each["words"] == "=" else each["words"],
            each["test"] or "",
        )
        for each in _TOLD.finditer(DOCUMENT.read_text("utf-8"))
    ]
    return [each for each in rows if each.page.startswith(f"{slug}/")]


def prose(house: House, visitor: Visitor, slug: str) -> dict[str, str]:
    """Pages that are read rather than filled in."""
    pages = {"municipality": visitor.get(f"/page/municipality/{slug}").text}
    strict = create_app(with_settings(house.desk, sign_in=SignIn.REQUIRED))
    pages["entrance"] = Visitor(strict).get(f"/d/{slug}/").text
    for page in catalogue.municipality(house.desk, slug).info_pages:
        pages[f"info/{page.key}"] = visitor.get(f"/d/{slug}/info/{page.key}").text
    return pages


def kalamata(house: House, visitor: Visitor) -> dict[str, str]:
    pages = prose(house, visitor, "kalamata")
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
    pages = prose(house, visitor, "kavala")
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
    pages["confirmation"] = visitor.press("Κράτηση").text
    reference = visitor.reference
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
    sentences = told(slug)
    assert len(sentences) > 35
    unread = {f"info/{key}" for key in ("contact", "faq", "municipalities", "privacy")}
    listed_pages = {each.page for each in rows} | {each.page for each in sentences}
    assert {
        f"{slug}/{page}" for page in pages if page not in {*unread, "municipality"}
    } <= listed_pages
    read = dict.fromkeys(pages, 0)
    for row in rows:
        page = row.page.removeprefix(f"{slug}/")
        text = plain(pages[page].replace("\u00a0", " "))
        at = text.find(row.words, read[page])
        assert at >= 0, f"{row.page}: {row.words!r} is missing or out of order"
        read[page] = at + len(row.words)
    texts = {page: plain(text.replace("\u00a0", " ")) for page, text in pages.items()}
    missing = [each for each in sentences if each.words not in texts[_page(each, slug)]]
    assert missing == []


def _page(row: Told, slug: str) -> str:
    return row.page.removeprefix(f"{slug}/")


def test_what_the_prose_promises_is_tested() -> None:
    folder = Path(__file__).parent
    tests = {each.test for slug in WALKS for each in told(slug) if each.test}
    assert len(tests) > 15
    for each in tests:
        file, _, name = each.partition("::")
        assert f"def {name}(" in (folder / file).read_text("utf-8"), each


@pytest.mark.needs_shared
@pytest.mark.parametrize("slug", MANUALS)
def test_the_list_quotes_the_manual(shared: Path, slug: str) -> None:
    manual = plain((shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8"))
    missing = [each.words for each in listed(slug) if each.words not in manual]
    assert missing == []


@pytest.mark.needs_shared
@pytest.mark.parametrize("slug", MANUALS)
def test_no_line_of_the_manual_is_left_open(shared: Path, slug: str) -> None:
    """Every sentence of the prose stands in the document, and every word of its pictures."""
    manual = (shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8")
    _, _, body = manual.partition("Η πλατφόρμα myDimosLive\n\nΤο")
    document = _bare(DOCUMENT.read_text("utf-8"))
    lines = (_bare(line) for line in ("Το" + body).splitlines())
    open_lines = [
        sentence
        for line in lines
        if line and not _NO_WORDS.search(line)
        for sentence in re.split(r"(?<=[.:])\s+(?=[Α-Ω])", line)
        if sentence.rstrip(" .,:") not in document
    ]
    assert open_lines == []


def _bare(text: str) -> str:
    """Without list marks, numbers of steps and references to pictures."""
    text = re.sub(r"^[-❖✓>\s]*(\d\. )?[❖✓]?\s*(Βήμα \d\s*\^?\s*ο\s*:\s*)?", "", plain(text))
    text = text.replace("[Κράτηση] ", "")  # a picture of the button
    text = re.sub(r"\s*\(βλ\.[. ]*Εικόνα \d+\)", "", text)
    return re.sub(r"\[([^]]+)\]\(#\)", r"\1", text).strip()
