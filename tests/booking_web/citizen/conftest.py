"""The citizen's pages over in-memory calendars and a real database."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from booking_web.app import create_app
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import House
from tests.booking_web.desk import house as make_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return make_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return create_app(house.desk, audiences=(("booking_web.citizen", True),))


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)
