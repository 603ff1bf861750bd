"""The borders of the main use cases once more, with calendars that stand in a real Radicale."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from booking.office.secrets import set_secret
from connectors.caldav.connector import CalDavConnector
from tests.booking.conftest import Office
from tests.booking.test_real_calendars import on
from tests.crashes.actions import BY_NAME, UseCase
from tests.crashes.test_crash_points import holds_after
from tests.crashes.world import World, run
from tests.servers.caldav_server import CalDavServer
from tests.servers.radicale import radicale

SOME = ("submit", "reschedule", "cancel")
_MANY = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("radicale")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[CalDavServer]:
    with radicale(folder) as running:
        yield running


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def real(server: CalDavServer, make_office: Callable[..., Office]) -> Iterator[Office]:
    """An office with one calendar, which stands on the server."""
    calendar = server.make_calendar()
    office = make_office(on(server, [calendar]))
    set_secret(office.desk, name="caldav", value=server.password)
    connector = CalDavConnector(
        server.connection(allow_plain_http="yes"), office_zone=ZoneInfo("Europe/Athens")
    )
    office.calendars.it = connector
    office.clock.forward(seconds=1)
    office.read_all()
    yield office
    connector.close()
    server.remove_calendar(calendar)


@pytest.mark.parametrize("use_case", [BY_NAME[name] for name in SOME], ids=SOME)
def test_a_process_may_die_at_its_borders(real: Office, folder: Path, use_case: UseCase) -> None:
    world = World(real, setup=use_case.setup)
    calendar = urlsplit(real.ref(real.town.mailboxes[0].address).calendar).path
    stored = folder / "collections" / "collection-root" / calendar.strip("/")
    shutil.copytree(stored, folder / "prepared")
    died = 0
    for die_at in range(2, _MANY, 2):
        shutil.rmtree(stored)
        shutil.copytree(folder / "prepared", stored)
        office = world.copy()
        office.calendars.it = real.calendars.it
        real.calendars.it.close()
        told = run(
            office,
            lambda there: use_case.act(there, world.prepared),
            die_at=die_at,
            direct=True,
        )
        holds_after(office, use_case, world, told)
        if not told.died_at:
            break
        died += 1
    shutil.rmtree(folder / "prepared")
    assert died >= 2
