"""The form of web addresses in the file."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def url_fault(url: str, *, plain_http: bool = False) -> str:
    """What is wrong with ``url`` and what to write instead; empty if nothing is.

    Plain http is fine for this machine itself, and elsewhere only where ``plain_http`` says so.
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "this is no web address; write for example https://calendar.example.gr/"
    if parts.scheme not in {"http", "https"} or not host or not _is_plain(url):
        return "this is no web address; write for example https://calendar.example.gr/"
    if parts.username is not None or parts.password is not None:
        return "no user or password in an address; write 'user' and the name of a secret instead"
    if parts.scheme == "http" and not plain_http and not _is_this_machine(host):
        return f"plain http is not safe; write https://{parts.netloc}{parts.path}"
    return ""


def _is_plain(url: str) -> bool:
    """Without blanks, and without characters that hide or turn round what is read."""
    return url.isprintable() and not any(character.isspace() for character in url)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
