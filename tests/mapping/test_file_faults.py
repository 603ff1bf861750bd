"""Every kind of fault is reported at its line and column, with what to write instead."""

from __future__ import annotations

import pytest

from mapping.file import examine
from tests.mapping.minimal import (
    MINIMAL,
    PROVIDERS,
    faults_of,
    municipality,
    place_of_marker,
    replaced,
)

FORM = [
    ("slug: testville", "slug: ¦Test Ville", "write for example social-care"),
    ("slug: testville", "¦sllug: testville", "did you mean 'slug'?"),
    ("slug: testville", "slug: testville\n¦slug: again", "stands here twice (first in line 1)"),
    ("slug: testville", "¦slug:", "'slug' is empty"),
    ("name: {el: Δήμος, en: Municipality}", "name: {¦ell: Δήμος}", "did you mean 'el'?"),
    ("name: {el: Δήμος, en: Municipality}", "name: ¦{en: Town}", "the Greek text is missing"),
    ("name: {el: Δήμος, en: Municipality}", "name: ¦[Δήμος]", "write a text, or both languages"),
    ("name: {el: Δήμος, en: Municipality}", 'name: ¦"Δή\\nμος"', "must stand on one line"),
    ("name: {el: Δήμος, en: Municipality}", 'name: ¦"Δή\\u0007μος"', "U+0007"),
    ("name: {el: Δήμος, en: Municipality}", 'name: ¦"Δή\\u202Eμος"', "U+202E"),
    ("duration_minutes: 30", "duration_minutes: ¦half", "not a whole number"),
    ("duration_minutes: 30", "duration_minutes: ¦30.5", "not a whole number"),
    ("duration_minutes: 30", "duration_minutes: ¦[30]", "write a single value"),
    ("    duration_minutes: 30\n", "", "'duration_minutes' is missing"),
    ("channel: in_person", "channel: ¦in_persn", "did you mean 'in_person'?"),
    ("kind: consent", "kind: ¦agreement", "write one of: consent, information"),
    ("[desk@town.example]", "¦desk@town.example", "write a list"),
    ("staff:\n  - key: anna\n    name: Άννα", "staff:\n  - ¦Άννα", "write a mapping with the keys"),
    ("name: Άννα", "name: ¦!!python/object:os.system x", "means nothing here"),
    ("name: Άννα", "name: ¦!secret x", "means nothing here"),
]

TIMES = [
    ("duration_minutes: 30", "duration_minutes: ¦7", "write 5 or 10"),
    ("duration_minutes: 30", "duration_minutes: ¦0", "write 5 to 720"),
    ("step_minutes: 40", "step_minutes: ¦3", "write 5"),
    ("step_minutes: 40", "step_minutes: ¦-5", "write 5 to 720"),
    ("step_minutes: 40", "step_minutes: 40\n    buffer_after_minutes: ¦12", "write 10 or 15"),
    ("step_minutes: 40", "step_minutes: 40\n    horizon_days: ¦366", "1 to 365 days"),
    ("step_minutes: 40", "step_minutes: 40\n    horizon_days: ¦0", "1 to 365 days"),
    ("step_minutes: 40", "step_minutes: 40\n    minimum_notice_minutes: ¦-60", "out of range"),
    ('"08:00-14:00"', '¦"14:00-08:00"', "ends before it starts"),
    ('"08:00-14:00"', '["08:00-12:00", ¦"11:00-14:00"]', "overlaps 08:00-12:00"),
    ('"08:00-14:00"', '¦"08:03-14:00"', "multiples of 5 minutes"),
    ('"08:00-14:00"', '¦"8-14"', "not a pair of times"),
    ('"08:00-14:00"', '¦"08:00-24:00"', "write 23:55"),
    ('"08:00-14:00"', '¦"25:00-26:00"', "does not exist"),
    ("monday-friday:", "¦mon-fri:", "not a weekday"),
    ("monday-friday:", "¦friday-monday:", "runs backwards"),
    (
        "groups:",
        "closures:\n  - ¦{from: 2026-08-21, to: 2026-08-10, reason: Θ}\ngroups:",
        "earlier",
    ),
    ("groups:", "closures:\n  - {from: ¦21/8/2026, reason: Θ}\ngroups:", "year-month-day"),
    ("groups:", "closures:\n  - {from: ¦2026-02-30, reason: Θ}\ngroups:", "no day"),
    ("groups:", "closures:\n  - ¦{to: 2026-02-20, reason: Θ}\ngroups:", "'from' is missing"),
    ("groups:", "time_zone: ¦Athens\ngroups:", "Europe/Athens"),
    ("groups:", "time_zone: ¦GTB Standard Time\ngroups:", "Europe/Athens"),
    ("groups:", "holidays: {country: ¦Greece}\ngroups:", "two capital letters"),
    ("groups:", "holidays: {country: ¦QQ}\ngroups:", "no list of holidays"),
    ("groups:", "holidays: {local: [{month: ¦13, day: 1, name: Α}]}\ngroups:", "1 to 12"),
    ("groups:", "holidays: {local: [{month: 2, day: ¦30, name: Α}]}\ngroups:", "no day 30"),
]

