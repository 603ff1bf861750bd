"""A process dies while a booking changes its channel: whoever comes next ends with one event."""

from __future__ import annotations

import pytest

from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.test_change_of_channel import BOTH, change, whole


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what is left behind is the calendar's."""
    return sqlite_url


class Died(BaseException):
    """A process that is killed leaves behind what it did until now."""


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize("step", ["find", "create", "get", "delete"])
@pytest.mark.parametrize(("old", "new"), BOTH)
def test_wherever_the_process_dies_one_event_stands(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    old: Channel,
    new: Channel,
    step: str,
    effect: bool,
) -> None:
    booked = office.book(office.free()[0].start, channel=old).booking
    office.drain(seconds=1)
    real = getattr(office.memory, step)

    def dying(**arguments: object) -> object:
        if effect:
            real(**arguments)
        raise Died

    with monkeypatch.context() as context:
        context.setattr(office.memory, step, dying)
        try:
            change(office, booked, new)
            office.drain(seconds=61)
        except Died:
            pass
    whole(office, booked)
    assert office.view(booked.id).channel is new
