"""Entry for WSGI servers: ``gunicorn booking_web.wsgi:app``, configured by the environment."""

from __future__ import annotations

import os
from functools import cache

from flask import Flask

from booking.calendars.preload import load_ahead
from booking.settings import Settings
from booking_web.app import create_app
from booking_web.register import gsis
from booking_web.wiring import desk_from


@cache
def create() -> Flask:
    """The application for the settings in the environment. Raises SettingsError."""
    desk = desk_from(Settings.from_environment(os.environ))
    load_ahead(desk)
    gsis.load_ahead(desk.settings)
    return create_app(desk)


def __getattr__(name: str) -> Flask:
    # Made when the server asks for it: importing this module reads and connects nothing.
    if name == "app":
        return create()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
