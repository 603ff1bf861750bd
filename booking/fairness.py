"""Fair access: how much one person, mail address or network may book (``FairAccess``).

Whoever signed in with TAXISnet for themselves is known by their ΑΦΜ alone. Everybody else is
counted by what they typed (ΑΦΜ, else mail address, else phone), and by the mail address as well,
because a number that nobody checks is soon invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from booking import catalogue
from booking.catalogue import Offered
from booking.desk import Desk
from booking.model import BookingRequest, NotOffered, TooMany, TooManyBookings
from booking.store import Keys, UnitOfWork
from booking.store.bookings import BookingRow
from booking.store.marks import every_mark, mail_identity, mark
from mapping.model import Channel, QuestionKind


@dataclass(frozen=True, slots=True)
class _Marks:
    """Every mark by which earlier bookings of the same may be found."""

    persons: tuple[str, ...] = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)
    networks: tuple[str, ...] = field(repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        return self.persons + self.emails + self.networks


def person_of(offered: Offered, request: BookingRequest) -> str:
    """By what the person to be served is told from others; sealed with the booking."""
    applicant = request.applicant
    if applicant is not None and not applicant.for_other and applicant.afm.strip():
        return f"afm:{applicant.afm.strip()}"
    for question in offered.service.questions:
        answer = request.answers.get(question.key, "").strip()
        if question.kind is QuestionKind.AFM and answer:
            return f"afm:{answer}"
    if request.citizen.email:
        return f"email:{mail_identity(request.citizen.email)}"
    return f"phone:{request.citizen.phone}" if request.citizen.phone else ""


def network_mark(keys: Keys, request: BookingRequest) -> str | None:
    """What is kept of where a request comes from; nothing of the office's own clerks."""
    return mark(keys, "network", request.network or "") if not request.clerk else None


def admit(desk: Desk, uow: UnitOfWork, offered: Offered, request: BookingRequest) -> None:
    """Let the request pass, and nobody else of the same before this unit has ended.

    ``request`` is checked. Raises TooManyBookings.
    """
    known = _marks(desk, offered, request)
    limits = offered.municipality.fair_access
    if limits.per_person or limits.per_service or limits.per_network:
        uow.limits.wait_turn(known.all)
        _count(uow, offered, known)


def refusal(desk: Desk, *, request: BookingRequest) -> TooManyBookings | None:
    """What ``admit`` would say now, so that nobody fills in a form in vain; locks nothing.

    Raises NotOffered.
    """
    with desk.store.read() as uow:
        offered = catalogue.offered(
            desk, uow, service_id=request.service_id, channel=request.channel
        )
        try:
            _count(uow, offered, _marks(desk, offered, request))
        except TooManyBookings as refused:
            return refused
    return None


def admit_again(desk: Desk, uow: UnitOfWork, row: BookingRow) -> None:
    """A cancellation is taken back: who booked something else meanwhile may have enough.

    Raises TooManyBookings.
    """
    try:
        offered = catalogue.offered(
            desk, uow, service_id=row.service_id, channel=Channel(row.channel)
        )
    except NotOffered:
        return
    keys, personal = desk.store.keys, row.personal
    known = _Marks(
        persons=every_mark(keys, "person", personal.person),
        emails=()
        if personal.applicant is not None and not personal.applicant.for_other
        else every_mark(keys, "email", mail_identity(personal.citizen.email)),
        networks=(),
    )
    uow.limits.wait_turn(known.all)
    _count(uow, offered, known)


def _marks(desk: Desk, offered: Offered, request: BookingRequest) -> _Marks:
    keys, applicant = desk.store.keys, request.applicant
    proven = applicant is not None and not applicant.for_other
    email = "" if proven else mail_identity(request.citizen.email)
    network = "" if request.clerk else request.network or ""
    return _Marks(
        persons=every_mark(keys, "person", person_of(offered, request)),
        emails=every_mark(keys, "email", email),
        networks=every_mark(keys, "network", network),
    )


def _count(uow: UnitOfWork, offered: Offered, known: _Marks) -> None:
    limits, municipality = offered.municipality.fair_access, offered.municipality.slug
    service_id = f"{municipality}.{offered.service.key}"
    for kind, most, within in (
        (TooMany.OF_SERVICE, limits.per_service, service_id),
        (TooMany.OF_PERSON, limits.per_person, None),
    ):
        if most and most <= uow.limits.ahead(
            municipality=municipality,
            service_id=within,
            persons=known.persons,
            emails=known.emails,
            now=uow.now,
        ):
            raise TooManyBookings(kind, most)
    if limits.per_network and known.networks:
        today, tomorrow = _day(uow.now, offered)
        booked = uow.limits.of_networks(known.networks, municipality=municipality, since=today)
        if booked >= limits.per_network:
            raise TooManyBookings(TooMany.OF_NETWORK, limits.per_network, again_at=tomorrow)


def _day(now: datetime, offered: Offered) -> tuple[datetime, datetime]:
    """The office's midnights around ``now``."""
    zone = offered.entry.zone
    today = now.astimezone(zone).date()
    return (
        datetime.combine(today, time(), tzinfo=zone),
        datetime.combine(today + timedelta(days=1), time(), tzinfo=zone),
    )
