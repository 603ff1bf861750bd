"""Puts the parts of a web process together; the only importer of registry and queues here."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from booking.bulkhead import Bulkhead
from booking.desk import Desk
from booking.provider_gate import SharedGate
from booking.settings import Settings
from booking.store import open_store
from connectors import registry
from connectors.conformance.stage import Stage
from connectors.conformance.times import Times
from connectors.contract import Connection, Connector, MailboxRef
from connectors.gate import Gate, OpenGate
from mapping.checks import Providers
from sync_worker.queues import Queues, QueueState

#: Where calendars name no zone, their times are the office's (RFC 5545, 3.3.5, form 1).
OFFICE_ZONE = ZoneInfo("Europe/Athens")
_OPEN = OpenGate()


class RegistryCalendars:
    """Connectors as the registry makes them (``booking.desk.Calendars``)."""

    def __init__(self, gate: Gate = _OPEN) -> None:
        self._gate = gate

    def connector(self, connection: Connection) -> Connector:
        return registry.connector_for(connection, office_zone=OFFICE_ZONE, gate=self._gate)


def calendar_providers() -> Providers:
    """Providers that a mapping may name, and what they can do beyond the calendar itself.

    Calendars in memory are for tests: what is written there would be gone tomorrow.
    """
    able = frozenset({"graph"})
    known = frozenset(registry.providers()) | able
    return Providers(
        known=known - {"memory"},
        with_meeting_links=able,
        with_mail=able,
        with_working_hours=able,
    )


def desk_from(settings: Settings) -> Desk:
    """The desk of a web process; opens nothing before its first use, so it survives a fork.

    Raises DatabaseUrlError and EncryptionError for settings that cannot be right.
    """
    store = open_store(settings.database_url, encryption_keys=settings.encryption_keys)
    return Desk(
        store=store,
        calendars=RegistryCalendars(SharedGate(store, settings)),
        settings=settings,
        wake=Queues(settings.redis_url).wake,
        bulkhead=Bulkhead(),
    )


def stage_for(
    desk: Desk,
    connection: Connection,
    *,
    mailbox: MailboxRef,
    times: Times,
    patience: float | None,
) -> Stage:
    """For a live run of the promises, within the limits that all processes share.

    Raises Unsupported where the provider has none, ValueError for a wrong connection.
    """
    gate = SharedGate(desk.store, desk.settings)
    return registry.stage_for(
        connection, mailbox=mailbox, times=times, gate=gate, patience=patience
    )


def queue_state(settings: Settings) -> QueueState:
    """Whether Redis answers, and how many workers listen. Never raises."""
    return Queues(settings.redis_url).state()
