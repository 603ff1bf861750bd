"""Databases of both kinds for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from booking.store import Keys, Store, open_store
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url

__all__ = ["database_url", "postgres_shared", "sqlite_template", "sqlite_url"]

NOW = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = open_store(database_url, encryption_keys=Keys.generate(), now=lambda: NOW)
    yield store
    store.close()
