"""The start of an embedded run, where something goes wrong that need not."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from booking.settings import Settings
from booking_web.cli.demo import servers
from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import Kept, Place
from booking_web.cli.demo.supervisor import Supervisor
from tests.waiting import free_port


def plain(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing of ours."""
    return {
        **{name: value for name, value in os.environ.items() if "RANTEVOU" not in name},
        "RANTEVOU_DATA_DIR": str(tmp_path / "var"),
        "RANTEVOU_PORT": str(free_port()),
    }


class Enough(Exception):
    """The test has seen what it wanted."""


@pytest.mark.parametrize("own", ["", "/somewhere/else"])
def test_where_byte_code_may_not_lie_beside_the_sources_it_lies_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    def calendars(place: Place, kept: Kept, environment: Mapping[str, str]) -> Child:
        assert "PYTHONDONTWRITEBYTECODE" not in environment  # else all starts are slow
        assert environment["PYTHONPYCACHEPREFIX"] == (own or str(place.bytecode))
        raise Enough

    monkeypatch.setattr(servers, "calendars", calendars)
    environment = {**plain(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": own}
    settings = Settings.from_environment(environment)
    with pytest.raises(Enough):
        Supervisor(settings, environment=environment, info=None, say=lambda _: None).run()


def test_a_port_that_is_taken_in_the_last_moment_costs_a_second_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quicker, real, said = socket.socket(), servers.calendars, []

    def calendars(place: Place, kept: Kept, environment: Mapping[str, str]) -> Child:
        if not taken:
            quicker.bind(("127.0.0.1", kept.ports["caldav"]))
            quicker.listen()
            taken.append(kept.ports["caldav"])
        return real(place, kept, environment)

    taken: list[int] = []
    monkeypatch.setattr(servers, "calendars", calendars)
    environment = plain(tmp_path)

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("\n"):  # the table of addresses: everything is ready
            supervisor.stop()

    supervisor = Supervisor(
        Settings.from_environment(environment), environment=environment, info=None, say=say
    )
    with quicker:
        supervisor.run()
    assert sum("Trying once more" in line for line in said) == 1
    assert said[-2].startswith("\n")
    assert Place(tmp_path / "var").load().ports["caldav"] != taken[0]
