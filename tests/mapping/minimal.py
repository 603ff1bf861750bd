"""The smallest mapping file that is whole, and a way to break it at one place."""

from __future__ import annotations

from mapping.file import Fault, MappingFileError, Providers, examine
from mapping.model import Municipality

_GRAPH = frozenset({"graph"})
PROVIDERS = Providers(
    known=frozenset({"caldav"}) | _GRAPH,
    with_meeting_links=_GRAPH,
    with_mail=_GRAPH,
    with_working_hours=_GRAPH,
)
#: Stands in an edited text where the fault is expected.
HERE = "¦"

MINIMAL = """\
slug: testville
name: {el: Δήμος, en: Municipality}
list_name: {el: ΔΗΜΟΣ, en: MUNICIPALITY}
genitive: {el: ΔΗΜΟΥ, en: OF TOWN}
always_ask: [group]
contact:
  office: {el: Γραφείο, en: Office}
opening_hours:
  monday-friday: "08:00-14:00"
groups:
  - key: care
    title: {el: Πρόνοια, en: Care}
services:
  - key: benefit
    group: care
    title: {el: Επίδομα, en: Benefit}
    duration_minutes: 30
    step_minutes: 40
    consent: terms
    channels:
      - channel: in_person
        title: {el: Επίδομα εδώ, en: Benefit here}
        mailboxes: [desk@town.example]
    questions:
      - key: afm
        kind: afm
        label: {el: ΑΦΜ, en: Tax number}
    declarations: [already]
declarations:
  - key: already
    version: "1"
    question: {el: Το λαμβάνετε;, en: Do you receive it?}
    answers:
      - {value: "no", label: {el: Όχι, en: "No"}}
      - {value: "yes", label: {el: Ναι, en: "Yes"}}
consents:
  - key: terms
    version: "1"
    kind: consent
    text: {el: Συναινώ, en: I agree}
connections:
  - name: calendars
    provider: caldav
    url: https://cal.town.example/
    secret: caldav-service
staff:
  - key: anna
    name: Άννα
mailboxes:
  - address: desk@town.example
    staff: anna
    connection: calendars
"""


def replaced(old: str, new: str, text: str = MINIMAL) -> str:
    """``text`` with its only ``old`` replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
    return text.replace(old, new)


def faults_of(text: str) -> tuple[Fault, ...]:
    """The faults of a text that must have some."""
    try:
        examine(text, name="town.yaml", providers=PROVIDERS)
    except MappingFileError as error:
        return error.faults
    raise AssertionError("the file was accepted")


def place_of_marker(text: str) -> tuple[str, int, int]:
    """The text without its marker, and the marker's line and column."""
    before, _, after = text.partition(HERE)
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def municipality(text: str = MINIMAL) -> Municipality:
    return examine(text, name="town.yaml", providers=PROVIDERS).municipality
