"""The contract on CalDAV, against a real Xandikos."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.conftest import caldav_office
from tests.contract.office import Office
from tests.contract.suite import EventPromises, ReadingPromises
from tests.servers.caldav_server import CalDavServer


@pytest.fixture
def office(xandikos_server: CalDavServer) -> Iterator[Office]:
    yield from caldav_office(xandikos_server)


class TestXandikos(EventPromises, ReadingPromises):
    pass
