"""calendarView and lists of the stand-in: windows, pages, query options, errors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.graph.calling import MONDAY, Client
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox

HOUR = timedelta(hours=1)
DAY = (MONDAY - timedelta(hours=8), MONDAY + timedelta(hours=16))


def hours(anna: Mailbox, count: int) -> list[str]:
    """Events of half an hour, one an hour from MONDAY on, named by their number."""
    return [
        anna.put(MONDAY + n * HOUR, MONDAY + n * HOUR + HOUR / 2, subject=f"{n:02}")
        for n in range(count)
    ]


def test_a_view_has_what_overlaps_its_window(client: Client, anna: Mailbox) -> None:
    hours(anna, 4)
    shown = client.view(MONDAY + HOUR / 2, MONDAY + 2 * HOUR + HOUR / 4)
    assert shown.subjects == ["01", "02"]
    anna.put(MONDAY + 3 * HOUR / 4, MONDAY + 3 * HOUR / 4, subject="no length")
    assert client.view(MONDAY + HOUR / 2, MONDAY + HOUR).subjects == ["no length"]


def test_ten_to_a_page_unless_more_are_asked_for(client: Client, anna: Mailbox) -> None:
    hours(anna, 23)
    window = (MONDAY, MONDAY + timedelta(days=1))
    page = client.view(*window, _select="subject")
    subjects = page.subjects
    assert len(subjects) == 10
    while "@odata.nextLink" in page.body:
        page = client.get(page.body["@odata.nextLink"])
        subjects += page.subjects
    assert subjects == [f"{n:02}" for n in range(23)]
    assert "start" not in page.value[-1]  # the link carries $select
    assert len(client.view(*window, _top="50").value) == 23
    assert len(client.view(*window, prefer="odata.maxpagesize=15").value) == 15


def test_what_is_asked_wrongly_is_refused(client: Client) -> None:
    for parameters in (
        {"_top": "0"},
        {"_top": "1001"},
        {"_top": "many"},
        {"_select": "subjekt"},
        {"_expand": "singleValueExtendedProperties"},
        {"_orderby": "subjekt"},
        {"_filter": "start/dateTime near '2026'"},
        {"_filter": "subject eq 'x"},
        {"_search": "x"},
        {"_format": "xml"},
        {"color": "red"},
    ):
        reply = client.view(*DAY, **parameters)
        assert reply.status == 400, parameters
        assert reply.body["error"]["message"]
    assert client.view(DAY[1], DAY[0]).status == 400
    assert client.get("/calendarView").code == "ErrorInvalidParameter"
    assert client.get("/calendarView", startDateTime="yesterday", endDateTime="x").status == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("start/dateTime ge '2026-11-23T09:00'", {"01", "02"}),
        ("start/dateTime ge '2026-11-23T09:00' and end/dateTime le '2026-11-23T10:00'", {"01"}),
        ("start/dateTime eq '2026-11-23T09:00:00Z'", {"01"}),
        ("subject eq '00' or startswith(subject, '02')", {"00", "02"}),
        ("not (subject eq '00')", {"01", "02"}),
        ("showAs ne 'busy'", set()),
        ("isAllDay eq false and type eq 'singleInstance'", {"00", "01", "02"}),
        ("seriesMasterId eq null", {"00", "01", "02"}),
    ],
)
def test_filters(client: Client, anna: Mailbox, text: str, expected: set[str]) -> None:
    hours(anna, 3)
    found = client.get("/events", _filter=text)
    assert found.status == 200, found.body
    assert set(found.subjects) == expected


def test_order_and_count(client: Client, anna: Mailbox) -> None:
    hours(anna, 3)
    found = client.get("/events", _orderby="start/dateTime desc", _count="true", _top="2")
    assert found.subjects == ["02", "01"]
    assert found.body["@odata.count"] == 3
    assert client.get("/events", _orderby="subject", _skip="1").subjects == ["01", "02"]


def test_calendars_are_apart(client: Client, anna: Mailbox) -> None:
    other = client.send("POST", "/calendars", {"name": "Άλλο"}).body["id"]
    inside = anna.put(MONDAY, MONDAY + HOUR, subject="there", calendar=other)
    anna.put(MONDAY, MONDAY + HOUR, subject="here")
    window = {"startDateTime": DAY[0].isoformat(), "endDateTime": DAY[1].isoformat()}
    assert client.view(*DAY).subjects == ["here"]
    assert client.get("/calendar/calendarView", **window).subjects == ["here"]
    assert client.get(f"/calendars/{other}/calendarView", **window).subjects == ["there"]
    assert client.get(f"/calendars/{other}/events").subjects == ["there"]
    assert client.get("/calendars/nowhere/events").status == 404
    names = {one["name"]: one["isDefaultCalendar"] for one in client.get("/calendars").value}
    assert names == {"Calendar": True, "Άλλο": False}
    assert client.send("DELETE", f"/calendars/{other}").status == 204
    assert client.get(f"/events/{inside}").status == 404


def test_users_that_are_not_there_not_allowed_or_without_mailbox(
    client: Client, graph: GraphServer, anna: Mailbox
) -> None:
    base = f"{graph.base_url}/users"
    assert client.get(f"{base}/nobody@kavala.example/events").code == "ErrorInvalidUser"
    graph.switches.unknown_user = "Request_ResourceNotFound"
    assert client.get(f"{base}/nobody/events").code == "Request_ResourceNotFound"
    graph.scope = {"someone.else@kavala.example"}
    refused = client.get("/events")
    assert (refused.status, refused.code) == (403, "ErrorAccessDenied")
    assert client.create().status == 403
    graph.scope = {"Anna@kavala.example"}
    assert client.get("/events").status == 200
    assert client.get(f"{base}/{anna.object_id}/events").status == 200
    anna.enabled = False
    assert client.get("/events").code == "MailboxNotEnabledForRESTAPI"


def test_ids_that_mean_nothing(client: Client) -> None:
    assert client.get("/events/garbage").code == "ErrorInvalidIdMalformed"
    event = client.create().body["id"]
    client.send("DELETE", f"/events/{event}")
    assert client.get(f"/events/{event}").code == "ErrorItemNotFound"
    assert client.send("DELETE", f"/events/{event}").code == "ErrorItemNotFound"
    assert client.get("/event").status == 400
    assert client.send("PUT", "/events").status == 405


@pytest.mark.parametrize(("answer", "status"), [("scope_holds", 403), ("consent_wins", 200)])
def test_whether_a_consent_widens_the_scope_is_not_established(
    client: Client, graph: GraphServer, answer: str, status: int
) -> None:
    graph.switches.scope_and_consent = answer  # type: ignore[assignment]
    graph.scope = set()
    assert client.get("/events").status == status
