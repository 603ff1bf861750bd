"""For machines: is the process alive, can it serve, and numbers for Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import math
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from booking import catalogue
from booking.office import overview
from booking.office.overview import Health
from booking.subscriptions.status import Counts, counts
from booking_web.current import desk
from booking_web.failures import place_of

_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")
_log = logging.getLogger("rantevou.health")

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
def live() -> Response:
    """The process answers; says nothing about what it needs."""
    return _told(200, "alive")


@blueprint.get("/health/ready")
def ready() -> Response:
    """200 where the database answers; 503 tells a load balancer to ask another process."""
    try:
        catalogue.municipalities(desk())
    except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
        _log.error("not ready: %s at %s", type(error).__name__, place_of(error))
        return _told(503, "not ready")
    return _told(200, "ready")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Text format of Prometheus, from the database: every web process gives the same numbers."""
    if not _may_read():
        abort(404)
    with desk().store.read() as uow:
        now, subscriptions = uow.now, counts(uow)
    lines = _lines(overview.health(desk()), subscriptions, now=now)
    text = "".join(f"{line}\n" for line in lines)
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read() -> bool:
    """With a token set, its bearer; without one, only this machine, and not through a proxy.

    Not every proxy says that it is one, and a server in front of us may drop what it says: a site
    with a public address needs the token.
    """
    settings = desk().settings
    token = settings.metrics_token
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if any(name in request.headers for name in _PROXY_HEADERS):
        return False
    public_host = urlsplit(settings.public_url).hostname or ""
    return _is_this_machine(public_host) and _is_this_machine(request.remote_addr or "")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _lines(health: Health, subscriptions: Counts, *, now: datetime) -> Iterator[str]:
    oldest = health.oldest_read_at
    gauges: tuple[tuple[str, str, float], ...] = (
        ("healthy", "1 where no step is overdue", float(health.ok)),
        ("mailboxes", "Mailboxes that are mapped", health.mailboxes),
        ("mailboxes_offering", "Mailboxes whose slots are offered now", health.offering),
        (
            "oldest_read_age_seconds",
            "Age of the oldest successful reading; NaN where nothing was read",
            math.nan if oldest is None else (now - oldest).total_seconds(),
        ),
        ("outbox_due", "Steps that are due now", health.due_steps),
        ("subscriptions_wanted", "Mailboxes that are to call us", subscriptions.wanted),
        ("subscriptions_active", "Mailboxes that call us", subscriptions.active),
        ("subscriptions_failing", "Tried in vain, or not renewed", subscriptions.failing),
        ("outbox_overdue", "Steps that are overdue by two minutes", health.overdue_steps),
    )
    for name, about, value in gauges:
        yield f"# HELP rantevou_{name} {about}"
        yield f"# TYPE rantevou_{name} gauge"
        yield f"rantevou_{name} {'NaN' if math.isnan(value) else f'{value:g}'}"


def _told(status: int, word: str) -> Response:
    return Response(json.dumps({"status": word}), status=status, content_type="application/json")
