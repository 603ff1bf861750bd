"""calendarView/delta of the stand-in: a signal of changes, with its documented gaps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.graph.calling import MONDAY, Client, Reply
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.switches import every

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
START, END = MONDAY - timedelta(days=1), MONDAY + 4 * WEEK
Told = list[tuple[str, str]]


class Round:
    """Follows the links; ``go`` gives what the next round tells."""

    def __init__(self, client: Client, start: datetime = START, end: datetime = END) -> None:
        self.client, self.pages = client, 0
        self.window = {"startDateTime": start.isoformat(), "endDateTime": end.isoformat()}
        self.link = ""

    def page(self, link: str, **more: Any) -> Reply:
        if link:
            return self.client.get(link, **more)
        return self.client.get("/calendarView/delta", **self.window, **more)

    def entries(self, **more: Any) -> list[dict[str, Any]]:
        page = self.page(self.link, **more)
        found = page.value
        self.pages = 1
        while "@odata.nextLink" in page.body:
            page = self.page(page.body["@odata.nextLink"], **more)
            found += page.value
            self.pages += 1
        self.link = page.body["@odata.deltaLink"]
        return found

    def go(self, **more: Any) -> Told:
        """(type or "removed", id) of each entry."""
        return [
            ("removed" if "@removed" in one else one["type"], one["id"])
            for one in self.entries(**more)
        ]


def test_a_round_tells_all_and_the_next_one_what_changed(client: Client, anna: Mailbox) -> None:
    kept = anna.put(MONDAY, MONDAY + HOUR)
    gone = anna.put(MONDAY + HOUR, MONDAY + 2 * HOUR)
    told = Round(client)
    assert told.go() == [("singleInstance", kept), ("singleInstance", gone)]
    assert told.go() == []
    anna.set_show_as(kept, "free")
    anna.set_show_as(kept, "busy")
    anna.remove(gone)
    new = anna.put(MONDAY, MONDAY + HOUR)
    assert told.go() == [("singleInstance", kept), ("removed", gone), ("singleInstance", new)]
    assert told.go() == []


def test_what_happens_outside_the_window_is_told_as_removed(client: Client, anna: Mailbox) -> None:
    inside = anna.put(MONDAY, MONDAY + HOUR)
    told = Round(client)
    told.go()
    anna.move(inside, MONDAY + 9 * WEEK, MONDAY + 9 * WEEK + HOUR)
    outside = anna.put(MONDAY + 8 * WEEK, MONDAY + 8 * WEEK + HOUR)
    assert told.go() == [("removed", inside), ("removed", outside)]
    anna.move(inside, MONDAY, MONDAY + HOUR)
    assert told.go() == [("singleInstance", inside)]


def test_a_series_is_its_master_and_bare_occurrences(client: Client, anna: Mailbox) -> None:
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    first, *occurrences = Round(client).entries()
    assert (first["type"], first["id"], first["subject"]) == ("seriesMaster", master, "Every week")
    assert [one["type"] for one in occurrences] == ["occurrence"] * 3
    bare = {"@odata.type", "@odata.etag", "seriesMasterId", "type", "id", "start", "end"}
    assert all(set(one) == bare for one in occurrences)


@pytest.mark.parametrize("answer", every("delta_deleted_occurrence"))
def test_a_deleted_occurrence_tells_nothing(
    client: Client, graph: GraphServer, anna: Mailbox, answer: str
) -> None:
    graph.switches.delta_deleted_occurrence = answer  # type: ignore[assignment]
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    told = Round(client)
    second = told.go()[2][1]
    anna.remove_occurrence(master, 1)
    expected: dict[str, Told] = {
        "nothing": [],
        "master": [("seriesMaster", master)],
        "removed": [("removed", second)],
    }
    assert told.go() == expected[answer]
    # It is absent where one looks, and the service knows of the change.
    assert len(client.view(START, END).value) == 2


@pytest.mark.parametrize("answer", every("delta_exception"))
def test_a_dragged_occurrence_is_told_in_full(
    client: Client, graph: GraphServer, anna: Mailbox, answer: str
) -> None:
    graph.switches.delta_exception = answer  # type: ignore[assignment]
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    told = Round(client)
    told.go()
    anna.move_occurrence(master, 1, MONDAY + WEEK + HOUR, MONDAY + WEEK + 2 * HOUR)
    entries = told.entries()
    exception = next(one for one in entries if one["type"] == "exception")
    assert exception["showAs"] == "busy"
    assert exception["start"]["dateTime"].startswith("2026-11-30T09:00")
    expected = {
        "exception": ["exception"],
        "with_master": ["seriesMaster", "exception"],
        "whole_series": ["seriesMaster", "occurrence", "exception", "occurrence"],
    }
    assert [one["type"] for one in entries] == expected[answer]


@pytest.mark.parametrize("answer", every("delta_shrunk_series"))
def test_a_shorter_series(client: Client, graph: GraphServer, anna: Mailbox, answer: str) -> None:
    graph.switches.delta_shrunk_series = answer  # type: ignore[assignment]
    master = anna.put_series(MONDAY, MONDAY + HOUR, 3)
    told = Round(client)
    last = told.go()[-1]
    anna.shorten_series(master, 2)
    entries = told.go()
    assert [kind for kind, _ in entries[:3]] == ["seriesMaster", "occurrence", "occurrence"]
    assert entries[3:] == ([] if answer == "silent" else [("removed", last[1])])


def test_pages_are_as_long_as_wished_but_never_split_a_series(
    client: Client, anna: Mailbox
) -> None:
    anna.put(MONDAY - HOUR, MONDAY)
    anna.put_series(MONDAY, MONDAY + HOUR, 4)
    anna.put(MONDAY + HOUR, MONDAY + 2 * HOUR)
    told = Round(client)
    prefer = 'IdType="ImmutableId", odata.maxpagesize=2'
    first = told.page("", prefer=prefer)
    assert [one["type"] for one in first.value].count("occurrence") == 4
    assert "@odata.nextLink" in first.body
    assert "@odata.deltaLink" not in first.body
    assert len(told.go(prefer=prefer)) == 7
    assert told.pages == 2


def test_a_change_between_two_pages_is_told_in_the_next_round_again(
    client: Client, anna: Mailbox
) -> None:
    ids = [anna.put(MONDAY + n * HOUR, MONDAY + (n + 1) * HOUR) for n in range(4)]
    told = Round(client)
    prefer = 'IdType="ImmutableId", odata.maxpagesize=2'
    first = told.page("", prefer=prefer)
    anna.set_show_as(ids[3], "free")
    anna.remove(ids[2])
    second = told.page(first.body["@odata.nextLink"], prefer=prefer)
    assert [(one["id"], one["showAs"]) for one in second.value] == [(ids[3], "free")]
    told.link = second.body["@odata.deltaLink"]
    assert told.go() == [("singleInstance", ids[3]), ("removed", ids[2])]


@pytest.mark.parametrize("answer", every("sync_state_lost"))
def test_a_lost_token(client: Client, graph: GraphServer, anna: Mailbox, answer: str) -> None:
    graph.switches.sync_state_lost = answer  # type: ignore[assignment]
    told = Round(client)
    told.go()
    graph.forget_delta_tokens()
    reply = told.page(told.link)
    status, code = answer.split(" ", 1)
    assert reply.status == int(status)
    assert ("Location" in reply.headers) is (status == "410")
    assert code == "Location only" or reply.code == code
    assert told.page(told.link.rsplit("=", 1)[0] + "=garbage").status == int(status)


def test_a_token_is_for_one_calendar_and_one_window(
    client: Client, graph: GraphServer, anna: Mailbox
) -> None:
    told = Round(client)
    told.go()
    token = told.link.rsplit("=", 1)[1]
    graph.add_mailbox("bill@kavala.example")
    elsewhere = f"{graph.base_url}/users/bill@kavala.example/calendarView/delta"
    assert client.get(elsewhere, _deltatoken=token).code == "syncStateNotFound"
    window = {"startDateTime": START.isoformat(), "endDateTime": (END + WEEK).isoformat()}
    reply = client.get("/calendarView/delta", _deltatoken=token, **window)
    assert reply.code == "syncStateNotFound"
    calendar = anna.add_calendar("Άλλο")
    other = client.get(f"/calendars/{calendar}/calendarView/delta()", **told.window)
    assert other.value == []


def test_select_and_its_like_are_refused(client: Client) -> None:
    for name in ("_select", "_filter", "_expand", "_orderby", "_search", "_top"):
        reply = Round(client).page("", **{name: "subject"})
        assert (reply.status, reply.code) == (400, "ErrorInvalidUrlQuery"), name
    assert client.get("/calendarView/delta").status == 400


def test_a_change_may_take_its_time(client: Client, graph: GraphServer, anna: Mailbox) -> None:
    graph.clock.set(MONDAY)
    graph.switches.delta_delay = timedelta(seconds=30)
    told = Round(client)
    told.go()
    new = anna.put(MONDAY, MONDAY + HOUR)
    assert told.go() == []
    assert client.view(START, END).value
    graph.clock.advance(timedelta(seconds=31))
    assert told.go() == [("singleInstance", new)]


def test_ids_in_the_form_that_each_request_asks_for(client: Client, anna: Mailbox) -> None:
    immutable = anna.put(MONDAY, MONDAY + HOUR)
    told = Round(client)
    plain = told.go(prefer="odata.maxpagesize=5")[0][1]
    assert plain != immutable
    anna.remove(immutable)
    assert told.go() == [("removed", immutable)]


def test_moving_to_another_calendar_is_going_away(client: Client, anna: Mailbox) -> None:
    event = anna.put(MONDAY, MONDAY + HOUR)
    told = Round(client)
    plain = told.go(prefer="x=1")[0][1]
    anna.move_to_calendar(event, anna.add_calendar("Άλλο"))
    assert told.go(prefer="x=1") == [("removed", plain)]


def test_a_token_older_than_the_log_is_lost(
    client: Client, anna: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.servers.graph.mailbox.LOG_KEPT", 3)
    told = Round(client)
    told.go()
    event = anna.put(MONDAY, MONDAY + HOUR)
    for _ in range(3):
        anna.set_show_as(event, "busy")
    assert told.page(told.link).code == "syncStateNotFound"
