"""Submitting a booking: checked, written down once, then placed into a calendar at once."""

from __future__ import annotations

import json
import logging
import secrets
import time
from dataclasses import dataclass, replace

from booking import applicants, catalogue, fairness
from booking.catalogue import Offered
from booking.desk import Desk
from booking.holds import drop
from booking.managing import token_for
from booking.model import (
    BookingRequest,
    BookingState,
    Citizen,
    ConsentStale,
    FieldErrors,
    HoldLapsed,
    KeyReused,
    SlotTaken,
    Submission,
)
from booking.offering.assignment import Candidate, candidates
from booking.offering.picture import nearest
from booking.offering.slots import Shape
from booking.placement.placing import place
from booking.references import new_reference
from booking.store import UnitOfWork, fingerprint
from booking.store.bookings import BookingRow, Personal
from booking.store.claims import Cells, Holder
from booking.store.outbox import Entry, Step
from booking.tokens import token_of
from connectors.deadline import Deadline
from mapping.answers import check_declarations, check_details
from mapping.model import Channel

_log = logging.getLogger(__name__)
#: How often a repeated submission looks whether the first one has an outcome (seconds).
_LOOK_AGAIN = 0.02


@dataclass(frozen=True, slots=True)
class _Accepted:
    booking_id: str
    entry: Entry | None  #: None: the same key had been submitted before


def submit(desk: Desk, *, request: BookingRequest, idempotency_key: str) -> Submission:
    """Book. The answer is confirmed, or pending where the calendar did not answer in time.

    The same key with the same content gives the same booking, however often it is sent. Raises
    SlotTaken (with alternatives), HoldLapsed, KeyReused, ConsentStale, FieldErrors, NotOffered,
    SignInRequired, EmailUnproved, TooManyBookings; then nothing was booked.
    """
    deadline = Deadline.after(desk.settings.placing_deadline.total_seconds())
    key_hash = fingerprint("idempotency", idempotency_key)
    body_hash = _body_hash(request, idempotency_key)
    replayed = _replay(desk, key_hash, body_hash)
    if replayed is None:
        with desk.store.read() as uow:
            offered = catalogue.offered(
                desk, uow, service_id=request.service_id, channel=request.channel
            )
        applicants.refuse_unknown(desk.settings, offered.municipality, offered.service, request)
        request = checked(offered, request)
        accepted = _accept(desk, request, key_hash=key_hash, body_hash=body_hash)
    else:
        accepted = _Accepted(replayed, None)
    if accepted.entry is None:
        _await_outcome(desk, accepted.booking_id, deadline)
    else:
        _place_now(desk, accepted.entry, deadline)
    return _submission(desk, accepted)


def checked(offered: Offered, request: BookingRequest) -> BookingRequest:
    """The request with cleaned values. Raises ConsentStale, FieldErrors."""
    consent = offered.municipality.consent(offered.service.consent)
    if consent is not None and request.consent_version != consent.version:
        raise ConsentStale("the text that was accepted is not the current one: show it again")
    details = check_details(
        offered.service,
        name=request.citizen.name,
        email=request.citizen.email,
        phone=request.citizen.phone,
        answers=request.answers,
        at_desk=request.channel if request.clerk else None,
        told=applicants.told(offered.service, request.applicant),
    )
    errors = dict(details.errors) | dict(
        check_declarations(offered.municipality, offered.service, request.declarations)
    )
    if errors:
        raise FieldErrors(errors)
    return replace(
        request,
        citizen=Citizen(name=details.name, email=details.email, phone=details.phone),
        answers=details.answers,
    )


def _body_hash(request: BookingRequest, idempotency_key: str) -> str:
    # Salted with the form's own random key: what was typed cannot be guessed from the hash.
    content = json.dumps(
        [
            request.service_id,
            request.channel.value,
            int(request.starts_at.timestamp()),
            request.citizen.name,
            request.citizen.email,
            request.citizen.phone,
            sorted(request.answers.items()),
            sorted(request.declarations.items()),
            request.consent_version,
            request.language,
        ]
    )
    return fingerprint("body", idempotency_key, content)


def _replay(desk: Desk, key_hash: str, body_hash: str) -> str | None:
    with desk.store.read() as uow:
        return _known(uow, key_hash, body_hash)


def _known(uow: UnitOfWork, key_hash: str, body_hash: str) -> str | None:
    known = uow.bookings.idempotent(key_hash)
    if known is None:
        return None
    if known[0] != body_hash:
        raise KeyReused("this form was submitted before with other content: start a new one")
    return known[1]


