"""From a connection to its connector; a provider's module is imported only when it is asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from connectors.conformance.stage import Stage
from connectors.conformance.times import Times
from connectors.contract import Connection, Connector, MailboxRef
from connectors.errors import Unsupported
from connectors.gate import Gate, OpenGate

_OPEN: Final = OpenGate()


def _memory(connection: Connection, office_zone: ZoneInfo, gate: Gate) -> Connector:
    from connectors.memory import shared

    return shared(connection.url)


def _caldav(connection: Connection, office_zone: ZoneInfo, gate: Gate) -> Connector:
    from connectors.caldav.connector import CalDavConnector

    return CalDavConnector(connection, office_zone=office_zone)


def _graph(connection: Connection, office_zone: ZoneInfo, gate: Gate) -> Connector:
    # A second of imports, and only here: a deployment without Microsoft 365 never pays it.
    try:
        from connectors.graph.connector import GraphConnector
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("connectors"):
            raise
        raise Unsupported(
            f"Microsoft 365 needs libraries that are not installed ({error.name}): "
            "install rantevou with its extra 'graph'"
        ) from None

    return GraphConnector(connection, office_zone=office_zone, gate=gate)


_PROVIDERS: Final[dict[str, Callable[[Connection, ZoneInfo, Gate], Connector]]] = {
    "caldav": _caldav,
    "graph": _graph,
    "memory": _memory,
}

_Key = tuple[str, str, str, str, tuple[tuple[str, str], ...], str]
_made: Final[dict[_Key, Connector]] = {}
_making = threading.Lock()


def _unlocked() -> None:
    """In the child of a fork: whoever held the lock does not live there."""
    global _making
    _making = threading.Lock()


os.register_at_fork(after_in_child=_unlocked)


def providers() -> tuple[str, ...]:
    """Names that a mapping file may give as a connection's provider."""
    return tuple(_PROVIDERS)


def stage_for(
    connection: Connection,
    *,
    mailbox: MailboxRef,
    times: Times,
    gate: Gate = _OPEN,
    patience: float | None = None,
) -> Stage:
    """What a live run of the promises needs at this mailbox; connectors of its own.

    ``patience``: seconds until the provider must have told of a change; None: as it is known for.

    Raises Unsupported where this provider has no live runs, ValueError for a connection that
    cannot be right.
    """
    if connection.provider == "caldav":
        from connectors.caldav import stage as caldav

        return caldav.stage(connection, mailbox=mailbox, times=times, patience=patience)
    if connection.provider == "graph":
        from connectors.graph import stage as graph

        return graph.stage(connection, mailbox=mailbox, times=times, gate=gate, patience=patience)
    raise Unsupported(f"the promises cannot be tried live on provider {connection.provider!r}")


def connector_for(
    connection: Connection, *, office_zone: ZoneInfo, gate: Gate = _OPEN
) -> Connector:
    """The connector of this connection, one per process and connection; opens nothing.

    ``gate`` is that of the process, and the same at every call; providers with limits pass it.

    Raises Unsupported for a provider that this version does not have, ValueError for a
    connection that cannot be right (no URL, plain HTTP, unknown option).
    """
    provider = connection.provider
    make = _PROVIDERS.get(provider)
    if make is None:
        known = ", ".join(providers())
        raise Unsupported(f"there is no provider {provider!r}; a connection names one of: {known}")
    key = (
        provider,
        connection.url,
        connection.user,
        connection.secret,
        tuple(sorted(connection.options.items())),
        office_zone.key,
    )
    with _making:
        if key not in _made:
            _made[key] = make(connection, office_zone, gate)
        return _made[key]