REFERENCES = [
    ("group: care", "group: ¦caer", "did you mean 'care'?"),
    ("consent: terms", "consent: ¦nothing", "known: terms"),
    ("declarations: [already]", "declarations: [¦alredy]", "did you mean 'already'?"),
    ("declarations: [already]", "declarations: [already, ¦already]", "listed twice"),
    ("[desk@town.example]", "[¦desk@twn.example]", "did you mean 'desk@town.example'?"),
    ("[desk@town.example]", "[desk@town.example, ¦desk@town.example]", "listed twice"),
    ("[desk@town.example]", "¦[]", "name at least one address"),
    (
        "channel: in_person",
        "channel: in_person\n        calls_from: ¦210 000 0000",
        "calls nobody who is served by this channel",
    ),
    ("staff: anna", "staff: ¦ana", "did you mean 'anna'?"),
    ("connection: calendars", "connection: ¦calendar", "did you mean 'calendars'?"),
    ("always_ask: [group]", "always_ask: [group, ¦chanel]", "did you mean 'channel'?"),
    ("  - key: care", "  - key: care\n    title: Α\n  - key: ¦care", "used twice"),
    ("  - address: desk", "  - address: ¦Desk", "small letters"),
    ("  - address: desk@town.example", "  - address: ¦desk", "no mail address"),
]

FORMS = [
    ("- key: afm", "- key: ¦email", "asked of everybody already"),
    ("- key: afm", "- key: ¦Α Φ Μ", "small Latin letters"),
    ("kind: afm", "kind: choice\n        choices: ¦[]", "at least two choices"),
    (
        "kind: afm",
        "kind: afm\n        choices: ¦[{value: a, label: Α}]",
        "belong to 'kind: choice'",
    ),
    ("kind: afm", "kind: afm\n        section: ¦top", "write contact or additional"),
    ("kind: afm", "kind: afm\n        max_length: ¦0", "1 to 5000"),
    ('version: "1"\n    question', 'version: ¦"1 (old)"\n    question', "short word"),
    (
        '      - {value: "yes", label: {el: Ναι, en: "Yes"}}',
        '      - {value: ¦"no", label: {el: Ναι, en: "Yes"}}',
        "stands here twice",
    ),
    (
        '      - {value: "yes", label: {el: Ναι, en: "Yes"}}',
        '      - ¦{value: "yes", label: Ναι, bookable: false}',
        "write under 'outcome' why",
    ),
    ('      - {value: "yes", label: {el: Ναι, en: "Yes"}}\n', "", "at least two answers"),
    ("groups:", "info_pages:\n  - {key: a, kind: ¦faqs, label: Α, text: Α}\ngroups:", "no kind"),
    ("groups:", "info_pages:\n  - ¦{key: a, kind: faq, label: Α}\ngroups:", "write either 'text'"),
    (
        "groups:",
        "info_pages:\n  - {key: a, kind: faq, label: Α, url: ¦www.town.example}\ngroups:",
        "no web address",
    ),
    (
        "groups:",
        'info_pages:\n  - {key: a, kind: faq, label: Α, url: ¦"javascript://x.gr/%0aalert(1)"}\ngroups:',
        "no web address",
    ),
]

CONNECTIONS = [
    ("provider: caldav", "provider: ¦caldev", "did you mean 'caldav'?"),
    ("https://cal.town.example/", "¦http://cal.town.example/", "write https://cal.town.example/"),
    ("https://cal.town.example/", "¦https://u:p@cal.town.example/", "no user or password"),
    ("https://cal.town.example/", "¦cal.town.example", "no web address"),
    ("secret: caldav-service", "secret: ¦Tr0ub4dor & 3", "never its value"),
    ("secret: caldav-service", "options: {password: ¦hunter2}", "does not belong into the file"),
    ("secret: caldav-service", "meeting_link: ¦https://meet.town.example/", "contain {room} once"),
    ("secret: caldav-service", "meeting_link: ¦http://meet.town.example/{room}", "plain http"),
    ("secret: caldav-service", "meeting_link: ¦javascript:alert('{room}')", "no web address"),
    ("https://cal.town.example/", "¦file:///etc/passwd", "no web address"),
]


@pytest.mark.parametrize(("old", "new", "message"), FORM + TIMES + REFERENCES + FORMS + CONNECTIONS)
def test_fault_at_its_place(old: str, new: str, message: str) -> None:
    text, line, column = place_of_marker(replaced(old, new))
    faults = faults_of(text)
    matching = [fault for fault in faults if message in fault.message]
    assert matching, [fault.message for fault in faults]
    if "¦" in new:
        assert (line, column) in {(fault.line, fault.column) for fault in matching}