def _accept(desk: Desk, request: BookingRequest, *, key_hash: str, body_hash: str) -> _Accepted:
    """One transaction: booking, firm claim, placement, outbox entry leased to ourselves."""

    def work(uow: UnitOfWork) -> _Accepted:
        earlier = _known(uow, key_hash, body_hash)
        if earlier is not None:
            return _Accepted(earlier, None)
        booking_id = secrets.token_hex(12)
        uow.bookings.remember(
            key_hash=key_hash, body_hash=body_hash, booking_id=booking_id, at=uow.now
        )
        offered = catalogue.offered(
            desk, uow, service_id=request.service_id, channel=request.channel
        )
        fairness.admit(desk, uow, offered, request)
        chosen = _claim(desk, uow, offered, request, booking_id)
        _write_down(desk, uow, offered, request, booking_id, chosen)
        period = Shape.of(offered.service).period(request.starts_at)
        key = uow.placements.add(
            booking_id=booking_id,
            mailbox_id=chosen.mailbox_id,
            starts_at=period.start,
            ends_at=period.end,
            reason=chosen.reason,
            now=uow.now,
        )
        entry = uow.outbox.add(
            name=f"place:{key}",
            kind=Step.PLACE,
            booking_id=booking_id,
            placement_key=key,
            now=uow.now,
            leased_until=uow.now + desk.settings.lease,
        )
        return _Accepted(booking_id, entry)

    try:
        return desk.store.transact(work)
    except SlotTaken:
        raise _taken(desk, request) from None


def _claim(
    desk: Desk, uow: UnitOfWork, offered: Offered, request: BookingRequest, booking_id: str
) -> Candidate:
    """Make the hold's claim firm, or claim the slot. Raises HoldLapsed, SlotTaken."""
    if request.hold_id is not None:
        hold = uow.holds.get(request.hold_id, lock=True)
        fits = (
            hold is not None
            and hold.service_id == request.service_id
            and hold.channel == request.channel.value
            and hold.starts_at == request.starts_at
        )
        if (
            hold is None
            or not fits
            or not uow.claims.firm(hold_id=hold.id, booking_id=booking_id, now=uow.now)
        ):
            raise HoldLapsed("the slot is not kept any more: choose it again")
        drop(uow, hold.id)
        return Candidate(hold.mailbox_id, hold.reason)
    first, end = Shape.of(offered.service).cells(request.starts_at)
    at_desk = bool(request.clerk)
    for candidate in candidates(desk, uow, offered, start=request.starts_at, promised=at_desk):
        if uow.claims.take(
            claim_id=secrets.token_urlsafe(18),
            cells=Cells(candidate.mailbox_id, first, end),
            holder=Holder(booking_id=booking_id),
            now=uow.now,
        ):
            return candidate
    raise SlotTaken


def _write_down(
    desk: Desk,
    uow: UnitOfWork,
    offered: Offered,
    request: BookingRequest,
    booking_id: str,
    chosen: Candidate,
) -> None:
    reference = new_reference()
    while uow.bookings.reference_known(reference):
        reference = new_reference()
    token = token_of(
        desk.store.keys,
        booking_id=booking_id,
        key_id=desk.store.keys.current,
        generation=1,
    )
    period = Shape.of(offered.service).period(request.starts_at)
    uow.bookings.add(
        booking_id=booking_id,
        personal=Personal(
            citizen=request.citizen,
            answers=dict(request.answers),
            declarations=dict(request.declarations),
            applicant=request.applicant,
            clerk=request.clerk,
            person=fairness.person_of(offered, request),
        ),
        reference=reference,
        state=BookingState.PENDING.value,
        version=1,
        sequence=0,
        municipality=offered.municipality.slug,
        service_id=request.service_id,
        channel=request.channel.value,
        starts_at=period.start,
        ends_at=period.end,
        mailbox_id=chosen.mailbox_id,
        language=request.language,
        consent_version=request.consent_version,
        token_hash=token.hash,
        token_key=token.key_id,
        token_generation=token.generation,
        created_at=uow.now,
        changed_at=uow.now,
        network_hash=fairness.network_mark(desk.store.keys, request),
    )


def _place_now(desk: Desk, entry: Entry, deadline: Deadline) -> None:
    try:
        place(desk, entry=entry, deadline=deadline, fresh=True, front=True)
    except Exception as error:  # noqa: BLE001 - the booking is written down: a worker goes on
        _log.error("placing stopped: %s", type(error).__name__)
        desk.wake("drain")


def _await_outcome(desk: Desk, booking_id: str, deadline: Deadline) -> None:
    """Whoever sends the same form twice waits for the outcome of the first."""
    while not deadline.passed:
        with desk.store.read() as uow:
            row = uow.bookings.get(booking_id)
        if row is None or row.state is not BookingState.PENDING:
            return
        time.sleep(min(_LOOK_AGAIN, deadline.remaining()))


def _submission(desk: Desk, accepted: _Accepted) -> Submission:
    with desk.store.read() as uow:
        row = uow.bookings.get(accepted.booking_id)
    if row is None:
        raise HoldLapsed("this booking does not exist any more: start again")
    if row.state is BookingState.RELEASED:
        raise _taken(desk, row)
    return Submission(
        booking=row.view(),
        manage_token=token_for(desk, booking_id=row.id),
        replayed=accepted.entry is None,
    )


def _taken(desk: Desk, wanted: BookingRequest | BookingRow) -> SlotTaken:
    with desk.store.read() as uow:
        return SlotTaken(
            nearest(
                desk,
                uow,
                service_id=wanted.service_id,
                channel=Channel(wanted.channel),
                near=wanted.starts_at,
                promised=bool(
                    wanted.clerk if isinstance(wanted, BookingRequest) else wanted.personal.clerk
                ),
            )
        )
