"""Puts the parts of a background process together; the only importer of the registry here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.bulkhead import Bulkhead
from booking.calendars.preload import load_ahead
from booking.desk import Desk, Mailer
from booking.provider_gate import SharedGate
from booking.settings import Settings, SettingsError
from booking.store import open_store
from connectors import registry
from connectors.contract import Connection, Connector
from connectors.gate import Gate, OpenGate
from sync_worker.mail import mailer_for
from sync_worker.queues import Queues

#: Where calendars name no zone, their times are the office's (RFC 5545, 3.3.5, form 1).
OFFICE_ZONE = ZoneInfo("Europe/Athens")
_OPEN = OpenGate()


@dataclass(frozen=True)
class Work:
    """What jobs and ticker work with. Built after the fork, one for each process."""

    desk: Desk
    mailer: Mailer
    queues: Queues


class RegistryCalendars:
    """Connectors as the registry makes them (``booking.desk.Calendars``)."""

    def __init__(self, gate: Gate = _OPEN) -> None:
        self._gate = gate

    def connector(self, connection: Connection) -> Connector:
        return registry.connector_for(connection, office_zone=OFFICE_ZONE, gate=self._gate)


_settings: Settings | None = None
_work: tuple[int, Work] | None = None


def configure(settings: Settings) -> None:
    """Name the settings that jobs of this process and of its children work with.

    RQ calls jobs with ids only, so this is the one thing a job finds beside its arguments.
    """
    global _settings, _work
    _settings, _work = settings, None


def current() -> Work:
    """The parts of this process, made when first asked for."""
    global _work
    if _settings is None:
        raise RuntimeError("sync_worker.wiring.configure was not called in this process")
    if _work is None or _work[0] != os.getpid():
        _work = (os.getpid(), assemble(_settings))
    return _work[1]


def assemble(settings: Settings) -> Work:
    """Raises SettingsError for a malformed mail server URL."""
    queues = Queues(settings.redis_url)
    try:
        mailer = mailer_for(settings.smtp_url)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    store = open_store(settings.database_url, encryption_keys=settings.encryption_keys)
    desk = Desk(
        store=store,
        calendars=RegistryCalendars(SharedGate(store, settings)),
        settings=settings,
        wake=queues.wake,
        # A worker may wait for a slow server, but once: others and mails stand in the same queue.
        bulkhead=Bulkhead(failures=1),
    )
    return Work(desk=desk, mailer=mailer, queues=queues)


def preload(work: Work) -> None:
    """Import what the mapped providers need, before the fork: a child then starts in no time."""
    catalogue.municipalities(work.desk)  # a worker without its database has nothing to do
    load_ahead(work.desk)
