"""getSchedule of the stand-in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.graph.calling import MONDAY, Client, Reply, time
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.switches import every

HOUR = timedelta(hours=1)
ANNA = "anna@kavala.example"


def ask(
    client: Client,
    *addresses: str,
    start: datetime = MONDAY,
    end: datetime = MONDAY + 6 * HOUR,
    **more: Any,
) -> Reply:
    body = {"schedules": list(addresses), "startTime": time(start), "endTime": time(end), **more}
    return client.send("POST", "/calendar/getSchedule", body)


def test_items_and_digits(client: Client, anna: Mailbox) -> None:
    for n, show_as in enumerate(("free", "tentative", "busy", "oof", "workingElsewhere")):
        anna.put(MONDAY + n * HOUR, MONDAY + (n + 1) * HOUR, show_as)
    reply = ask(client, ANNA, availabilityViewInterval=60)
    (schedule,) = reply.value
    assert schedule["scheduleId"] == ANNA
    assert schedule["availabilityView"] == "012300"
    assert [item["status"] for item in schedule["scheduleItems"]] == [
        "free",
        "tentative",
        "busy",
        "oof",
        "workingElsewhere",
    ]
    assert set(schedule["scheduleItems"][0]) == {"status", "start", "end"}
    assert schedule["workingHours"]["timeZone"] == {"name": "GTB Standard Time"}


def test_a_series_is_expanded_and_an_all_day_event_stands_at_its_instants(
    client: Client, anna: Mailbox
) -> None:
    anna.put_series(MONDAY, MONDAY + HOUR, 3)
    midnight = MONDAY.replace(hour=22)
    anna.put(midnight, midnight + timedelta(days=1), all_day=True, show_as="oof")
    (schedule,) = ask(client, ANNA, end=MONDAY + timedelta(days=20)).value
    starts = [item["start"]["dateTime"][:16] for item in schedule["scheduleItems"]]
    assert starts == [
        "2026-11-23T08:00",
        "2026-11-23T22:00",
        "2026-11-30T08:00",
        "2026-12-07T08:00",
    ]


def test_only_the_default_calendar_is_told(client: Client, anna: Mailbox) -> None:
    anna.put(MONDAY, MONDAY + HOUR, calendar=anna.add_calendar("Άλλο"))
    assert ask(client, ANNA).value[0]["scheduleItems"] == []


def test_an_error_of_one_mailbox_stands_inside_a_200(
    client: Client, graph: GraphServer, anna: Mailbox
) -> None:
    graph.add_mailbox("bill@kavala.example").schedule_error = "ErrorServerBusy"
    reply = ask(client, "nobody@kavala.example", ANNA, "bill@kavala.example")
    assert reply.status == 200
    codes = [one.get("error", {}).get("responseCode") for one in reply.value]
    assert codes == ["ErrorMailRecipientNotFound", None, "ErrorServerBusy"]
    assert reply.value[0]["scheduleItems"] == []


def test_too_many_entries_are_an_error_of_their_mailbox(
    client: Client, graph: GraphServer, anna: Mailbox
) -> None:
    graph.switches.schedule_entries = 2
    for _ in range(3):
        anna.put(MONDAY, MONDAY + HOUR)
    assert "error" in ask(client, ANNA).value[0]


@pytest.mark.parametrize("most", every("schedules_at_most"))
def test_so_many_mailboxes_at_once(
    client: Client, graph: GraphServer, anna: Mailbox, most: int
) -> None:
    graph.switches.schedules_at_most = most  # type: ignore[assignment]
    assert ask(client, *[ANNA] * most).status == 200
    assert ask(client, *[ANNA] * (most + 1)).code == "ErrorMailboxDataArrayTooBig"


def test_windows_and_intervals(client: Client, anna: Mailbox) -> None:
    for start, end, interval, status in (
        (MONDAY, MONDAY + timedelta(days=62), 30, 400),
        (MONDAY, MONDAY + timedelta(days=62) - HOUR, 30, 200),
        (MONDAY, MONDAY, 30, 400),
        (MONDAY, MONDAY + HOUR, 4, 400),
        (MONDAY, MONDAY + HOUR, 1441, 400),
        (MONDAY, MONDAY + HOUR, 90, 400),
        (MONDAY, MONDAY + HOUR, "60", 200),
    ):
        reply = ask(client, ANNA, start=start, end=end, availabilityViewInterval=interval)
        assert reply.status == status, (start, end, interval)
    assert ask(client).status == 400


@pytest.mark.parametrize("details", every("schedule_details"))
def test_a_private_event_never_tells_its_subject(
    client: Client, graph: GraphServer, anna: Mailbox, details: bool
) -> None:
    graph.switches.schedule_details = details  # type: ignore[assignment]
    anna.put(MONDAY, MONDAY + HOUR, subject="open")
    anna.put(MONDAY + HOUR, MONDAY + 2 * HOUR, subject="secret", sensitivity="private")
    items = ask(client, ANNA).value[0]["scheduleItems"]
    assert [item.get("subject") for item in items] == ["open" if details else None, None]
    assert [item.get("isPrivate") for item in items] == ([False, True] if details else [None] * 2)


@pytest.mark.parametrize("answer", every("schedule_outside_scope"))
def test_mailboxes_outside_the_apps_scope(
    client: Client, graph: GraphServer, anna: Mailbox, answer: str
) -> None:
    graph.switches.schedule_outside_scope = answer  # type: ignore[assignment]
    graph.add_mailbox("bill@kavala.example")
    graph.scope = {ANNA}
    reply = ask(client, ANNA, "bill@kavala.example")
    assert ["error" in one for one in reply.value] == [False, answer == "error"]


def test_times_in_the_zone_that_is_preferred(client: Client, anna: Mailbox) -> None:
    anna.put(MONDAY, MONDAY + HOUR)
    client.prefer = 'outlook.timezone="GTB Standard Time"'
    start = ask(client, ANNA).value[0]["scheduleItems"][0]["start"]
    assert start == {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "GTB Standard Time"}
