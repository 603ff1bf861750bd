"""The office of the booking tests, for processes that die."""

from __future__ import annotations

from tests.booking.conftest import clock, make_office, store
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url

__all__ = [
    "clock",
    "database_url",
    "make_office",
    "postgres_shared",
    "sqlite_template",
    "sqlite_url",
    "store",
]
