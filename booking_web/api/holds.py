"""Keeping a slot for some minutes."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Response, request

from booking import applicants, catalogue, holds
from booking.model import Hold, HoldLapsed
from booking_web import visitors
from booking_web.api import values
from booking_web.api.bodies import Fields, json_object
from booking_web.api.catalogue import CHANNELS, office_zone
from booking_web.api.problems import FieldProblem, Problem, invalid
from booking_web.api.refusals import told
from booking_web.current import desk
from mapping.model import Channel

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,210}")


@dataclass(frozen=True, slots=True)
class Held:
    """What a hold_id of this API says: the hold and its slot.

    The slot travels in it so that a repeated booking means the same although its hold is used up.
    Nothing is believed: whether that hold keeps that slot is checked where it is used.
    """

    id: str
    service_id: str
    channel: Channel
    starts_at: datetime


def name_of(hold: Hold) -> str:
    seconds = int(hold.period.start.timestamp())
    parts = [hold.id, hold.service_id, hold.channel.value, seconds]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def held(name: str) -> Held | None:
    """None for what is no hold_id of ours."""
    try:
        text = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
        hold_id, service_id, channel, seconds = json.loads(text)
        starts_at = datetime.fromtimestamp(int(seconds), UTC)
        if not (_PLAIN.fullmatch(hold_id) and _PLAIN.fullmatch(service_id)):
            return None
        return Held(hold_id, service_id, Channel(channel), starts_at)
    except (ValueError, TypeError, OverflowError, OSError, RecursionError):
        return None


def take() -> Response:
    errors: list[FieldProblem] = []
    fields = Fields(json_object(request), errors)
    service_id = fields.text("service_id", limit=200)
    channel = fields.choice("channel", CHANNELS)
    starts_at = fields.instant("starts_at")
    fields.finish()
    if errors or service_id is None or channel is None or starts_at is None:
        raise invalid(errors)
    within, service = catalogue.service(desk(), service_id)
    zone = ZoneInfo(within.time_zone)
    # Nobody who could not book it keeps a slot.
    applicants.refuse_stranger(desk().settings, within, service)
    with told(zone=zone):
        hold = holds.take(
            desk(),
            service_id=service_id,
            channel=Channel(channel),
            starts_at=starts_at,
            session_key=None,
            network=visitors.network(),
        )
    return _told(hold, zone, status=201)


def extend(hold_id: str) -> Response:
    known = held(hold_id)
    try:
        if known is None:
            raise HoldLapsed
        hold = holds.extend(desk(), hold_id=known.id)
    except HoldLapsed:
        raise Problem("hold-lapsed") from None
    return _told(hold, office_zone(hold.service_id))


def release(hold_id: str) -> Response:
    known = held(hold_id)
    if known is not None:
        holds.release(desk(), hold_id=known.id)
    return Response(status=204, headers={"Cache-Control": values.PERSONAL})


def _told(hold: Hold, zone: ZoneInfo, *, status: int = 200) -> Response:
    body = {"hold_id": name_of(hold), "expires_at": values.instant(hold.expires_at, zone)}
    return values.answer(body, status=status)
