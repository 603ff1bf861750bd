"""Series of the stand-in: patterns, wall time, exceptions, deleted occurrences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.graph.calling import IMMUTABLE, MONDAY, Client, time
from tests.servers.graph.mailbox import Mailbox

YEAR = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=400))
HOUR = timedelta(hours=1)


def days(client: Client, pattern: dict[str, Any], limits: dict[str, Any], most: int = 5) -> str:
    """The first local dates of a series that begins on MONDAY, as ``MM-DD`` in one line."""
    recurrence = {"pattern": pattern, "range": {"startDate": "2026-11-23", **limits}}
    made = client.create(recurrence=recurrence)
    assert made.status == 201, made.body
    found = client.view(*YEAR, _top="900").value
    return " ".join(one["start"]["dateTime"][5:10] for one in found[:most])


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 3}, "11-23 11-26 11-29 12-02 12-05"),
        (
            {"type": "weekly", "interval": 1, "daysOfWeek": ["Monday", "Thursday"]},
            "11-23 11-26 11-30 12-03 12-07",
        ),
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["monday"]},
            "11-23 12-07 12-21 01-04 01-18",
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 23},
            "11-23 12-23 01-23 02-23 03-23",
        ),
        (
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
            "11-30 12-31 01-31 02-28 03-31",
        ),
        (
            {
                "type": "relativeMonthly",
                "interval": 1,
                "daysOfWeek": ["monday"],
                "index": "fourth",
            },
            "11-23 12-28 01-25 02-22 03-22",
        ),
        (
            {"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["friday"], "index": "last"},
            "11-27 12-25 01-29 02-26 03-26",
        ),
        (
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 23, "month": 11},
            "11-23 11-23",
        ),
        (
            {
                "type": "relativeYearly",
                "interval": 1,
                "daysOfWeek": ["monday"],
                "index": "fourth",
                "month": 11,
            },
            "11-23 11-22",
        ),
    ],
)
def test_patterns(client: Client, pattern: dict[str, Any], expected: str) -> None:
    assert days(client, pattern, {"type": "noEnd"}) == expected


@pytest.mark.parametrize(
    "limits",
    [
        {"type": "numbered", "numberOfOccurrences": 3},
        {"type": "endDate", "endDate": "2026-11-25"},
    ],
)
def test_ranges(client: Client, limits: dict[str, Any]) -> None:
    assert days(client, {"type": "daily", "interval": 1}, limits) == "11-23 11-24 11-25"


def test_a_series_keeps_its_wall_time_over_the_change_of_clocks(
    client: Client, anna: Mailbox
) -> None:
    anna.put_series(datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 3, 22, 9, tzinfo=UTC), 2)
    found = client.view(datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)).value
    assert [one["start"]["dateTime"][:16] for one in found] == [
        "2027-03-22T08:00",
        "2027-03-29T07:00",
    ]


def test_a_view_shows_occurrences_and_the_list_shows_the_master(
    client: Client, anna: Mailbox
) -> None:
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    shown = client.view(*YEAR).value
    assert [one["type"] for one in shown] == ["occurrence"] * 3
    assert {one["seriesMasterId"] for one in shown} == {master}
    assert len({one["id"] for one in shown}) == 3
    listed = client.get("/events").value
    assert [(one["type"], one["id"]) for one in listed] == [("seriesMaster", master)]
    assert listed[0]["recurrence"]["range"]["numberOfOccurrences"] == 3


def test_a_dragged_occurrence_is_an_exception_and_a_deleted_one_is_absent(
    client: Client, anna: Mailbox
) -> None:
    master = anna.put_series(MONDAY, MONDAY + HOUR, 4)
    anna.move_occurrence(master, 1, MONDAY + timedelta(days=8), MONDAY + timedelta(days=8, hours=2))
    anna.remove_occurrence(master, 2)
    shown = client.view(*YEAR).value
    assert [(one["type"], one["start"]["dateTime"][:10]) for one in shown] == [
        ("occurrence", "2026-11-23"),
        ("exception", "2026-12-01"),
        ("occurrence", "2026-12-14"),
    ]
    assert shown[1]["originalStart"].startswith("2026-11-30T08:00")
    told = client.get(f"/events/{master}", _select="cancelledOccurrences").body
    assert [text[-10:] for text in told["cancelledOccurrences"]] == ["2026-12-07"]
    window = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}
    instances = client.get(f"/events/{master}/instances", **window).value
    assert [one["id"] for one in instances] == [one["id"] for one in shown]


def test_an_occurrence_can_be_read_changed_and_deleted_by_its_id(
    client: Client, anna: Mailbox
) -> None:
    anna.put_series(MONDAY, MONDAY + HOUR, 3)
    first, second, _ = client.view(*YEAR).value
    path = f"/events/{second['id']}"
    changed = client.send("PATCH", path, {"subject": "Only this one", "showAs": "free"}).body
    assert (changed["type"], changed["id"]) == ("exception", second["id"])
    assert client.get(path).body["subject"] == "Only this one"
    assert client.get(f"/events/{first['id']}").body["subject"] == "Every week"
    assert client.send("DELETE", path).status == 204
    assert client.get(path).status == 404
    assert len(client.view(*YEAR).value) == 2


def test_an_occurrence_does_not_pass_its_neighbour(client: Client, anna: Mailbox) -> None:
    anna.put_series(MONDAY, MONDAY + HOUR, 3)
    second = client.view(*YEAR).value[1]["id"]
    late = MONDAY + timedelta(days=15)
    times = {"start": time(late), "end": time(late + HOUR)}
    reply = client.send("PATCH", f"/events/{second}", times)
    assert (reply.status, reply.code) == (400, "ErrorOccurrenceCrossingBoundary")
    assert [one["type"] for one in client.view(*YEAR).value] == ["occurrence"] * 3


def test_a_change_of_the_series_drops_its_exceptions(client: Client, anna: Mailbox) -> None:
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    anna.remove_occurrence(master, 1)
    later = {"start": time(MONDAY + HOUR), "end": time(MONDAY + 2 * HOUR)}
    assert client.send("PATCH", f"/events/{master}", later).status == 200
    shown = client.view(*YEAR).value
    assert [one["start"]["dateTime"][11:13] for one in shown] == ["09", "09", "09"]


def test_ids_of_occurrences_have_both_forms(client: Client, anna: Mailbox) -> None:
    anna.put_series(MONDAY, MONDAY + HOUR, 2)
    immutable = client.view(*YEAR).value[1]["id"]
    plain = client.view(*YEAR, prefer="").value[1]["id"]
    assert immutable != plain
    assert client.get(f"/events/{plain}", prefer=IMMUTABLE).body["id"] == immutable
