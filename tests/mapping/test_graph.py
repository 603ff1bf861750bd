"""Microsoft 365 in a mapping file: what a connection needs, mail by provider, working hours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mapping.calendars import calendar_of, origin_of, seat_of
from mapping.diff import describe_changes
from mapping.file import examine, read_mapping, write_mapping
from mapping.model import CalendarConnection, HoursFrom, ProviderMail
from tests.mapping.minimal import (
    MINIMAL,
    PROVIDERS,
    faults_of,
    municipality,
    place_of_marker,
    replaced,
)

CONNECTION = """\
  - name: calendars
    provider: graph
    user: 11111111-2222-3333-4444-555555555555
    secret: m365-application
    options: {tenant: town.onmicrosoft.com}
"""
GRAPH = replaced(
    """\
  - name: calendars
    provider: caldav
    url: https://cal.town.example/
    secret: caldav-service
""",
    CONNECTION,
)


def fault(text: str) -> str:
    (found,) = faults_of(text)
    return found.message


def test_tenant_application_and_secret_are_enough() -> None:
    (connection,) = municipality(GRAPH).connections
    assert (connection.url, connection.options) == ("", {"tenant": "town.onmicrosoft.com"})


def test_a_teleconference_needs_no_link_of_ours() -> None:
    text = replaced("channel: in_person", "channel: teleconference", GRAPH)
    assert municipality(text)
    linked = replaced("    options:", "    meeting_link: https://x.gr/{room}\n    options:", text)
    reading = examine(linked, name="town.yaml", providers=PROVIDERS)
    assert [each.message for each in reading.warnings] == [
        "Microsoft Teams gives each meeting a link of its own; this one is not used"
    ]


MIXED = replaced(
    "mailboxes: [desk@town.example]",
    "mailboxes: [desk@town.example, old@town.example]",
    replaced("channel: in_person", "channel: teleconference", GRAPH),
)
MIXED = replaced(
    "staff:\n",
    "  - name: old\n    provider: caldav\n    url: https://cal.town.example/\nstaff:\n",
    MIXED,
)
MIXED += "  - {address: old@town.example, staff: anna, connection: old}\n"


def test_in_a_mixed_pool_the_caldav_mailbox_still_needs_a_link() -> None:
    assert "meeting_link: https://meet.example.gr/{room}" in fault(MIXED)
    linked = "provider: caldav\n    meeting_link: https://meet.example.gr/{room}"
    assert len(municipality(replaced("provider: caldav", linked, MIXED)).mailboxes) == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    user: 11111111-2222-3333-4444-555555555555\n", "", "application (client) id"),
        ("    secret: m365-application\n", "", "rantevou secret set NAME --file"),
        ("options: {tenant: town.onmicrosoft.com}", "options: {}", "no tenant"),
        ("tenant: town", "tennant: town", "did you mean 'tenant'?"),
        ("tenant: town.onmicrosoft.com", 'tenant: "a/b"', "no tenant; write"),
        ("tenant: town.onmicrosoft.com", 'tenant: t, meeting_options: "on"', 'write "yes" or'),
        ("tenant: town.onmicrosoft.com", "tenant: t, authority: http://localhost/", "https only"),
        ("tenant: town.onmicrosoft.com", "tenant: t, authority: login", "no web address"),
        ("tenant: town.onmicrosoft.com", "tenant: t, outside_mailbox: mayor", "no mail address"),
        ("tenant: town.onmicrosoft.com", 'tenant: t, ca_file: ""', "'ca_file' is empty"),
        ("tenant: town.onmicrosoft.com", 'tenant: t, allow_plain_http: "yes"', "no option of"),
        (
            "provider: graph\n",
            "provider: graph\n    url: http://graph.example/v1.0\n",
            "plain http",
        ),
    ],
)
def test_a_connection_that_cannot_work_is_refused(old: str, new: str, words: str) -> None:
    assert any(words in each.message for each in faults_of(replaced(old, new, GRAPH)))


def test_faults_stand_where_they_are() -> None:
    text, line, column = place_of_marker(
        replaced("town.onmicrosoft.com}", "t, meeting_options: ¦on}", GRAPH)
    )
    (found,) = faults_of(text)
    assert (found.line, found.column) == (line, column)


def test_the_stand_in_on_this_machine_may_be_named() -> None:
    local = "provider: graph\n    url: http://127.0.0.1:8090/v1.0"
    options = (
        "authority: https://localhost:8443, disable_instance_discovery: yes, ca_file: /tmp/ca.pem, "
    )
    text = replaced("provider: graph", local, GRAPH)
    assert municipality(replaced("{tenant", "{" + options + "tenant", text))


def test_a_calendar_is_an_id_and_not_an_address() -> None:
    with_id = GRAPH + "    calendar: AAMkAGI2=\n"
    assert municipality(with_id).mailboxes[0].calendar == "AAMkAGI2="
    assert "named by its id" in fault(GRAPH + "    calendar: https://cal.town.example/x\n")


def test_calendars_are_told_apart_by_tenant_address_and_id() -> None:
    connection = municipality(GRAPH).connections[0]
    other = replace(connection, options={"tenant": "village.example"})
    named = {
        calendar_of(provider="graph", url=seat_of(each), calendar=calendar, address=address)
        for each in (connection, other)
        for calendar in ("", "AAMk=", "aamk=")
        for address in ("a@town.example", "b@town.example")
    }
    assert len(named) == 12
    public = replace(connection, url="https://graph.microsoft.com/v1.0/")
    assert seat_of(public) == seat_of(connection)
    assert origin_of(connection).startswith(
        "graph https://graph.microsoft.com town.onmicrosoft.com"
    )
    caldav = CalendarConnection("old", "caldav", url="https://user@cal.example:8443/dav/")
    assert origin_of(caldav) == "caldav https://cal.example:8443"


def test_another_tenant_is_another_calendar() -> None:
    old = municipality(GRAPH)
    new = municipality(replaced("town.onmicrosoft.com", "village.example", GRAPH))
    assert any("stands in another calendar" in each.text for each in describe_changes(old, new))


MAIL = "mail: {connection: calendars, sender: desk@town.example}\n"


def test_mail_by_provider_is_read_and_written() -> None:
    read = municipality(GRAPH + MAIL)
    assert read.mail == ProviderMail("calendars", "desk@town.example")
    assert read_mapping(write_mapping(read), name="again") == read
    assert municipality(GRAPH).mail is None
    (change,) = describe_changes(municipality(GRAPH), read)
    assert "desk@town.example" in change.text
    assert describe_changes(read, municipality(GRAPH))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MINIMAL + MAIL, "'caldav' sends no mail (these do: graph)"),
        (GRAPH + MAIL.replace("calendars", "calendar"), "did you mean 'calendars'?"),
        (GRAPH + MAIL.replace("desk@", "desk"), "no mail address"),
    ],
)
def test_mail_that_cannot_be_sent_is_refused(text: str, words: str) -> None:
    assert words in fault(text)


def test_a_connection_for_mail_alone_is_in_use() -> None:
    text = replaced("connections:\n", "connections:\n" + CONNECTION.replace("calendars", "post"))
    text += MAIL.replace("calendars", "post")
    assert examine(text, name="town.yaml", providers=PROVIDERS).warnings == ()


def test_working_hours_of_the_calendar() -> None:
    asked = "name: Άννα\n    working_hours: calendar"
    read = municipality(replaced("name: Άννα", asked, GRAPH))
    assert read.staff[0].working_hours is HoursFrom.CALENDAR
    assert read_mapping(write_mapping(read), name="again") == read
    assert municipality(GRAPH).staff[0].working_hours is HoursFrom.MAPPING
    assert "'caldav' tells no working hours (mailbox desk@town.example)" in fault(
        replaced("name: Άννα", asked)
    )
