"""A check of a Microsoft 365 mailbox: what is wanting is told with the exact step, and no trace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import CheckReport, Finding, MailboxRef
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from tests.contract.office import ZONE
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import refused, reset, without_link

ANNA, MAYOR = "anna@kavala.example", "mayor@kavala.example"


@pytest.fixture
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        server.add_mailbox(ANNA)
        server.add_mailbox(MAYOR)
        yield server


def check(graph: GraphServer, address: str = ANNA, **changes: object) -> CheckReport:
    connector = GraphConnector(graph.connection(**changes), office_zone=ZONE)
    report = connector.check(mailbox=MailboxRef(address), deadline=Deadline.after(60))
    connector.close()
    return report


def found(report: CheckReport, name: str) -> Finding:
    (finding,) = [each for each in report.findings if each.name == name]
    return finding


def names(report: CheckReport, *, ok: bool) -> set[str]:
    return {each.name for each in report.findings if each.ok is ok}


def test_a_good_mailbox_has_everything_and_keeps_nothing(graph: GraphServer) -> None:
    graph.meetings.granted = True
    graph.scope = {ANNA}
    report = check(graph, options={"meeting_options": "yes", "outside_mailbox": MAYOR})
    assert names(report, ok=False) == set()
    assert names(report, ok=True) == {
        "reachable",
        "clock",
        "readable",
        "writable",
        "private_readable",
        "meeting_link",
        "secure_meetings",
        "working_hours",
        "scope",
    }
    assert report.readable
    assert report.writable
    assert report.keeps_private()
    assert graph.mailbox(ANNA).events() == []
    assert graph.mails_to_attendees == []


def test_what_is_not_asked_for_is_not_checked(graph: GraphServer) -> None:
    assert not {"secure_meetings", "scope"} & names(check(graph), ok=True)


def test_a_mailbox_outside_the_scope_names_the_role_assignment(graph: GraphServer) -> None:
    graph.scope = {MAYOR}
    readable = found(check(graph), "readable")
    assert not readable.ok
    assert "New-ManagementRoleAssignment -App" in readable.remedy
    assert graph.client_id in readable.remedy
    assert ANNA in readable.remedy


@pytest.mark.parametrize(("minutes", "fine"), [(-15, False), (-1, True), (1, True), (15, False)])
def test_a_clock_that_differs_from_microsofts_is_told(
    graph: GraphServer, minutes: int, fine: bool
) -> None:
    ours = datetime.now(UTC) + timedelta(minutes=minutes)
    connector = GraphConnector(graph.connection(), office_zone=ZONE, clock=lambda: ours)
    report = connector.check(mailbox=MailboxRef(ANNA), deadline=Deadline.after(60))
    connector.close()
    clock = found(report, "clock")
    assert clock.ok is fine
    assert fine or "NTP" in clock.remedy


def test_a_clock_is_told_by_a_refusal_too(graph: GraphServer) -> None:
    graph.scope = {MAYOR}
    assert found(check(graph), "clock").ok


def test_an_unknown_mailbox_is_a_matter_of_the_mapping(graph: GraphServer) -> None:
    readable = found(check(graph, "nobody@kavala.example"), "readable")
    assert not readable.ok
    assert "mapping file" in readable.remedy


def test_a_mailbox_that_may_only_be_read_is_not_writable(graph: GraphServer) -> None:
    graph.faults.add(refused(403, "ErrorAccessDenied"), method="POST", path="events$", times=None)
    report = check(graph)
    assert names(report, ok=True) >= {"reachable", "readable"}
    assert "Calendars.ReadWrite" in found(report, "writable").remedy


def test_a_user_without_teams_is_told_about_his_licence(graph: GraphServer) -> None:
    graph.faults.add(without_link(), path="events$", times=None)
    report = check(graph)
    assert report.writable
    link = found(report, "meeting_link")
    assert not link.ok
    assert "licence" in link.remedy
    assert "Teams" in link.remedy


def test_meetings_that_may_not_be_set_name_both_commands(graph: GraphServer) -> None:
    secure = found(check(graph, options={"meeting_options": "yes"}), "secure_meetings")
    assert not secure.ok
    assert f'New-CsApplicationAccessPolicy -Identity Rantevou -AppIds "{graph.client_id}"' in (
        secure.remedy
    )
    assert "Grant-CsApplicationAccessPolicy -PolicyName Rantevou" in secure.remedy


def test_an_application_that_reads_everybody_is_found_out(graph: GraphServer) -> None:
    scope = found(check(graph, options={"outside_mailbox": MAYOR}), "scope")
    assert not scope.ok
    assert "API permissions" in scope.remedy


def test_an_outside_mailbox_that_does_not_exist_proves_nothing(graph: GraphServer) -> None:
    scope = found(check(graph, options={"outside_mailbox": "x@kavala.example"}), "scope")
    assert not scope.ok
    assert "outside_mailbox" in scope.remedy


def test_wrong_credentials_are_not_mistaken_for_missing_rights(graph: GraphServer) -> None:
    report = check(graph, secret="wrong", options={"outside_mailbox": MAYOR})
    assert names(report, ok=True) == {"reachable"}
    assert "rantevou secret set" in found(report, "readable").remedy
    assert not found(report, "scope").ok


def test_a_server_that_does_not_answer_is_not_asked_further(graph: GraphServer) -> None:
    graph.faults.add(refused(503, retry_after=1), times=None)
    report = check(graph)
    assert [each.name for each in report.findings] == ["reachable"]
    assert "firewall" in report.findings[0].remedy


def test_hours_are_told_by_free_busy_where_settings_may_not_be_read(graph: GraphServer) -> None:
    graph.settings.permitted = False
    assert found(check(graph), "working_hours").ok


def test_an_event_whose_answer_was_lost_is_removed_too(graph: GraphServer) -> None:
    graph.faults.add(reset(after=True), method="POST", path="events$", times=2)
    check(graph)
    assert graph.mailbox(ANNA).events() == []


def test_an_event_that_stays_is_named(graph: GraphServer) -> None:
    graph.faults.add(refused(403, "ErrorAccessDenied"), method="DELETE", times=None)
    clean = found(check(graph), "clean")
    assert not clean.ok
    assert "by hand" in clean.remedy


def test_a_check_ends_in_time(graph: GraphServer) -> None:
    connector = GraphConnector(graph.connection(), office_zone=ZONE)
    report = connector.check(mailbox=MailboxRef(ANNA), deadline=Deadline.after(0))
    assert names(report, ok=True) == set()
    connector.close()
