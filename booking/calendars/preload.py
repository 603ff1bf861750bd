"""Loads what takes long to load before somebody waits for it: libraries of calendars, holidays."""

from __future__ import annotations

import logging

from booking import catalogue
from booking.desk import Desk
from booking.store import StoreUnavailable
from connectors.contract import Connection
from connectors.errors import ConnectorError
from mapping.holiday import holidays_of
from mapping.model import CalendarConnection

log = logging.getLogger(__name__)


def load_ahead(desk: Desk) -> None:
    """Make a connector of each mapped connection, which imports its libraries and opens nothing;
    and look up the public holidays of this year and the next.

    Called once by a process that starts, before it forks. A database that does not serve yet
    keeps nobody from starting; what is needed is then loaded when it is asked for.
    """
    try:
        municipalities = catalogue.municipalities(desk)
        with desk.store.read() as uow:
            year = uow.now.year
    except StoreUnavailable as error:
        log.warning("calendar libraries are not loaded ahead: %s", error)
        return
    for municipality in municipalities:
        for mapped in municipality.connections:
            _load(desk, mapped)
        for each in (year, year + 1):
            holidays_of(municipality.holidays, each)


def _load(desk: Desk, mapped: CalendarConnection) -> None:
    connection = Connection(provider=mapped.provider, url=mapped.url, options=mapped.options)
    try:
        desk.calendars.connector(connection)
    except (ConnectorError, ValueError) as error:
        log.warning("connection %s cannot be used: %s", mapped.name, error)
