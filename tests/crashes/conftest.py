"""The office of the booking tests, for processes that die."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from booking.store import Keys, Store
from tests.booking.conftest import MONDAY, Clock, make_office, office
from tests.crashes.borders import BorderedStore
from tests.crashes.world import OneEngine, SharedClock
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url

__all__ = [
    "database_url",
    "make_office",
    "office",
    "postgres_shared",
    "sqlite_template",
    "sqlite_url",
]


@pytest.fixture
def clock() -> Clock:
    return SharedClock(MONDAY)


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    """Like that of the booking tests; it may be told to be deadly."""
    store = BorderedStore(OneEngine(database_url), Keys.parse(Keys.generate()), clock)
    yield store
    store.close()
