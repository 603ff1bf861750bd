"""Subscriptions after accidents: strays, dead and late workers, anything in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from booking.calendars.refresh import due
from booking.store.subscription_rows import SubscriptionState
from connectors.abilities import Subscription
from connectors.errors import Rejected, TryLater
from connectors.memory.pushing import Held
from tests.booking.callers import (
    ORIGIN,
    Callers,
    callers,
    elsewhere,
    make_callers,
    tend_and_die,
)
from tests.booking.conftest import Office
from tests.booking.town import address, town

__all__ = ["callers", "make_callers"]

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def stray(callers: Callers, name: str, *, url: str = f"{ORIGIN}/notifications/memory") -> None:
    """Something that a process made and never recorded."""
    expires_at = callers.office.clock() + timedelta(days=5)
    told = Subscription(name, expires_at, url, f"{url}/lifecycle", address(1))
    callers.memory._held[name] = Held(told, "nobody knows")


def test_strays_are_removed_before_anything_is_made_and_others_are_left_alone(
    callers: Callers,
) -> None:
    for number in range(25):
        stray(callers, f"stray-{number}")
    stray(callers, "other", url="https://other.example/notifications/memory")
    assert callers.tend().done == 0
    assert len(callers.memory.held) == 16
    assert callers.memory.requests["subscribe"] == 0
    callers.settle()
    callers.memory.drop("other")
    callers.assert_one_each()


def test_strays_beside_a_living_one_are_found_within_a_day(callers: Callers) -> None:
    callers.settle()
    stray(callers, "twin")
    callers.office.clock.forward(days=1)
    callers.settle()
    callers.assert_one_each()


@ONE_DATABASE
@pytest.mark.parametrize("stage", ["making", "renewing", "losing", "ending", "moving"])
def test_whoever_dies_at_whatever_moment_leaves_one_subscription_each(
    make_office: Callable[..., Office], stage: str
) -> None:
    for moment in count():
        callers = Callers(make_office(town(mailboxes=2)))
        wipe(callers)
        prepare(callers, stage)
        died = tend_and_die(callers, at=moment)
        callers.office.clock.forward(seconds=61)
        callers.settle()
        callers.assert_one_each()
        if not died:
            break
    assert moment > 2


def prepare(callers: Callers, stage: str) -> None:
    callers.remap(town(mailboxes=2), "start")
    if stage == "making":
        return
    callers.settle()
    if stage == "renewing":
        callers.office.clock.forward(days=3)
    elif stage == "losing":
        for each in callers.memory.held:
            callers.memory.drop(each.told.id)
        callers.office.clock.forward(days=3)
    elif stage == "ending":
        callers.remap(town(mailboxes=1), "fewer")
        callers.settings(notification_url="https://other.example.gr")
    else:
        callers.remap(elsewhere(town(mailboxes=2), url="https://b.example/"), "b")


def wipe(callers: Callers) -> None:
    """Forget what a round before this one left in the same database."""
    with callers.office.desk.store.write() as uow:
        for row in uow.subscriptions.all():
            held = uow.subscriptions.take(row, now=uow.now, until=uow.now + timedelta(seconds=1))
            assert held is not None
            assert uow.subscriptions.forget(held, now=uow.now)
        uow.commit()


def test_while_the_provider_calls_back_the_database_is_free_and_nobody_else_tends(
    callers: Callers,
) -> None:
    seen = []

    def meanwhile() -> None:
        # Another transaction of ours would wait for ever on SQLite.
        callers.office.desk.store.transact(lambda uow: uow.mailboxes.servers())
        seen.append(callers.tend())

    callers.at_handshake = meanwhile
    callers.tend()
    assert len(seen) == 4
    assert {report.done for report in seen} == {0}
    callers.assert_one_each()


def test_whoever_was_thought_dead_takes_back_what_he_made(callers: Callers) -> None:
    """A worker sleeps inside POST /subscriptions until another has taken over."""
    slept = []

    def sleep() -> None:
        if not slept:
            slept.append(1)
            callers.office.clock.forward(seconds=61)
            callers.settle()
            callers.assert_one_each()

    callers.at_handshake = sleep
    callers.tend()
    assert slept
    callers.assert_one_each()


def test_calls_of_a_subscription_that_ends_are_not_taken(callers: Callers) -> None:
    callers.settle()
    old = callers.held()[address(2)]
    callers.remap(town(mailboxes=1), "one")
    callers.memory.fail_next("unsubscribe", TryLater("503"))
    callers.tend()
    assert [row.state for row in callers.unsettled()] == [SubscriptionState.ENDING]
    callers.office.read_all()
    callers.call(old.told.notification_url, {"value": [callers.memory.notice(old)]})
    assert due(callers.office.desk, limit=10) == ()


@ONE_DATABASE
@pytest.mark.parametrize("seed", range(12))
def test_accidents_in_any_order_end_with_one_each(callers: Callers, seed: int) -> None:
    chance = random.Random(seed)
    errors = (TryLater("503"), TryLater("lost", outcome_unknown=True), Rejected("400"))

    def fail() -> None:
        error = chance.choice(errors)
        name = chance.choice(["subscriptions", "subscribe", "renew", "unsubscribe"])
        happened = name != "subscriptions" and chance.random() < 0.5
        callers.memory.fail_next(name, error, effect_happened=happened)

    def drop() -> None:
        if callers.memory.held:
            each = chance.choice(callers.memory.held)
            callers.memory.drop(each.told.id)
            if chance.random() < 0.5:
                callers.memory.tell(each, "subscriptionRemoved")

    def tell() -> None:
        for each in callers.memory.held[:1]:
            callers.memory.tell(each, chance.choice(["missed", "reauthorizationRequired"]))

    def remap() -> None:
        wanted = town(mailboxes=chance.randint(1, 3))
        url = chance.choice(["memory://calendars", "https://b.example/"])
        callers.remap(elsewhere(wanted, url=url), f"{chance.random()}")

    deeds: list[Callable[[], object]] = [
        callers.tend,
        callers.tend,
        lambda: tend_and_die(callers, at=chance.randint(0, 8)),
        lambda: callers.office.clock.forward(minutes=chance.choice([1, 20, 300, 3000])),
        fail,
        drop,
        tell,
        remap,
    ]
    for _ in range(60):
        chance.choice(deeds)()
    callers.office.clock.forward(days=1)
    callers.memory._faults.clear()
    callers.settle()
    callers.office.clock.forward(days=1)
    callers.settle()
    callers.assert_one_each()
