"""The two sample files: whole, in both languages, and in the words of the citizen manuals."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mapping.file import Providers, examine, read_mapping, write_mapping
from mapping.flow import Choices, Step, Verdict, next_step, steps, verdict
from mapping.hours import opening_periods
from mapping.model import Channel, ConsentKind, LocalText, Municipality, Service
from mapping.samples import SAMPLES, sample_text

PROVIDERS = Providers(known=frozenset({"caldav", "graph"}), with_meeting_links=frozenset({"graph"}))
MANUALS = {
    "kalamata": "000_47e4f86fcb8f448a.txt",
    "kavala": "001_7b54eaa9f571ee80.txt",
}


def sample(slug: str) -> Municipality:
    return read_mapping(sample_text(slug), name=f"{slug}.yaml", providers=PROVIDERS)


def texts_of(value: Any) -> Iterator[str]:
    """Every Greek text of a municipality."""
    if isinstance(value, LocalText):
        yield value.el
    elif isinstance(value, tuple):
        for item in value:
            yield from texts_of(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts_of(getattr(value, field.name))


def plain(text: str) -> str:
    """Without marks of the transcription: emphasis, line ends, repeated blanks."""
    return " ".join(text.replace("**", "").replace(" .", ".").split())


def grid(municipality: Municipality, service: Service, channel: Channel, day: date) -> list[str]:
    """Starts of one day by the rule: anchored at the opening, every step, ending in time."""
    way = service.channel(channel)
    assert way is not None
    zone = ZoneInfo(municipality.time_zone)
    found = []
    for each in opening_periods(
        municipality, service, way, municipality.staff[0], first=day, last=day
    ):
        start = each.anchor
        while start + timedelta(minutes=service.duration_minutes) <= each.period.end:
            found.append(f"{start.astimezone(zone):%H:%M}")
            start += timedelta(minutes=service.step_minutes)
    return found


@pytest.mark.parametrize("slug", SAMPLES)
def test_samples_are_clean_and_complete_in_english(slug: str) -> None:
    reading = examine(sample_text(slug), name=f"{slug}.yaml", providers=PROVIDERS)
    assert reading.municipality.slug == slug
    assert reading.warnings == ()
    assert read_mapping(write_mapping(reading.municipality), name=slug) == reading.municipality


def test_there_is_no_such_sample() -> None:
    with pytest.raises(ValueError, match="there are: kalamata, kavala"):
        sample_text("../kalamata")


def test_kalamata_offers_the_times_of_its_figure() -> None:
    town = sample("kalamata")
    service = town.services[0]
    assert (service.duration_minutes, service.step_minutes) == (30, 40)
    buffers = service.buffer_before_minutes + service.buffer_after_minutes
    assert service.duration_minutes + buffers <= service.step_minutes
    thursday = date(2024, 9, 19)
    assert grid(town, service, Channel.IN_PERSON, thursday) == ["12:30", "13:10", "13:50"]


def test_kavala_offers_the_times_of_its_figure() -> None:
    town = sample("kavala")
    service = town.services[0]
    assert (service.duration_minutes, service.step_minutes) == (10, 30)
    expected = [f"{hour:02}:{minute:02}" for hour in range(8, 15) for minute in (0, 30)][1:]
    thursday = date(2022, 6, 2)
    for channel in (Channel.TELECONFERENCE, Channel.IN_PERSON):
        assert grid(town, service, channel, thursday) == expected
    assert expected[0] == "08:30"
    assert expected[-1] == "14:30"


def test_both_keep_the_steps_of_their_manuals() -> None:
    for slug, declared in (("kalamata", True), ("kavala", False)):
        town = sample(slug)
        service = town.services[0]
        choices = Choices(service.group, service.key, service.channels[0].channel)
        shown = steps(town, choices)
        asked = (Step.GROUP, Step.SERVICE, Step.CHANNEL)
        assert shown == (*asked, *((Step.DECLARATION,) if declared else ()), Step.SLOT)
        assert next_step(town, Choices()) is Step.GROUP


def test_branches_of_the_declaration() -> None:
    (declaration,) = sample("kalamata").declarations
    verdicts = {answer.label.el: verdict(answer) for answer in declaration.answers}
    assert verdicts == {"Όχι": Verdict.GO_ON, "Ναι": Verdict.CONFIRM}


def test_pools_of_mailboxes() -> None:
    town = sample("kalamata")
    benefit, income = (service.channels[0].mailboxes for service in town.services)
    assert len(benefit) == 2
    assert len(set(benefit) & set(income)) == 1
    assert [service.sample for service in town.services] == [False, True]
    kavala = sample("kavala")
    assert {mailbox.connection for mailbox in kavala.mailboxes} == {"m365", "calendars"}
    online, in_person = kavala.services[0].channels
    assert online.mailboxes == ("grafeio1@kavala.example", "grafeio2@kavala.example")
    assert in_person.mailboxes == ("grafeio1@kavala.example", "grafeio3@kavala.example")


def test_panels_and_the_pages_behind_them() -> None:
    panels = {
        slug: [page.label.el for page in sample(slug).info_pages if page.listed] for slug in SAMPLES
    }
    assert panels["kalamata"] == [
        "Μάθετε το myDIMOSLive",
        "Συχνές Ερωτήσεις",
        "Δήμοι στο myDIMOSLive",
        "Εγχειρίδιο του Πολίτη",
        "Ενημέρωση για την επεξεργασία Προσωπικών Δεδομένων",
        "Επικοινωνία",
    ]
    assert panels["kavala"] == [
        "Μάθετε το myDIMOSLive",
        "Συχνές Ερωτήσεις",
        "Δήμοι στο myDIMOSLive",
        "Επικοινωνία",
    ]
    for slug in SAMPLES:
        pages = sample(slug).info_pages
        assert all(len(page.text.el) > 100 for page in pages)
        assert "privacy" in {page.kind for page in pages}


def test_questions_of_the_forms() -> None:
    (afm,) = sample("kalamata").services[0].questions
    assert (afm.label.el, afm.required, afm.section) == ("ΑΦΜ", False, "additional")
    address, subject = sample("kavala").services[0].questions
    assert (address.label.el, address.required, address.section) == (
        "Διεύθυνση (προαιρετικά)",
        False,
        "contact",
    )
    assert subject.label.el == "Παρακαλούμε συμπληρώστε το θέμα:"
    assert [sample(slug).consents[0].kind for slug in SAMPLES] == [
        ConsentKind.CONSENT,
        ConsentKind.INFORMATION,
    ]


@pytest.mark.needs_shared
@pytest.mark.parametrize("slug", SAMPLES)
def test_consent_is_the_manual_s_to_the_letter(slug: str, shared: Path) -> None:
    manual = (shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8")
    (paragraph,) = re.findall(r"^Δηλώνω υπεύθυνα.*$", manual, re.MULTILINE)
    assert sample(slug).consents[0].text.el == plain(paragraph)


@pytest.mark.needs_shared
@pytest.mark.parametrize("slug", SAMPLES)
def test_names_and_labels_stand_in_the_manual(slug: str, shared: Path) -> None:
    manual = plain((shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8"))
    town = sample(slug)
    shown = [town.list_name.el, f"από τον Δήμο {town.genitive.el}"]
    shown += [page.label.el for page in town.info_pages if page.listed]
    shown += [service.title.el for service in town.services]
    shown += [question.label.el for question in town.services[0].questions]
    first = town.services[0].channels[0]
    shown.append(first.title.el)
    if slug == "kalamata":
        shown += [town.groups[0].title.el, first.page_title.el]
        shown += [town.declarations[0].question.el]
        shown += [answer.label.el for answer in town.declarations[0].answers]
    missing = [text for text in shown if plain(text) not in manual]
    assert missing == []


@pytest.mark.needs_shared
def test_declaration_is_the_manual_s_to_the_letter(shared: Path) -> None:
    manual = plain((shared / "seeds" / MANUALS["kalamata"]).read_text(encoding="utf-8"))
    yes = sample("kalamata").declarations[0].answers[1]
    assert f"{plain(yes.information.el)} {yes.confirmation.el}" in manual


@pytest.mark.needs_shared
def test_tips_are_the_manual_s_to_the_letter(shared: Path) -> None:
    manual = plain((shared / "seeds" / MANUALS["kavala"]).read_text(encoding="utf-8"))
    _, _, tips = manual.rpartition("Συμβουλές για αποτελεσματικότερη εξυπηρέτηση με τηλεδιάσκεψη")
    channel = sample("kavala").services[0].channel(Channel.TELECONFERENCE)
    assert channel is not None
    given = [each.el for each in channel.tips]
    assert tips.strip().lstrip("- ").split(" - ") == given


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("kalamata", "Το myDimosLive είναι η νέα πλατφόρμα"),
        ("kalamata", "Στόχος του myDimoslive είναι"),
        ("kalamata", "Με την ψηφιακή πλατφόρμα αναβαθμίζεται"),
        ("kalamata", "Ο Δήμος Καλαμάτας εντάσσεται"),
        ("kalamata", "Οι προσφερόμενες υπηρεσίες είναι"),
        ("kalamata", "Ολοκληρώνοντας τη διαδικασία, αποστέλλεται"),
        ("kavala", "Το myDimosLive είναι η νέα πλατφόρμα"),
        ("kavala", "Στόχος του myDimoslive είναι"),
        ("kavala", "Ο Δήμος Καβάλας εντάσσεται"),
        ("kavala", "Με την έναρξη της τηλεδιάσκεψης, θα σας ζητηθεί"),
    ],
)
def test_paragraphs_of_the_manual(slug: str, sentence: str, shared: Path) -> None:
    manual = (shared / "seeds" / MANUALS[slug]).read_text(encoding="utf-8")
    paragraph = next(plain(line) for line in manual.splitlines() if line.startswith(sentence))
    assert any(paragraph in plain(text) for text in texts_of(sample(slug)))
