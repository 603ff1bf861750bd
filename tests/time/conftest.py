"""A town that is open on the nights on which the clocks change, and both samples as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.booking.conftest import clock, make_office, store
from tests.booking_web.desk import House, house
from tests.databases import sqlite_template, sqlite_url

__all__ = ["clock", "make_office", "sqlite_template", "sqlite_url", "store"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Cells are the same numbers on both kinds of database (tests/booking tries both)."""
    return sqlite_url


def _open_at_night(text: str) -> str:
    for hours in ('monday-friday: "07:30-15:30"', 'monday-friday: "09:00-17:00"'):
        text = text.replace(hours, 'monday-sunday: "00:00-23:55"')
    for hours in ("12:30-14:20", "09:00-13:30", "08:30-14:40"):
        text = text.replace(f'monday-friday: "{hours}"', 'monday-sunday: "02:30-05:00"')
    return text


@pytest.fixture
def night(tmp_path: Path) -> House:
    """Both samples, open from half past two to five in the morning."""
    return house(tmp_path, edit=_open_at_night)
