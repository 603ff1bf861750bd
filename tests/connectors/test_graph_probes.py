"""What a live run asks of Microsoft where the documentation is silent: every answer is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.graph.client import GraphClient
from connectors.graph.probes import questions
from connectors.graph.raw import Raw
from tests.connectors.outlook import Outlook
from tests.contract.office import TIMES
from tests.servers.graph.switches import every

WANTED = {
    ("if_match_on_patch", "honoured"): ("PATCH with If-Match", "refused: "),
    ("if_match_on_patch", "ignored"): ("PATCH with If-Match", "not honoured"),
    ("if_match_on_delete", "honoured"): ("DELETE with If-Match", "refused: "),
    ("if_match_on_delete", "ignored"): ("DELETE with If-Match", "not honoured"),
    ("transaction_repeat", "same_event"): ("with the same content", "the same event"),
    ("transaction_repeat", "conflict"): ("with the same content", "refused: "),
    ("transaction_other_content", "first_wins"): ("with other content", "as it was"),
    ("transaction_other_content", "conflict"): ("with other content", "refused: "),
    ("transaction_other_content", "new_event"): ("with other content", "a new event is made"),
    ("transaction_after_delete", "new_event"): ("after its event", "a new event is made; an event"),
    ("transaction_after_delete", "old_body"): ("after its event", "as it was; no event"),
    ("transaction_after_delete", "error"): ("after its event", "refused: "),
    ("cancel_without_attendees", "accepted"): ("POST cancel", "accepted"),
    ("cancel_without_attendees", "refused"): ("POST cancel", "refused: "),
    ("delta_exception", "exception"): ("occurrence was moved", "exception in full"),
    ("delta_exception", "with_master"): ("occurrence was moved", "seriesMaster in full"),
    ("delta_exception", "whole_series"): ("occurrence was moved", "occurrence with id and times"),
    ("delta_deleted_occurrence", "nothing"): ("occurrence was deleted", "nothing within"),
    ("delta_deleted_occurrence", "master"): ("occurrence was deleted", "seriesMaster in full"),
    ("delta_deleted_occurrence", "removed"): ("occurrence was deleted", "removed"),
    ("delta_shrunk_series", "silent"): ("made shorter", "seriesMaster in full"),
    ("delta_shrunk_series", "removed"): ("made shorter", "removed, removed, seriesMaster"),
    ("all_day_reading", "midnight"): ("whole day", "T00:00:00 on, UTC"),
    ("all_day_reading", "instant"): ("whole day", "T22:00:00 on, UTC"),
}  # fmt: skip


@pytest.fixture
def usual(outlook_office: Outlook) -> Iterator[Outlook]:
    before = replace(outlook_office.graph.switches)
    yield outlook_office
    vars(outlook_office.graph.switches).update(vars(before))


def answer(outlook: Outlook, question: str) -> str:
    raw = Raw(GraphClient(outlook.graph.connection()), outlook.mailbox, TIMES)
    [found] = [each for each in questions(raw, patience=0) if question in each.text]
    return found.ask()


@pytest.mark.parametrize(("switch", "value"), WANTED, ids=str)
def test_the_answer_of_a_tenant_is_told(usual: Outlook, switch: str, value: str) -> None:
    setattr(usual.graph.switches, switch, value)
    question, wanted = WANTED[switch, value]
    assert wanted in answer(usual, question)


@pytest.mark.parametrize("value", every("sync_state_lost"))
def test_a_lost_token_is_told_with_status_and_code(usual: Outlook, value: str) -> None:
    usual.graph.switches.sync_state_lost = value
    status, _, code = value.partition(" ")
    told = answer(usual, "delta token")
    assert f"HTTP {status}" in told
    assert code == "Location only" or code in told


def test_every_answer_of_these_switches_is_wanted() -> None:
    for switch in {switch for switch, _ in WANTED}:
        assert set(every(switch)) == {value for name, value in WANTED if name == switch}
