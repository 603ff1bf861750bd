"""The shortest way over a connection that has served before.

Polls of unchanged calendars are what we send most, and requests would take more than half of
their time. Everything that is safe about a connection stays: it is the same pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import urllib3.exceptions

from connectors.caldav import wire
from connectors.deadline import Deadline

#: Headers that every request of a connection carries alike.
_KEPT: Final = ("Authorization", "User-Agent", "Accept", "Accept-Encoding", "Connection")


@dataclass(frozen=True, slots=True)
class Quick:
    """Belongs to one thread, like the session that it was made from."""

    pool: Any  #: urllib3.HTTPConnectionPool, or its sister with TLS
    headers: Mapping[str, str]

    @classmethod
    def after(cls, response: requests.Response, session: requests.Session) -> Quick | None:
        """The way that ``response`` came, for credentials that are the same each time."""
        sent = response.request
        adapter = session.get_adapter(str(sent.url))
        if not response.ok or not isinstance(adapter, wire.DeadlineAdapter):
            return None
        pool = adapter.get_connection_with_tls_context(sent, verify=session.verify)
        return cls(pool, {name: sent.headers[name] for name in _KEPT if name in sent.headers})

    def send(
        self, method: str, path: str, *, body: str, headers: Mapping[str, str], deadline: Deadline
    ) -> Any:
        """The response, read wholly; None where the connection fails, whatever it was."""
        remaining = deadline.remaining()
        if remaining <= 0:
            return None
        try:
            with wire.within(deadline):
                return self.pool.urlopen(
                    method,
                    path,
                    body=body.encode(),
                    headers={**self.headers, **headers},
                    retries=False,
                    redirect=False,
                    timeout=remaining,
                    decode_content=False,
                )
        except (urllib3.exceptions.HTTPError, OSError):
            return None
