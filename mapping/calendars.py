"""Which calendar a mailbox stands for, however its file spells the address."""

from __future__ import annotations

from urllib.parse import quote, unquote, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}


def calendar_of(*, provider: str, url: str, calendar: str, address: str) -> str:
    """One text for one calendar: equal for two mailboxes that would share its time.

    ``url`` is the connection's; ``calendar`` a web address, relative to it or whole. Where the
    connection is no web address, calendars are told apart by their names within it.
    """
    try:
        parts = urlsplit(urljoin(url, calendar))
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return f"{provider} {url} {calendar or address}"
    if parts.scheme not in _PORTS or not parts.hostname:
        return f"{provider} {url} {calendar or address}"
    path = "/".join(quote(unquote(each), safe="@") for each in parts.path.split("/"))
    return f"{provider} {parts.scheme}://{parts.hostname}:{port}{path.rstrip('/')}"