def test_the_minimal_file_is_whole() -> None:
    reading = examine(MINIMAL, name="town.yaml", providers=PROVIDERS)
    assert reading.municipality.slug == "testville"
    assert reading.warnings == ()


def test_all_faults_are_reported_at_once_in_order() -> None:
    text = replaced("slug: testville", "slug: Test")
    text = replaced("duration_minutes: 30", "duration_minutes: 31", text)
    text = replaced("connection: calendars", "connection: calendar", text)
    places = [(fault.line, fault.column) for fault in faults_of(text)]
    assert places == [(1, 7), (17, 23), (52, 17)]


def test_a_name_that_could_not_be_read_is_not_called_missing_elsewhere() -> None:
    faults = faults_of(replaced("  - key: care", "  - kye: care"))
    assert not any("is not a group" in fault.message for fault in faults)
    faults = faults_of(replaced("    title: {el: Πρόνοια, en: Care}", "    titel: Πρόνοια"))
    assert [fault.line for fault in faults] == [11, 12]


def test_a_secret_value_is_never_repeated() -> None:
    faults = faults_of(replaced("secret: caldav-service", "secret: Tr0ub4dor & 3"))
    assert not any("Tr0ub4dor" in fault.message for fault in faults)


def test_teleconference_needs_a_link() -> None:
    text = replaced("channel: in_person", "channel: teleconference")
    (fault,) = faults_of(text)
    assert (fault.line, fault.column) == (42, 5)
    assert "meeting_link: https://meet.example.gr/{room}" in fault.message
    link = "secret: caldav-service\n    meeting_link: https://meet.town.example/{room}"
    assert municipality(replaced("secret: caldav-service", link, text)).connections[0].meeting_link
    own = replaced("provider: caldav", "provider: graph\n    user: application", text)
    own = replaced("secret: caldav-service", "secret: m365\n    options: {tenant: town}", own)
    assert municipality(own).connections[0].provider == "graph"


def test_plain_http_to_this_machine_or_where_allowed() -> None:
    assert municipality(replaced("https://cal.town.example/", "http://127.0.0.1:5232/"))
    text = replaced("https://cal.town.example/", "http://cal.town.example/")
    allowed = "secret: caldav-service\n    options: {allow_plain_http: yes}"
    assert municipality(replaced("secret: caldav-service", allowed, text))


def test_twice_the_same_channel() -> None:
    again = (
        "        mailboxes: [desk@town.example]\n"
        "      - channel: ¦in_person\n        title: {el: Α, en: A}\n"
        "        mailboxes: [desk@town.example]\n"
    )
    text, line, column = place_of_marker(
        replaced("        mailboxes: [desk@town.example]\n", again)
    )
    (fault,) = faults_of(text)
    assert (fault.line, fault.column) == (line, column)
    assert "put the mailboxes together" in fault.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  - key: anna\n", "  - {key: ben, name: Ben}\n  - key: anna\n", "serves nothing"),
        ("  - key: care\n", "  - {key: old, title: {el: Α, en: A}}\n  - key: care\n", "no service"),
        ("name: {el: Δήμος, en: Municipality}", "name: Δήμος", "1 texts have no English"),
    ],
)
def test_warnings_do_not_refuse(old: str, new: str, message: str) -> None:
    reading = examine(replaced(old, new), name="town.yaml", providers=PROVIDERS)
    assert [message in warning.message for warning in reading.warnings] == [True]


@pytest.mark.parametrize(
    "spelling", ["work/", "/dav/work", "https://CAL.town.example:443/dav/work/"]
)
def test_one_calendar_behind_two_mailboxes_is_refused(spelling: str) -> None:
    text = replaced("url: https://cal.town.example/\n", "url: https://cal.town.example/dav/\n")
    text += (
        "    calendar: work\n"
        "  - address: other@town.example\n"
        "    staff: anna\n"
        "    connection: calendars\n"
        f"    calendar: {spelling}\n"
    )
    both = "mailboxes: [desk@town.example, other@town.example]"
    text = replaced("mailboxes: [desk@town.example]", both, text)
    (fault,) = faults_of(text)
    assert "calendar of desk@town.example already" in fault.message
    assert text.splitlines()[fault.line - 1].strip().startswith("calendar:")


def test_one_wrong_stretch_of_several_days_is_one_fault() -> None:
    (fault,) = faults_of(replaced('"08:00-14:00"', '"14:00-08:00"'))
    assert fault.message.startswith("14:00-08:00 ends before it starts")


def test_a_connection_says_where_it_leads_and_who_asks() -> None:
    (fault,) = faults_of(replaced("    url: https://cal.town.example/\n", ""))
    assert "add url: https://" in fault.message
    reading = examine(
        replaced("    secret: caldav-service\n", "    user: rantevou\n"),
        name="town.yaml",
        providers=PROVIDERS,
    )
    assert ["without a password" in each.message for each in reading.warnings] == [True]
