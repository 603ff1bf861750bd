"""What the readings of one batch share, so that an unchanged calendar costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from booking.calendars.connecting import Known
from booking.desk import Desk
from booking.store import UnitOfWork
from booking.store.servers import ServerRow
from connectors.contract import Period


@dataclass(frozen=True, slots=True)
class Glance:
    """A fingerprint, taken before the reading that it goes with."""

    text: str
    window: Period
    at: datetime  #: before it was asked for


@dataclass(slots=True)
class Batch:
    """Readings that follow each other at once."""

    connections: Known = field(default_factory=dict)
    servers: dict[str, ServerRow] = field(default_factory=dict)
    #: Readings that brought nothing new: recorded in the transaction that begins the next one.
    #: None: every reading is recorded when it ends.
    unrecorded: list[Callable[[UnitOfWork], object]] | None = None
    #: Whether a time-out within a short deadline says more about our hurry than about the server.
    patient: bool = True

    def record(self, uow: UnitOfWork) -> None:
        """In a unit that may be repeated: they are forgotten by ``recorded`` alone."""
        for record in self.unrecorded or ():
            record(uow)

    def recorded(self) -> None:
        if self.unrecorded:
            self.unrecorded.clear()

    def flush(self, desk: Desk) -> None:
        if self.unrecorded:
            desk.store.transact(self.record)
            self.unrecorded.clear()
