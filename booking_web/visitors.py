"""From which network a request comes, where that can be known."""

from __future__ import annotations

import ipaddress

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

#: What one household or office gets of IPv6 at least; its addresses change at will.
_HOUSEHOLD = 64


def configure(app: Flask, *, proxies: int) -> None:
    """Believe the last ``proxies`` entries of X-Forwarded-For, and nothing else that is said."""
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=0, x_host=0
        )


def network() -> str | None:
    """An IPv4 address or an IPv6 network of a household; None for this machine itself.

    From this machine come tests, and every visitor where a proxy in front is not made known
    (``RANTEVOU_PROXIES``): they would all share one allowance.
    """
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, _HOUSEHOLD), strict=False))
