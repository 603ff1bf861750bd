"""Which calendar a mailbox stands for, however its file spells the address."""

from __future__ import annotations

from urllib.parse import quote, unquote, urljoin, urlsplit

from mapping.model import CalendarConnection

_GRAPH = "graph"
#: Where Microsoft 365 is reached where a connection does not say otherwise.
PUBLIC_GRAPH = "https://graph.microsoft.com/v1.0"
_PORTS = {"http": 80, "https": 443}


def seat_of(connection: CalendarConnection) -> str:
    """The address that a connection's calendars stand under.

    The connection's URL; in Microsoft 365 the tenant belongs to it, since all tenants share one.
    """
    if connection.provider != _GRAPH:
        return connection.url
    return f"{(connection.url or PUBLIC_GRAPH).rstrip('/')}/{connection.options.get('tenant', '')}"


def origin_of(connection: CalendarConnection) -> str:
    """What is slow, silent or asks us to wait as a whole: a server, or an account at a provider."""
    parts = urlsplit(seat_of(connection))
    origin = f"{connection.provider} {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if connection.provider != _GRAPH:
        return origin
    return f"{origin} {connection.options.get('tenant', '')} {connection.user}"


def calendar_of(*, provider: str, url: str, calendar: str, address: str) -> str:
    """One text for one calendar: equal for two mailboxes that would share its time.

    ``url`` is what ``seat_of`` says; ``calendar`` a web address, relative to it or whole. Where the
    connection is no web address, calendars are told apart by their names within it; in Microsoft
    365, by mailbox and calendar id.
    """
    if provider == _GRAPH:
        return f"{provider} {url.lower()} {address.lower()} {calendar}".rstrip()
    try:
        parts = urlsplit(urljoin(url, calendar))
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return f"{provider} {url} {calendar or address}"
    if parts.scheme not in _PORTS or not parts.hostname:
        return f"{provider} {url} {calendar or address}"
    path = "/".join(quote(unquote(each), safe="@") for each in parts.path.split("/"))
    return f"{provider} {parts.scheme}://{parts.hostname}:{port}{path.rstrip('/')}"
