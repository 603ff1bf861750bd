"""A connection to Microsoft Graph, checked before anything is opened."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from connectors.contract import Connection

PUBLIC_GRAPH: Final = "https://graph.microsoft.com/v1.0"
PUBLIC_AUTHORITY: Final = "https://login.microsoftonline.com"

OPTIONS: Final = {
    "tenant": "directory (tenant) id or its domain; required",
    "authority": f"where tokens come from; {PUBLIC_AUTHORITY} where not given",
    "disable_instance_discovery": "yes for an authority that Microsoft's public cloud does not "
    "know (private cloud)",
    "ca_file": "file of the certificate authority that signed the servers' certificates, where "
    "it is a private one",
    "proxy": "URL of the proxy that leads to the servers",
    "meeting_options": "yes sets lobby and recording of Teams meetings (needs a Teams "
    "application access policy)",
    "outside_mailbox": "a mailbox that this application must not be able to read: the check "
    "proves that the scope holds",
}
_YES_NO: Final = frozenset({"", "yes", "no"})


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """What a Graph connection says, complete and consistent."""

    base_url: str  #: without a slash at its end
    tenant: str
    client_id: str
    secret: str = field(repr=False)
    authority: str
    disable_instance_discovery: bool
    ca_file: str
    proxy: str
    meeting_options: bool
    outside_mailbox: str

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def certificate(self) -> bool:
        """Whether the secret is a PEM with certificate and private key."""
        return "-----BEGIN" in self.secret

    @property
    def account(self) -> str:
        """Name of this application at its provider, for the gate."""
        return f"{self.host}/{self.tenant}/{self.client_id}"

    @property
    def scope(self) -> str:
        """All application permissions that were granted (national clouds: those of that cloud)."""
        host = "graph.microsoft.com" if loopback(self.host) else self.host
        return f"https://{host}/.default"


def settings_of(connection: Connection) -> GraphSettings:
    """Raises ValueError that says what to write instead."""
    options = connection.options
    unknown = set(options) - set(OPTIONS)
    if unknown:
        raise ValueError(f"unknown option {min(unknown)!r}; there are: {', '.join(OPTIONS)}")
    for name in ("disable_instance_discovery", "meeting_options"):
        if options.get(name, "") not in _YES_NO:
            raise ValueError(f"option {name!r} must be yes or no")
    tenant = options.get("tenant", "").strip()
    if not tenant or "/" in tenant:
        raise ValueError(
            "a Graph connection needs the option 'tenant': the directory (tenant) id of the "
            "app registration's overview page"
        )
    return GraphSettings(
        base_url=_checked_url(connection.url or PUBLIC_GRAPH, what="url", plain_loopback=True),
        tenant=tenant,
        client_id=connection.user.strip(),
        secret=_checked_secret(connection.secret),
        authority=_checked_url(
            options.get("authority") or PUBLIC_AUTHORITY, what="authority", plain_loopback=False
        ),
        disable_instance_discovery=options.get("disable_instance_discovery") == "yes",
        ca_file=options.get("ca_file", ""),
        proxy=options.get("proxy", ""),
        meeting_options=options.get("meeting_options") == "yes",
        outside_mailbox=options.get("outside_mailbox", "").strip(),
    )


def loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _checked_secret(secret: str) -> str:
    if "-----BEGIN" not in secret:
        return secret
    if "PRIVATE KEY-----" not in secret or "-----BEGIN CERTIFICATE-----" not in secret:
        raise ValueError(
            "the secret of a Graph connection looks like a certificate but lacks a part: it must "
            "hold the certificate and its private key, both in PEM form"
        )
    return secret


def _checked_url(url: str, *, what: str, plain_loopback: bool) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{what!r} of a Graph connection must start with https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{what!r} of a Graph connection is an address only: no user, no query")
    if parts.scheme == "http" and not (plain_loopback and loopback(parts.hostname)):
        raise ValueError(f"http:// would show tokens to the network: {what!r} needs https://")
    return url.rstrip("/")
