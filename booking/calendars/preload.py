"""Loads the libraries of mapped calendar systems before somebody waits for them."""

from __future__ import annotations

import logging

from booking import catalogue
from booking.desk import Desk
from booking.store import StoreUnavailable
from connectors.contract import Connection
from connectors.errors import ConnectorError

log = logging.getLogger(__name__)


def load_connectors(desk: Desk) -> None:
    """Make a connector of each mapped connection: that imports its libraries, and opens nothing.

    Called once by a process that starts, before it forks. A database that does not serve yet
    keeps nobody from starting; what is needed is then loaded when it is asked for.
    """
    try:
        municipalities = catalogue.municipalities(desk)
    except StoreUnavailable as error:
        log.warning("calendar libraries are not loaded ahead: %s", error)
        return
    for municipality in municipalities:
        for mapped in municipality.connections:
            connection = Connection(
                provider=mapped.provider, url=mapped.url, options=mapped.options
            )
            try:
                desk.calendars.connector(connection)
            except (ConnectorError, ValueError) as error:
                log.warning("connection %s cannot be used: %s", mapped.name, error)
