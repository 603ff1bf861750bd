"""Crash points are worth something only if a product that forgets something is caught by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from booking import outbox
from booking.mails import send as send_mail
from booking.placement import moving, placing
from booking.placement.owing import finish
from booking.store.claims import Claims
from connectors.deadline import Deadline
from tests.booking.conftest import Office
from tests.crashes.actions import BY_NAME
from tests.crashes.test_crash_points import dies_everywhere
from tests.crashes.world import World


def mails_are_recorded_before_they_leave(patch: pytest.MonkeyPatch) -> None:
    class Early:
        def __init__(self, desk: Any, entry: Any, mailer: Any) -> None:
            self._all = desk, entry, mailer

        def send(self, message: Any, *, deadline: Deadline) -> None:
            desk, entry, mailer = self._all
            finish(desk, entry, "sent")
            mailer.send(message, deadline=deadline)

    real = send_mail

    def send(desk: Any, *, entry: Any, mailer: Any, deadline: Any) -> bool:
        return real(desk, entry=entry, mailer=Early(desk, entry, mailer), deadline=deadline)

    patch.setattr(outbox, "send", send)


def confirmations_are_not_owed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(placing, "owe_mail", lambda *_, **__: None)


def the_old_place_is_not_emptied(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moving, "owe_removal", lambda *_, **__: None)


def claims_of_the_old_time_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Claims, "release_booking", lambda *_, **__: None)


Plant = Callable[[pytest.MonkeyPatch], None]

#: Where it is planted, what is planted, and what the oracle says of it.
BUGS: tuple[tuple[str, Plant, str], ...] = (
    ("drain_mail", mails_are_recorded_before_they_leave, "different mails left"),
    ("submit", confirmations_are_not_owed, "the last mail"),
    ("reschedule_to_a_colleague", the_old_place_is_not_emptied, "has events"),
    ("reschedule", claims_of_the_old_time_stay, "owns"),
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize(("name", "bug", "said"), BUGS, ids=[bug.__name__ for _, bug, _ in BUGS])
def test_a_planted_bug_is_caught(
    name: str,
    bug: Plant,
    said: str,
    make_office: Callable[..., Office],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_case = BY_NAME[name]
    world = World(make_office(use_case.town), setup=use_case.setup)
    bug(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        dies_everywhere(world, use_case)
