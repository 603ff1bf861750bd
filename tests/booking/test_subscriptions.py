"""Calendars that call us: one subscription a mailbox, whoever dies, whatever gets lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from booking.leader import lead
from booking.subscriptions.planning import is_due
from connectors.errors import ConnectorError, NotAuthorised, Rejected, TryLater
from connectors.memory import MemoryConnector
from tests.booking.callers import ORIGIN, Callers, callers, elsewhere, make_callers
from tests.booking.conftest import Office
from tests.booking.town import address, town

__all__ = ["callers", "make_callers"]


# Asked for, once.


def test_every_mailbox_calls_us_once_and_the_secret_is_kept_nowhere(callers: Callers) -> None:
    assert is_due(callers.office.desk, plans=True)
    assert not is_due(callers.office.desk, plans=False)
    callers.settle()
    callers.assert_one_each()
    assert not is_due(callers.office.desk, plans=True)
    secrets = {each.client_state for each in callers.memory.held}
    assert len(secrets) == 2
    stored = repr(callers.rows())
    assert not any(secret in stored for secret in secrets)
    for each in callers.memory.held:
        assert each.told.notification_url == f"{ORIGIN}/notifications/memory"
        assert each.told.lifecycle_url == f"{ORIGIN}/notifications/memory/lifecycle"
        assert 22 <= len(each.client_state) <= 128
    requests = callers.memory.requests.copy()
    assert callers.tend().done == 0
    assert callers.memory.requests == requests  # nothing is asked where nothing is due


@pytest.mark.parametrize("url", ["", "http://rantevou.example.gr"])
def test_without_a_secure_address_nobody_is_asked_to_call(callers: Callers, url: str) -> None:
    callers.settings(notification_url=url)
    assert not is_due(callers.office.desk, plans=True)
    assert callers.tend().done == 0
    assert callers.rows() == ()


def test_a_provider_that_cannot_call_is_not_asked(office: Office) -> None:
    callers = Callers(office)
    office.calendars.it = MemoryConnector()
    assert callers.tend().done == 0
    assert callers.rows() == ()


def test_many_mailboxes_are_no_storm(make_callers: Callable[..., Callers]) -> None:
    callers = make_callers(24)
    sizes = []
    while True:
        before = sum(callers.memory.requests.values())
        report = callers.tend()
        sizes.append(sum(callers.memory.requests.values()) - before)
        if not report.more:
            break
    assert sizes == [11, 11, 5]  # one listing each
    callers.assert_one_each()
    renewals = sorted({row.renew_at - callers.office.clock() for row in callers.rows()})
    assert len(renewals) > 12  # spread
    assert renewals[0] >= timedelta(days=2)
    assert renewals[-1] <= timedelta(days=3)


# Renewed, and noticed when they are gone.


def test_for_thirty_days_each_is_renewed_in_time_and_none_is_made_twice(callers: Callers) -> None:
    callers.settle()
    first = {each.told.id for each in callers.memory.held}
    for _ in range(30 * 4):
        callers.office.clock.forward(hours=6)
        if is_due(callers.office.desk, plans=True):
            callers.tend()
        callers.assert_one_each()
        assert all(
            each.told.expires_at - callers.office.clock() > timedelta(days=2)
            for each in callers.memory.held
        )
    assert {each.told.id for each in callers.memory.held} == first
    assert callers.memory.requests["renew"] <= 2 * 15
    assert callers.memory.requests["subscriptions"] <= 31


def test_one_that_is_gone_at_its_renewal_is_made_anew_and_everything_is_read(
    callers: Callers,
) -> None:
    callers.settle()
    gone = callers.held()[address(1)]
    callers.memory.drop(gone.told.id)
    callers.office.clock.forward(days=3)
    callers.office.read_all()
    callers.settle()
    callers.assert_one_each()
    assert callers.held()[address(1)].client_state != gone.client_state
    with callers.office.desk.store.read() as uow:
        rows = {row.address: row for row in uow.mailboxes.all()}
    assert rows[address(1)].dirty_at is not None
    assert rows[address(1)].last_full is None
    assert rows[address(2)].last_full is not None


def test_one_that_vanished_without_a_word_is_noticed_within_a_day(callers: Callers) -> None:
    callers.settle()
    callers.memory.drop(callers.held()[address(2)].told.id)
    callers.office.clock.forward(hours=23)
    assert not is_due(callers.office.desk, plans=True)
    callers.office.clock.forward(hours=1)
    assert is_due(callers.office.desk, plans=False)
    callers.settle()
    callers.assert_one_each()
    assert callers.memory.requests["renew"] == 1  # the other one was only looked at


def test_a_clock_that_is_put_back_keeps_nobody_waiting(callers: Callers) -> None:
    callers.office.clock.forward(days=400)
    callers.settle()
    callers.office.clock.forward(days=-400)
    assert is_due(callers.office.desk, plans=False)
    callers.settle()
    callers.assert_one_each()
    assert not is_due(callers.office.desk, plans=True)


# Given up.


def test_an_unmapped_mailbox_calls_no_more(callers: Callers) -> None:
    callers.settle()
    callers.remap(town(mailboxes=1), "one")
    assert is_due(callers.office.desk, plans=False)
    callers.settle()
    callers.assert_one_each()
    callers.remap(town(mailboxes=2), "two again")
    callers.settle()
    callers.assert_one_each()


def test_one_that_was_never_asked_for_is_simply_forgotten(callers: Callers) -> None:
    assert lead(callers.office.desk, name="ticker", owner="x", seconds=1)
    callers.memory.fail_next("subscriptions", NotAuthorised("403"))
    callers.tend()
    callers.settings(notification_url="")
    callers.settle()
    assert callers.rows() == ()
    assert callers.memory.requests["unsubscribe"] == 0


@pytest.mark.parametrize("change", ["url", "calendar", "connection", "origin", "off"])
def test_what_is_to_call_elsewhere_is_ended_and_made_anew(callers: Callers, change: str) -> None:
    callers.settle()
    before = {each.told.id for each in callers.memory.held}
    if change == "url":
        callers.remap(elsewhere(town(mailboxes=2), url="https://b.example/"), "b")
    elif change == "calendar":
        there = town(mailboxes=2)
        moved = tuple(replace(each, calendar=f"{each.calendar}-2") for each in there.mailboxes)
        callers.remap(replace(there, mailboxes=moved), "calendar")
    elif change == "connection":
        callers.remap(elsewhere(town(mailboxes=2), name="others"), "c")
    elif change == "origin":
        callers.settings(notification_url="https://other.example.gr")
    else:
        callers.settings(notification_url="")
    callers.settle()
    assert not before & {each.told.id for each in callers.memory.held}
    if change == "off":
        assert (callers.rows(), callers.memory.held) == ((), ())
    else:
        callers.assert_one_each()


def test_one_that_cannot_be_ended_is_forgotten_when_its_life_is_over(callers: Callers) -> None:
    callers.settle()
    callers.settings(notification_url="")
    for _ in range(400):
        callers.memory.fail_next("unsubscribe", NotAuthorised("403"))
    callers.tend()
    assert [row.error_code for row in callers.rows()] == ["not_authorised"] * 2
    for _ in range(8):
        callers.office.clock.forward(days=1)
        callers.tend()
    assert callers.rows() == ()


# Failures.


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TryLater("503"), "later"),
        (NotAuthorised("403"), "not_authorised"),
        (Rejected("our address was not reached"), "rejected"),
        (KeyError("a fault of ours"), "failed"),
    ],
)
def test_a_failure_is_told_and_tried_again_after_growing_pauses(
    callers: Callers, error: Exception, code: str
) -> None:
    pauses = []
    for _ in range(9):
        for _ in range(2):
            callers.memory.fail_next("subscribe", error)  # type: ignore[arg-type]
        callers.tend()
        callers.tend()
        rows = callers.rows()
        assert {row.error_code for row in rows} == {code}
        told = str(error) if isinstance(error, ConnectorError) else "KeyError"
        assert {row.error_text for row in rows} == {told}
        before = callers.memory.requests.copy()
        assert callers.tend().failed == 0
        assert callers.memory.requests == before
        row = max(rows, key=lambda row: row.renew_at)
        pauses.append((row.renew_at - callers.office.clock()).total_seconds())
        callers.office.clock.now = row.renew_at
    assert pauses == sorted(pauses)
    assert 20 <= pauses[0] <= 30
    assert 2880 <= pauses[-1] <= 3600
    callers.settle()
    callers.assert_one_each()
    assert {(row.failures, row.error_text) for row in callers.rows()} == {(0, "")}


def test_a_provider_that_asks_to_wait_is_left_alone_for_that_time(callers: Callers) -> None:
    callers.memory.fail_next("subscribe", TryLater("429", retry_after=600))
    assert callers.tend().failed == 1
    assert callers.memory.requests["subscribe"] == 1  # the second one was not tried
    (failed,) = [row for row in callers.rows() if row.failures]
    assert failed.renew_at == callers.office.clock() + timedelta(seconds=600)


def test_a_subscription_that_could_not_be_renewed_until_its_end_is_made_anew(
    callers: Callers,
) -> None:
    callers.settle()
    for _ in range(1000):
        callers.memory.fail_next("renew", NotAuthorised("403"))
    for _ in range(7 * 12):
        callers.office.clock.forward(hours=2)
        callers.tend()
    callers.settle()
    callers.assert_one_each()


def test_an_answer_that_was_lost_leaves_one_subscription(callers: Callers) -> None:
    lost = TryLater("time-out", outcome_unknown=True)
    callers.memory.fail_next("subscribe", lost, effect_happened=True)
    callers.tend()
    assert len(callers.memory.held) == 1  # nobody knows its id
    callers.settle()
    callers.assert_one_each()
