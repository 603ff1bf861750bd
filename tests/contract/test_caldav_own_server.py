"""The contract on an administrator's own CalDAV server, in calendars made for it and removed.

Set RANTEVOU_TEST_CALDAV_URL to the address under which the account may make calendars, and
RANTEVOU_TEST_CALDAV_USER and RANTEVOU_TEST_CALDAV_PASSWORD; then run
`python -m pytest tests/contract/test_caldav_own_server.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.conftest import caldav_office
from tests.contract.office import Office
from tests.contract.suite import EventPromises, ReadingPromises
from tests.servers.caldav_server import CalDavServer

URL = os.environ.get("RANTEVOU_TEST_CALDAV_URL", "")


@pytest.fixture
def office() -> Iterator[Office]:
    server = CalDavServer(
        home=URL if URL.endswith("/") else f"{URL}/",
        user=os.environ.get("RANTEVOU_TEST_CALDAV_USER", ""),
        password=os.environ.get("RANTEVOU_TEST_CALDAV_PASSWORD", ""),
    )
    yield from caldav_office(server)


if URL:  # not a skip: without a server to ask there is no test here

    class TestOwnServer(EventPromises, ReadingPromises):
        pass
