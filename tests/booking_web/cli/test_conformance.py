"""`rantevou conformance` on calendars that others use: what it finds, and that nothing stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from booking_web.cli import conformance as command
from connectors.conformance import reading, single_events
from connectors.conformance.checks import same
from connectors.conformance.live import PROMISES, Answer, Outcome, Run, Verdict
from connectors.conformance.office import REFERENCE, SUBJECT, Office, new_key
from connectors.conformance.promises import Promise, of_module
from connectors.conformance.stage import Stage
from connectors.contract import EventDraft, MailboxRef
from connectors.deadline import Deadline
from connectors.registry import stage_for
from tests.booking_web.cli.live import CALDAV, OUTLOOK, TESTS, Live, administrator
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.call import Answer as Reply
from tests.servers.graph.call import Call
from tests.servers.graph.faults import refused
from tests.servers.graph.world import Proceed
from tests.servers.radicale import radicale

AT_ONCE = ("--patience", "0")
NOT_LIVE = {"a_connector_used_before_a_fork_works_after_it"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        yield server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with radicale(tmp_path_factory.mktemp("radicale")) as running:
        yield running


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory, graph: GraphServer, server: CalDavServer
) -> Live:
    return administrator(tmp_path_factory.mktemp("data"), graph, server)


@pytest.fixture
def no_faults(graph: GraphServer) -> Iterator[None]:
    yield
    graph.faults.clear()


def few(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    chosen = tuple(each for each in PROMISES if each.name in names)
    assert len(chosen) == len(names)
    monkeypatch.setattr(command, "PROMISES", chosen)


def stage_on(live: Live, address: str) -> Stage:
    """As the command has it, to do by hand what it does."""
    if address == CALDAV:
        mailbox, connection = MailboxRef(CALDAV, live.url), live.server.connection()
    else:
        mailbox, connection = MailboxRef(address), live.graph.connection()
    return stage_for(connection, mailbox=mailbox, times=live.times, patience=0)


def draft(live: Live) -> EventDraft:
    return EventDraft(live.times.at(16, 9), SUBJECT, "", REFERENCE)


def test_every_promise_is_kept_by_outlook_and_what_microsoft_leaves_open_is_told(
    live: Live, tmp_path: Path
) -> None:
    before = live.outlook()
    path = tmp_path / "report.md"
    result = live.run("--live", OUTLOOK, "--report", str(path), *AT_ONCE)
    assert result.exit_code == 0, result.output
    assert live.outlook() == before
    report = path.read_text(encoding="utf-8")
    assert report.count("| kept |") == len(PROMISES)
    assert "No event stayed behind" in report
    assert "| provider | graph |" in report
    assert "fingerprints (20)" in report
    assert "msgraph-sdk" in report
    assert "If-Match of an old version | refused" in report
    assert "A transactionId sent again with other content | the same event" in report
    assert "not to be found out" not in report
    assert not [each for each in before if str(each["subject"]) in report]
    assert str(before[0]["id"]) not in report


def test_every_promise_that_caldav_gives_is_kept_and_the_others_name_what_lacks(
    live: Live, tmp_path: Path
) -> None:
    before = live.caldav()
    path = tmp_path / "report.md"
    result = live.run("--live", CALDAV, "--report", str(path), *AT_ONCE)
    assert result.exit_code == 0, result.output
    assert live.caldav() == before
    report = path.read_text(encoding="utf-8")
    assert report.count("lacks: fingerprints") == 4
    assert report.count("lacks: exact_periods") == 2
    assert report.count("| kept |") == len(PROMISES) - 6
    assert "Σύσκεψη" not in report


def test_a_promise_that_is_broken_is_said_to_be_and_nothing_stays(
    live: Live, graph: GraphServer, tmp_path: Path, no_faults: None
) -> None:
    def all_free(call: Call, proceed: Proceed) -> Reply:
        answer = proceed(call)
        for each in answer.body["value"]:
            each |= {"showAs": "free"} if "showAs" in each else {}
        return answer

    before = live.outlook()
    graph.faults.add(all_free, method="GET", path="/calendarView$", times=None)
    path = tmp_path / "report.md"
    result = live.run("--live", OUTLOOK, "--report", str(path), *AT_ONCE)
    assert result.exit_code == 1
    assert "BROKEN" in result.output
    report = path.read_text(encoding="utf-8")
    [row] = [line for line in report.splitlines() if "A private event" in line]
    assert "| **broken** | what takes time: [] instead of [20" in row
    assert "| What is created reads back the same. | kept |" in report
    assert "No event stayed behind" in report
    assert live.outlook() == before


@pytest.mark.parametrize("number", [1, 20])
def test_an_interrupted_run_leaves_nothing_and_says_so(
    live: Live, graph: GraphServer, tmp_path: Path, no_faults: None, number: int
) -> None:
    def interrupt(call: Call, proceed: Proceed) -> Reply:
        answer = proceed(call)
        os.kill(os.getpid(), signal.SIGINT)
        return answer

    before = live.outlook()
    graph.faults.add(interrupt, method="POST", path="/events$", nth=number)
    path = tmp_path / "report.md"
    result = live.run("--live", OUTLOOK, "--report", str(path), "--patience", "1")
    assert result.exit_code == 130, result.output
    assert live.outlook() == before
    report = path.read_text(encoding="utf-8")
    assert "The run was interrupted. No event stayed behind" in report


def test_a_service_that_is_stopped_cleans_up_on_caldav_too(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(office: Office) -> None:
        """Somebody stops the program."""
        office.staff.put(office.times.at(15, 9))
        office.create(office.times.at(15, 10))
        os.kill(os.getpid(), signal.SIGTERM)

    before, former = live.caldav(), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(command, "PROMISES", (Promise("stopped", "Stopped.", stopped),))
    result = live.run("--live", CALDAV, *AT_ONCE)
    assert result.exit_code == 130, result.output
    assert live.caldav() == before
    assert signal.getsignal(signal.SIGTERM) is former


@pytest.mark.parametrize("address", [OUTLOOK, CALDAV])
def test_what_a_killed_run_left_is_removed_by_the_next_one(
    live: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    snapshot = live.caldav if address == CALDAV else live.outlook
    before = snapshot()
    stage, times = stage_on(live, address), live.times
    stage.staff.put(times.at(15, 9))
    stage.staff.put_all_day(times.day(12), 1)
    stage.staff.put_series(times.at(16, 9), weeks=3, moved={1: times.at(24, 12)})
    soon = Deadline.after(20)
    for key in (new_key(), "κλειδί " + new_key()):
        stage.connector.create(mailbox=stage.mailbox, draft=draft(live), key=key, deadline=soon)
    assert snapshot() != before
    few(monkeypatch, "an_empty_calendar_reads_empty")
    path = tmp_path / "report.md"
    result = live.run("--live", address, "--report", str(path), *AT_ONCE)
    assert result.exit_code == 0, result.output
    assert "| events of earlier runs, removed first | 5 |" in path.read_text(encoding="utf-8")
    assert snapshot() == before


def test_who_works_in_the_calendar_meanwhile_breaks_no_promise(live: Live) -> None:
    box = live.graph.mailbox(OUTLOOK)
    made: list[str] = []

    def disturbed(office: Office) -> None:
        """Nothing is there."""
        if not made:
            period = office.times.at(20, 9)
            made.append(box.put(period.start, period.end))
        same(office.busy(), [], "what takes time")

    told: list[Outcome | Answer] = []
    promise = Promise("disturbed", "Nothing is there.", disturbed)
    run = Run(stage_on(live, OUTLOOK), live.times, tell=told.append, promises=(promise,))
    record = run.go()
    assert [each.verdict for each in record.outcomes] == [Verdict.KEPT]
    assert told[0] is record.outcomes[0]
    assert record.good
    assert [each["id"] for each in live.outlook() if each["id"] in made] == made
    box.remove(made[0])


def test_a_pause_that_the_provider_asks_for_is_kept(
    live: Live, graph: GraphServer, no_faults: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "what_is_created_reads_back_the_same")
    graph.faults.add(refused(429, retry_after=1), method="POST", path="/events$")
    result = live.run("--live", TESTS, "--via", OUTLOOK, *AT_ONCE)
    assert result.exit_code == 0, result.output
    assert graph.mailbox(TESTS).events() == []


def test_a_run_that_cannot_begin_says_why(
    live: Live, graph: GraphServer, no_faults: None, tmp_path: Path
) -> None:
    graph.faults.add(refused(403, "ErrorAccessDenied"), path="/calendarView", times=None)
    path = tmp_path / "report.md"
    result = live.run("--live", OUTLOOK, "--report", str(path), *AT_ONCE)
    assert result.exit_code == 1
    assert "The run ended early: NotAuthorised" in result.output
    assert "MAY HAVE STAYED" not in path.read_text(encoding="utf-8")


def test_what_cannot_be_removed_is_said_loudly(
    live: Live, graph: GraphServer, no_faults: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, "what_is_created_reads_back_the_same")
    graph.faults.add(refused(403, "ErrorAccessDenied"), method="DELETE", times=None)
    result = live.run("--live", TESTS, "--via", OUTLOOK, *AT_ONCE)
    assert result.exit_code == 1
    assert "EVENTS MAY HAVE STAYED" in result.output
    graph.faults.clear()
    assert live.run("--live", TESTS, "--via", OUTLOOK, *AT_ONCE).exit_code == 0
    assert graph.mailbox(TESTS).events() == []


def test_a_mailbox_that_nobody_mapped_is_reached_through_one_that_is(live: Live) -> None:
    result = live.run("--live", TESTS, *AT_ONCE)
    assert result.exit_code == 1
    assert "--via" in result.output
    result = live.run("--live", TESTS, "--calendar", "x", *AT_ONCE)
    assert result.exit_code == 2
    assert "--calendar needs --via" in result.output


def test_a_report_without_a_folder_is_refused_before_anything_is_written(
    live: Live, tmp_path: Path
) -> None:
    live.graph.requests.clear()
    result = live.run("--live", OUTLOOK, "--report", str(tmp_path / "no" / "report.md"))
    assert result.exit_code == 2
    assert "no folder" in result.output
    assert live.graph.requests.count() == 0


def test_live_runs_try_all_promises_but_those_that_need_other_processes_or_mailboxes() -> None:
    tried = {each.name for each in PROMISES}
    both = {each.name for module in (reading, single_events) for each in of_module(module)}
    assert both <= tried
    assert not NOT_LIVE & tried
    assert all(each.sentence.endswith(".") for each in PROMISES)


def test_the_times_are_months_ahead_or_weeks_but_never_now(live: Live) -> None:
    zone = live.times.zone
    for days in range(0, 400, 7):
        today = live.times.monday + timedelta(days=days)
        times = command.times_of(today)
        assert times.monday.weekday() == 0
        assert timedelta(weeks=4) <= times.monday - today <= timedelta(weeks=35)
        change = times.whole_days(times.day(6), 1)
        assert change.duration in (timedelta(hours=23), timedelta(hours=25))
        assert times.at(15, 9).start.astimezone(zone).hour == 1
