"""What is offered: municipalities, their services, and free slots."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Response, request

from booking import applicants, catalogue, offer
from booking_web.api import values
from booking_web.api.bodies import Fields
from booking_web.api.problems import FieldProblem, invalid
from booking_web.current import desk
from mapping.model import Channel

LONGEST_RANGE = timedelta(days=62)
CHANNELS = tuple(channel.value for channel in Channel)


def municipalities() -> Response:
    known = [values.municipality(each) for each in catalogue.municipalities(desk())]
    return values.answer({"municipalities": known}, cache=values.CATALOGUE)


def services(slug: str) -> Response:
    owner = catalogue.municipality(desk(), slug)
    settings = desk().settings
    offered = [
        values.service(owner, each, sign_in=applicants.sign_in_of(settings, owner, each))
        for each in owner.services
    ]
    return values.answer({"services": offered}, cache=values.CATALOGUE)


def availability(service_id: str) -> Response:
    owner, _ = catalogue.service(desk(), service_id)
    errors: list[FieldProblem] = []
    fields = Fields(dict(request.args), errors)
    channel = fields.choice("channel", CHANNELS)
    first = fields.date("from")
    last = fields.date("to")
    fields.finish()
    if first and last and last < first:
        fields.note("to", "range_reversed")
    elif first and last and last - first >= LONGEST_RANGE:
        fields.note("to", "range_too_long")
    if errors or channel is None or first is None or last is None:
        raise invalid(errors)
    found = offer.available(
        desk(), service_id=service_id, channel=Channel(channel), first=first, last=last
    )
    return values.answer(values.availability(found, ZoneInfo(owner.time_zone)))


def office_zone(service_id: str) -> ZoneInfo:
    """Raises NotOffered."""
    return ZoneInfo(catalogue.service(desk(), service_id)[0].time_zone)
