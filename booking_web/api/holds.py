"""Keeping a slot for some minutes."""

from __future__ import annotations

from flask import Response, request

from booking import holds
from booking.model import HoldLapsed
from booking_web.api import values
from booking_web.api.bodies import Fields, json_object
from booking_web.api.catalogue import CHANNELS, office_zone
from booking_web.api.problems import FieldProblem, Problem, invalid
from booking_web.api.refusals import told
from booking_web.current import desk
from mapping.model import Channel


def take() -> Response:
    errors: list[FieldProblem] = []
    fields = Fields(json_object(request), errors)
    service_id = fields.text("service_id", limit=200)
    channel = fields.choice("channel", CHANNELS)
    starts_at = fields.instant("starts_at")
    fields.finish()
    if errors or service_id is None or channel is None or starts_at is None:
        raise invalid(errors)
    zone = office_zone(service_id)
    with told(zone=zone):
        hold = holds.take(
            desk(),
            service_id=service_id,
            channel=Channel(channel),
            starts_at=starts_at,
            session_key=None,
        )
    return values.answer(values.hold(hold, zone), status=201)


def extend(hold_id: str) -> Response:
    try:
        hold = holds.extend(desk(), hold_id=hold_id)
    except HoldLapsed:
        raise Problem("hold-lapsed") from None
    return values.answer(values.hold(hold, office_zone(hold.service_id)))


def release(hold_id: str) -> Response:
    holds.release(desk(), hold_id=hold_id)
    return Response(status=204, headers={"Cache-Control": values.PERSONAL})
