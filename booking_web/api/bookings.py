"""Booking, reading, moving and cancelling; the flow itself is the package ``booking``'s."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Response, request

from booking import cancelling, catalogue, managing, rescheduling, submitting
from booking.model import BookingRequest, BookingState, BookingView, Citizen, HoldLapsed, NotOffered
from booking_web import visitors
from booking_web.api import holds, values
from booking_web.api.bodies import Fields, bearer, idempotency_key, json_object
from booking_web.api.catalogue import CHANNELS, office_zone
from booking_web.api.problems import Problem, invalid
from booking_web.api.refusals import told
from booking_web.current import desk
from mapping import flow
from mapping.model import Channel, QuestionKind

NAME_LIMIT = 200
EMAIL_LIMIT = 320
PHONE_LIMIT = 40
ANSWER_LIMIT = 4000


def submit() -> Response:
    key = idempotency_key(request)
    wanted = _booking_request(Fields(json_object(request), []))
    owner, service = catalogue.service(desk(), wanted.service_id)
    zone = ZoneInfo(owner.time_zone)
    declarations = {*service.declarations, *wanted.declarations}
    with told(zone=zone, declarations=declarations):
        outcome = submitting.submit(desk(), request=wanted, idempotency_key=key)
    view = outcome.booking
    body = values.submission(outcome, public_url=desk().settings.public_url, zone=zone)
    status = 202 if view.state is BookingState.PENDING else 201
    headers = {"Location": f"/api/v1/bookings/{view.reference}"}
    return values.answer(body, status=status, headers=headers)


def _booking_request(fields: Fields) -> BookingRequest:
    hold_id = fields.text("hold_id", limit=500, required=False)
    needs_slot = not fields.has("hold_id")
    service_id = fields.text("service_id", limit=200, required=needs_slot)
    channel = fields.choice("channel", CHANNELS, required=needs_slot)
    starts_at = fields.instant("starts_at", required=needs_slot)
    if not needs_slot and any(map(fields.has, ("service_id", "channel", "starts_at"))):
        fields.note("hold_id", "either_or")
    person = _citizen(fields)
    answers = fields.texts("answers", limit=ANSWER_LIMIT)
    declarations = fields.texts("declarations", limit=200)
    consent_version = fields.text("consent_version", limit=100)
    language = fields.choice("language", ("el", "en"), required=False)
    fields.finish()
    if fields.errors:
        raise invalid(fields.errors)
    if hold_id is not None:
        held = holds.held(hold_id)
        if held is None:
            raise HoldLapsed
        hold_id, service_id, channel = held.id, held.service_id, held.channel.value
        starts_at = held.starts_at
    assert service_id is not None
    assert channel is not None
    assert starts_at is not None
    assert person is not None
    return BookingRequest(
        service_id=service_id,
        channel=Channel(channel),
        starts_at=starts_at,
        citizen=person,
        answers=answers,
        declarations=declarations,
        consent_version=consent_version or "",
        language=language or "el",
        hold_id=hold_id,
        network=visitors.network(),
    )


def _citizen(fields: Fields) -> Citizen | None:
    inner = fields.inner("citizen")
    if inner is None:
        return None
    name = inner.text("name", limit=NAME_LIMIT)
    email = inner.text("email", limit=EMAIL_LIMIT)
    phone = inner.text("phone", limit=PHONE_LIMIT)
    inner.finish()
    return Citizen(name=name or "", email=email or "", phone=phone or "")


def show(reference: str) -> Response:
    view, token = _owned(reference)
    return _shown(view, token)


def change(reference: str) -> Response:
    """Move the appointment, change its channel, or correct mail address, phone or answers."""
    view, token = _owned(reference)
    fields = Fields(json_object(request), [])
    starts_at = fields.instant("starts_at", required=False)
    channel = fields.choice("channel", CHANNELS, required=False)
    citizen = _corrected(fields, view)
    answers = fields.texts("answers", limit=ANSWER_LIMIT) if fields.has("answers") else None
    fields.finish()
    if answers is not None:
        _refuse_fixed_answers(fields, view, answers)
    if channel is not None:
        _refuse_channel(fields, view, Channel(channel))
    asked = (starts_at, channel, citizen, answers)
    if not fields.errors and all(each is None for each in asked):
        fields.note("", "nothing")
    if fields.errors:
        raise invalid(fields.errors)
    with told(zone=office_zone(view.service_id)):
        changed = rescheduling.reschedule(
            desk(),
            booking_id=view.id,
            starts_at=starts_at,
            citizen=citizen,
            answers=answers,
            channel=Channel(channel) if channel else None,
        )
    return _shown(changed, token)


def _corrected(fields: Fields, view: BookingView) -> Citizen | None:
    inner = fields.inner("citizen", required=False)
    if inner is None:
        return None
    name = inner.text("name", limit=NAME_LIMIT, required=False)
    if name is not None and name != view.citizen.name:
        inner.note("name", "fixed")
    email = inner.text("email", limit=EMAIL_LIMIT, required=False)
    phone = inner.text("phone", limit=PHONE_LIMIT, required=False)
    inner.finish()
    if email is None and phone is None:
        return None
    old = view.citizen
    return Citizen(name=old.name, email=email or old.email, phone=phone or old.phone)


def _refuse_fixed_answers(fields: Fields, view: BookingView, answers: dict[str, str]) -> None:
    _, service = catalogue.service(desk(), view.service_id)
    fixed = {each.key for each in service.questions if each.kind is QuestionKind.AFM}
    for key, value in answers.items():
        if key in fixed and value != view.answers.get(key, ""):
            fields.note(f"answers.{key}", "fixed")


def _refuse_channel(fields: Fields, view: BookingView, channel: Channel) -> None:
    _, service = catalogue.service(desk(), view.service_id)
    offered = {each.channel for each in flow.channels(service)}
    if channel is not view.channel and channel not in offered:
        fields.note("channel", "not_offered")


def cancel(reference: str) -> Response:
    view, token = _owned(reference)
    return _shown(cancelling.cancel(desk(), booking_id=view.id), token)


def _owned(reference: str) -> tuple[BookingView, str]:
    """The booking of the token sent, only under its own reference. Raises Problem (401, 404)."""
    token = bearer(request)
    try:
        view = managing.by_token(desk(), token=token)
    except NotOffered:
        raise Problem("not-found") from None
    if view.reference != reference:
        raise Problem("not-found")
    return view, token


def _shown(view: BookingView, token: str) -> Response:
    public_url = desk().settings.public_url
    zone = office_zone(view.service_id)
    body = values.booking(view, public_url=public_url, token=token, zone=zone)
    underway = view.state is BookingState.PENDING or view.pending_period is not None
    return values.answer(body, status=202 if underway and request.method != "GET" else 200)
