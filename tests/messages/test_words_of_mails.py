"""What each mail says to a citizen, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from booking.messages import MessageKind, OutgoingMail, render
from connectors.contract import Period
from mapping.model import Channel
from tests.messages.sample import (
    AFM,
    BEFORE,
    BOOKING,
    MUNICIPALITY,
    PERIOD,
    PHONE,
    SERVICE,
    START,
    SUBJECT_MATTER,
    links,
    mail,
)

GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


class Reader(HTMLParser):
    """Collects what a reader of the HTML part sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href = dict(attrs)["href"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = ""

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(plain(data))
        if self._href:
            self.links[plain(data)] = self._href

    @property
    def seen(self) -> str:
        return " ".join(self.words)


def test_a_confirmation_says_what_the_manual_shows() -> None:
    sent = mail()
    assert sent.subject == "Το ραντεβού σας: Τετάρτη 16 Δεκεμβρίου, 10:00 π.μ."
    assert plain(sent.text).startswith("Δήμος Καβάλας\nΡαντεβού με τον Δήμο\n\n")
    block = plain(sent.text).partition("Λεπτομέρειες κράτησης\n")[2]
    assert block.splitlines()[:4] == [
        "  Όνομα υπηρεσίας: Ραντεβού με τον Δήμαρχο με Τηλεδιάσκεψη",
        "  Πότε: Τετάρτη 16 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ., ώρα Ελλάδας (UTC+2)",
        "  Τρόπος: Τηλεδιάσκεψη",
        "  Κωδικός κράτησης: P2W-9HD",
    ]
    assert "Μαρία Παππά, σας περιμένουμε:" in sent.text
    assert "  - ταυτότητα ή διαβατήριο" in sent.text
    assert "  - κάμερα και μικρόφωνο σε λειτουργία" in sent.text
    assert "251 035 0100" in sent.text


def test_both_parts_carry_the_links_of_the_manual() -> None:
    sent = mail()
    links = Reader(sent.html).links
    assert links == {
        "Συμμετοχή στη συνάντηση": "https://rantevou.example.gr/r/TOKEN/join",
        "Προγραμματισμός εκ νέου": "https://rantevou.example.gr/r/TOKEN/reschedule",
        "Ακύρωση κράτησης": "https://rantevou.example.gr/r/TOKEN/cancel",
        "Νέα κράτηση": "https://rantevou.example.gr/d/kavala/dimarchos",
    }
    for label, url in links.items():
        assert f"{label}:\n{url}\n" in sent.text


def test_only_a_teleconference_has_a_meeting_to_join() -> None:
    sent = mail(channel=Channel.IN_PERSON)
    assert "Συμμετοχή" not in sent.text + sent.html
    assert "/join" not in sent.text + sent.html + (sent.calendar or b"").decode()
    assert "  Πού: Κύπρου 10, 1ος όροφος" in sent.text


def test_who_is_called_is_not_told_to_come() -> None:
    sent = mail(channel=Channel.TELEPHONE)
    assert "Μαρία Παππά, θα σας καλέσουμε:" in sent.text
    assert "σας περιμένουμε" not in sent.text


def test_a_change_names_the_new_and_the_old_time() -> None:
    sent = mail(MessageKind.CHANGED, previous=BEFORE, sequence=1)
    text = plain(sent.text)
    assert sent.subject == "Άλλαξε το ραντεβού σας: Τετάρτη 16 Δεκεμβρίου, 10:00 π.μ."
    assert "  Πότε: Τετάρτη 16 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ." in text
    assert "  Προηγούμενη ώρα: Δευτέρα 14 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ." in text


def test_changed_details_at_the_same_time_are_not_called_a_move() -> None:
    sent = mail(MessageKind.CHANGED, sequence=1)
    assert "Τα στοιχεία του ραντεβού σας άλλαξαν" in sent.text
    assert "Προηγούμενη" not in sent.text


def test_a_cancellation_can_be_undone_until_a_time_that_is_named() -> None:
    until = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
    sent = mail(MessageKind.CANCELLED, undo_until=until, sequence=1)
    written = "Σάββατο 21 Νοεμβρίου 2026, 12:42 μ.μ., ώρα Ελλάδας (UTC+2)"
    assert f"να την αναιρέσετε έως {written}." in plain(sent.text)
    links = Reader(sent.html).links
    assert links["Αναίρεση της ακύρωσης"] == "https://rantevou.example.gr/r/TOKEN"
    assert set(links) == {"Αναίρεση της ακύρωσης", "Νέα κράτηση"}


def test_a_final_cancellation_offers_no_undo() -> None:
    sent = mail(MessageKind.CANCELLED, sequence=1)
    assert "ναίρεσ" not in sent.text
    assert set(Reader(sent.html).links) == {"Νέα κράτηση"}


def test_an_undone_cancellation_says_that_the_appointment_stands() -> None:
    sent = mail(MessageKind.CANCEL_UNDONE, sequence=2)
    assert "Η ακύρωση αναιρέθηκε: το ραντεβού σας ισχύει" in sent.text
    assert "Ακύρωση κράτησης" in Reader(sent.html).links


def test_an_apology_offers_alternatives() -> None:
    hour = timedelta(hours=1)
    free = tuple(Period(START + n * hour, START + n * hour + PERIOD.duration) for n in (1, 2))
    sent = mail(MessageKind.RELEASED, alternatives=free)
    text = plain(sent.text)
    assert "Λυπούμαστε, το ραντεβού σας δεν κλείστηκε" in text
    assert "  - Τετάρτη 16 Δεκεμβρίου 2026, 11:00 – 11:10 π.μ." in text
    assert "  - Τετάρτη 16 Δεκεμβρίου 2026, 12:00 – 12:10 μ.μ." in text
    assert Reader(sent.html).links == {
        "Επιλέξτε άλλη ώρα": "https://rantevou.example.gr/r/TOKEN/reschedule",
        "Νέα κράτηση": "https://rantevou.example.gr/d/kavala/dimarchos",
    }


@pytest.mark.parametrize("kind", list(MessageKind))
@pytest.mark.parametrize("channel", list(Channel))
def test_an_english_mail_is_english_throughout(kind: MessageKind, channel: Channel) -> None:
    sent = mail(
        kind,
        language="en",
        name="Maria Pappa",
        channel=channel,
        previous=BEFORE,
        alternatives=(BEFORE,),
        undo_until=START,
    )
    assert not GREEK.search(sent.subject + sent.text + sent.html + sent.sender_name)
    assert not GREEK.search((sent.calendar or b"").decode())
    assert '<html lang="en">' in sent.html


@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("kind", list(MessageKind))
def test_text_and_html_say_the_same(kind: MessageKind, language: str) -> None:
    sent = mail(kind, language=language, previous=BEFORE, alternatives=(BEFORE,), undo_until=START)
    seen = Reader(sent.html).seen
    for line in plain(sent.text).splitlines():
        said = line.strip().removeprefix("- ").rstrip(":")
        if said.startswith("https:"):
            assert said in Reader(sent.html).links.values()
        elif ": " not in said:
            assert said in seen
    assert "P2W-9HD" in seen


@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("kind", list(MessageKind))
def test_what_a_mail_must_not_carry_is_not_there(kind: MessageKind, language: str) -> None:
    whole = _everything(mail(kind, language=language))
    for secret in (PHONE, PHONE.removeprefix("+30"), AFM, SUBJECT_MATTER, "a@kavala.example"):
        assert secret not in whole


def _everything(sent: OutgoingMail) -> str:
    return sent.subject + sent.text + sent.html + (sent.calendar or b"").decode()


def test_summer_and_winter_have_their_own_offset() -> None:
    july = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
    sent = mail(period=Period(july, july + PERIOD.duration))
    assert "10:00 – 10:10 π.μ., ώρα Ελλάδας (UTC+3)" in plain(sent.text)


def test_nothing_personal_shows_in_repr() -> None:
    shown = repr(mail())
    assert "Μαρία" not in shown
    assert "maria@" not in shown
    assert "TOKEN" not in shown


@pytest.mark.parametrize(
    ("minutes", "kind", "told"),
    [
        ((1440,), MessageKind.CONFIRMATION, True),
        ((1440,), MessageKind.OFFICE_MOVED, True),
        ((1440,), MessageKind.REMINDER, False),
        ((60 * 24 * 40,), MessageKind.CONFIRMATION, False),  # its time is over
        ((), MessageKind.CONFIRMATION, False),
    ],
)
def test_whoever_will_be_reminded_is_told(
    minutes: tuple[int, ...], kind: MessageKind, told: bool
) -> None:
    sent = mail(kind, service=replace(SERVICE, reminder_minutes=minutes))
    assert ("Θα σας στείλουμε υπενθύμιση" in sent.text) is told


def test_an_earlier_time_is_kept_until_a_moment_and_the_last_one_says_so() -> None:
    until = START - timedelta(days=3)
    told = [
        render(
            MessageKind.EARLIER,
            booking=BOOKING,
            municipality=MUNICIPALITY,
            service=SERVICE,
            links=links(),
            stamp=START - timedelta(days=4),
            alternatives=(BEFORE,),
            until=until,
            last_offer=last,
        )
        for last in (False, True)
    ]
    for sent in told:
        text = plain(sent.text)
        assert "έως Κυριακή 13 Δεκεμβρίου 2026, 10:00 π.μ., ώρα Ελλάδας (UTC+2)." in text
        assert "  Νωρίτερη ώρα: Δευτέρα 14 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ." in text
        assert "  Το ραντεβού σας τώρα: Τετάρτη 16 Δεκεμβρίου 2026, 10:00 – 10:10 π.μ." in text
        assert Reader(sent.html).links == {
            "Δείτε τη νωρίτερη ώρα": "https://rantevou.example.gr/r/TOKEN"
        }
    assert ["τελευταία ώρα" in sent.text for sent in told] == [False, True]
    assert ["Για να μην περιμένετε άλλο" in sent.text for sent in told] == [True, False]
