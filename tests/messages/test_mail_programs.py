"""What mail programs make of our mails: HTML that all show, calendar files that all read."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from typing import Any

import lxml.html
import pytest
import vobject
from icalendar import Calendar

from booking.messages import MessageKind, as_email
from booking.messages.specimens import Specimen
from tests.messages.sample import STAMP
from tests.messages.shelf import PUBLIC_URL, shelf
from tests.views import nu_checker

EACH = pytest.mark.parametrize("specimen", shelf(), ids=lambda each: each.name)
INVITES = [each for each in shelf() if each.mail.calendar is not None]
#: Gmail cuts off what is longer.
CLIPPED = 102 * 1024
#: Windows Outlook's own properties, which no other program knows.
OUTLOOK_ONLY = re.compile(r"CSS: “mso-[a-z-]+”: Property “mso-[a-z-]+” doesn't exist\.$")


def html(specimen: Specimen) -> Any:
    return lxml.html.fromstring(specimen.mail.html)


def words(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def test_the_html_checker_has_nothing_to_say(tmp_path: Path) -> None:
    if reason := nu_checker.missing():
        pytest.skip(reason)
    for specimen in shelf():
        (tmp_path / f"{specimen.name}.html").write_text(specimen.mail.html, encoding="utf-8")
    planted = tmp_path / "planted.html"
    planted.write_text("<!DOCTYPE html><html lang=en><title>x</title><p><div id=a></div></p>")
    said = nu_checker.faults(sorted(tmp_path.glob("*.html")))
    said = [each for each in said if not OUTLOOK_ONLY.search(each)]
    assert [each for each in said if each.startswith("planted")]
    assert [each for each in said if not each.startswith("planted")] == []


@EACH
def test_nothing_is_fetched_run_or_sent(specimen: Specimen) -> None:
    """No pictures: none that count openings, none that a program hides."""
    tags = {element.tag for element in html(specimen).iter() if isinstance(element.tag, str)}
    assert not tags & {"img", "script", "link", "form", "iframe", "object", "video", "svg", "input"}
    assert not re.search(r"(?:src|background|srcset)=|url\(|@import", specimen.mail.html)
    origin = f"{PUBLIC_URL}/"
    assert all(each.get("href").startswith(origin) for each in html(specimen).iter("a"))


@EACH
def test_no_program_cuts_it_off(specimen: Specimen) -> None:
    assert len(specimen.mail.html.encode()) < CLIPPED / 4


@EACH
def test_a_screen_reader_finds_its_way(specimen: Specimen) -> None:
    page = html(specimen)
    # Web mail drops <html>: the language stands within as well.
    wrapped = page.xpath("//body/div[@lang]")
    assert {page.get("lang"), wrapped[0].get("lang")} == {specimen.mail.language}
    assert page.findtext(".//title") == specimen.mail.subject
    assert len(page.xpath("//h1")) == 1
    layout = [each for each in page.iter("table") if not each.xpath(".//th")]
    assert all(each.get("role") == "presentation" for each in layout)
    (facts,) = page.xpath("//table[contains(@class, 'rv-details')]")
    assert all(each.get("scope") == "row" for each in facts.iter("th"))
    labels = [words(each.text_content()) for each in page.iter("a")]
    assert len(set(labels)) == len(labels)


@EACH
def test_the_preview_beside_the_subject_is_hidden_and_says_nothing_new(specimen: Specimen) -> None:
    preview = html(specimen).xpath("//body/*")[0]
    assert "display:none" in preview.get("style")
    said = words(preview.text_content())
    assert 20 < len(said) < 220
    if specimen.kind is not None:
        service, reference = re.split(r"\. (?:Κωδικός κράτησης|Booking reference) ", said)
        assert service in words(specimen.mail.text)
        assert reference.rstrip(".") in specimen.mail.text


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, 1.4.3."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def inline(element: Any, name: str) -> str:
    found = re.search(rf"(?:^|;){name}:(#\w{{6}})", element.get("style") or "")
    return found[1] if found else ""


def in_the_dark(page: Any) -> dict[tuple[str, str], str]:
    """(class, property) → colour."""
    sheet = page.findtext(".//style").partition("prefers-color-scheme: dark")[2]
    found: dict[tuple[str, str], str] = {}
    for selectors, body in re.findall(r"([.\w, -]+) \{ ([^}]+)\}", sheet):
        for selector in selectors.split(", "):
            for name, colour in re.findall(r"([a-z-]+): (#\w{6})", body):
                found[selector.strip(" ."), name] = colour
    return found


@pytest.mark.parametrize("dark", [False, True])
@EACH
def test_every_word_can_be_read_by_day_and_by_night(specimen: Specimen, dark: bool) -> None:
    page = html(specimen)
    night = in_the_dark(page) if dark else {}

    def seen(element: Any, name: str) -> str:
        for each in (element, *element.iterancestors()):
            given = [night.get((c, name), "") for c in (each.get("class") or "").split()]
            if colour := next(filter(None, given), "") or inline(each, name):
                return colour
        raise AssertionError(f"no {name} for {element.tag}")

    assert not dark or len(night) > 5
    for element in page.xpath("//body//*[normalize-space(text())]"):
        if isinstance(element.tag, str) and "display:none" not in (element.get("style") or ""):
            assert contrast(seen(element, "color"), seen(element, "background")) >= 4.5


@EACH
def test_facts_stand_in_both_parts(specimen: Specimen) -> None:
    page, text = html(specimen), words(specimen.mail.text)
    for element in page.iter("h1", "h2", "p", "li", "th", "a"):
        if element.tag == "p" and element.xpath(".//a"):
            continue
        said = words(element.text_content())
        assert said in text, said
    for cell in page.xpath("//td[@class='rv-cell']"):
        assert words(", ".join(cell.itertext())) in text
    for link in page.iter("a"):
        assert f"\n{link.get('href')}\n" in specimen.mail.text


@EACH
def test_the_mail_keeps_to_the_rules_of_the_road(specimen: Specimen) -> None:
    """RFC 5322: short lines, no bare ends of lines, every header once."""
    written = as_email(specimen.mail).as_bytes()
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert max(map(len, written.split(b"\r\n"))) <= 998
    head = written.partition(b"\r\n\r\n")[0]
    names = [each.split(b":")[0] for each in head.split(b"\r\n") if each[:1] not in b" \t"]
    assert len(set(names)) == len(names)
    assert b"List-Unsubscribe" not in names
    assert as_email(specimen.mail)["Content-Language"] == specimen.mail.language


@pytest.mark.parametrize("specimen", INVITES, ids=lambda each: each.name)
def test_two_readers_understand_the_calendar_file_alike(specimen: Specimen) -> None:
    raw = specimen.mail.calendar or b""
    ours, theirs = Calendar.from_ical(raw).walk("VEVENT")[0], vobject.readOne(raw.decode())
    other = theirs.vevent
    assert theirs.method.value == specimen.mail.calendar_method
    assert (other.uid.value, int(other.sequence.value)) == (str(ours["UID"]), ours["SEQUENCE"])
    for name in ("summary", "description", "location", "status", "url"):
        assert words(getattr(other, name).value) == words(str(ours[name.upper()]))
    assert other.organizer.value == str(ours["ORGANIZER"])
    assert other.organizer.params["CN"] == [str(ours["ORGANIZER"].params["CN"])]
    assert other.attendee.params["PARTSTAT"] == ["ACCEPTED"]
    moments = (other.dtstart.value, other.dtend.value, other.dtstamp.value)
    assert moments == (ours["DTSTART"].dt, ours["DTEND"].dt, STAMP)
    assert all(each.utcoffset() == UTC.utcoffset(None) for each in moments)


@pytest.mark.parametrize("specimen", INVITES, ids=lambda each: each.name)
def test_the_calendar_file_is_written_as_the_standard_wants(specimen: Specimen) -> None:
    """RFC 5545, 3.1 and 3.6.1; Gmail wants the organiser to be another one than the guest."""
    raw = specimen.mail.calendar or b""
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert raw.endswith(b"END:VCALENDAR\r\n")
    for name in (b"UID", b"DTSTAMP", b"DTSTART", b"DTEND", b"SEQUENCE", b"ORGANIZER", b"METHOD"):
        assert len(re.findall(rb"(?m)^" + name + rb"[:;]", raw)) == 1
    assert re.search(rb"(?m)^DTSTART:\d{8}T\d{6}Z\r$", raw)
    event = Calendar.from_ical(raw).walk("VEVENT")[0]
    assert event["ORGANIZER"] == f"mailto:{specimen.mail.sender}"
    assert event["ATTENDEE"] == f"mailto:{specimen.mail.recipient}"
    assert event["ORGANIZER"] != event["ATTENDEE"]


def test_the_manual_tells_of_every_kind_and_which_bring_a_file() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    told = dict(re.findall(r"(?m)^\| `(\w+)` \|.*\| (yes|–) \|$", manual))
    files = {each.kind: "yes" if each in INVITES else "–" for each in shelf() if each.kind}
    assert told == {"verification": "–", **{kind.value: file for kind, file in files.items()}}


def test_only_what_changes_the_appointment_brings_a_calendar_file() -> None:
    kinds = {each.kind for each in INVITES}
    assert kinds == {
        MessageKind.CONFIRMATION,
        MessageKind.CHANGED,
        MessageKind.CANCELLED,
        MessageKind.CANCEL_UNDONE,
        MessageKind.OFFICE_MOVED,
        MessageKind.OFFICE_CANCELLED,
    }
