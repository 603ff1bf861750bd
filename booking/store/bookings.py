"""Bookings: rows with their sealed personal part, changed only under state and version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, delete, func, insert, select, type_coerce, update
from sqlalchemy.engine import Connection

from booking.model import Applicant, BookingState, BookingView, Citizen, Reason
from booking.store.encryption import Keys
from booking.store.marks import marks
from booking.store.tables import booking, idempotency, mailbox
from connectors.contract import Period
from mapping.model import Channel

#: States in which a booking stands in, or is on its way into, somebody's calendar.
ACTIVE = (BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT)


@dataclass(frozen=True, slots=True)
class Personal:
    """What is sealed: contact details, answers, declarations, where to meet online."""

    citizen: Citizen
    answers: Mapping[str, str] = field(repr=False)
    declarations: Mapping[str, str]
    meeting_url: str = field(default="", repr=False)
    applicant: Applicant | None = None
    clerk: str = ""
    person: str = field(repr=False, default="")  #: whom limits count it for, "afm:…" or the like

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.citizen.name,
            "email": self.citizen.email,
            "phone": self.citizen.phone,
            "answers": dict(self.answers),
            "declarations": dict(self.declarations),
            "meeting_url": self.meeting_url,
            "applicant": None if self.applicant is None else asdict(self.applicant),
            "clerk": self.clerk,
            "person": self.person,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Personal:
        return cls(
            citizen=Citizen(name=values["name"], email=values["email"], phone=values["phone"]),
            answers=values["answers"],
            declarations=values["declarations"],
            meeting_url=values["meeting_url"],
            # Rows of before these were told do not know them.
            applicant=Applicant(**values["applicant"]) if values.get("applicant") else None,
            clerk=values.get("clerk", ""),
            person=values.get("person", ""),
        )


#: What is left of a person when a booking was erased.
NOBODY = Personal(citizen=Citizen(name="", email="", phone=""), answers={}, declarations={})


@dataclass(frozen=True, slots=True)
class BookingRow:
    id: str
    reference: str
    state: BookingState
    version: int
    sequence: int
    municipality: str
    service_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    mailbox_id: str
    pending_starts_at: datetime | None
    pending_ends_at: datetime | None
    pending_mailbox_id: str | None
    pending_channel: str | None
    reason: str
    undo_until: datetime | None
    language: str
    consent_version: str
    token_hash: str = field(repr=False)
    token_key: str
    token_generation: int
    personal: Personal
    created_at: datetime
    changed_at: datetime
    person_hash: str | None = field(repr=False)
    email_hash: str | None = field(repr=False)
    network_hash: str | None = field(repr=False)
    erased_at: datetime | None
    erase_wanted_at: datetime | None
    answers_erased: str
    address: str  #: of the mailbox

    @property
    def period(self) -> Period:
        return Period(self.starts_at, self.ends_at)

    @property
    def pending_period(self) -> Period | None:
        if self.pending_starts_at is None or self.pending_ends_at is None:
            return None
        return Period(self.pending_starts_at, self.pending_ends_at)

    def by_pending_channel(self) -> BookingRow:
        """As its event is to be written: another channel is another meeting, or none."""
        if self.pending_channel is None:
            return self
        return replace(
            self, channel=self.pending_channel, personal=replace(self.personal, meeting_url="")
        )

    def view(self) -> BookingView:
        return BookingView(
            id=self.id,
            reference=self.reference,
            state=self.state,
            municipality=self.municipality,
            service_id=self.service_id,
            channel=Channel(self.channel),
            period=self.period,
            citizen=self.personal.citizen,
            answers=self.personal.answers,
            declarations=self.personal.declarations,
            consent_version=self.consent_version,
            language=self.language,
            mailbox=self.address,
            version=self.version,
            sequence=self.sequence,
            created_at=self.created_at,
            meeting_url=self.personal.meeting_url,
            pending_period=self.pending_period,
            pending_channel=Channel(self.pending_channel) if self.pending_channel else None,
            undo_until=self.undo_until,
            reason=Reason(self.reason),
            applicant=self.personal.applicant,
            clerk=self.personal.clerk,
            erased_at=self.erased_at,
            erase_wanted_at=self.erase_wanted_at,
        )


class Bookings:
    def __init__(self, connection: Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def add(self, *, booking_id: str, personal: Personal, **values: Any) -> None:
        self._connection.execute(
            insert(booking).values(
                id=booking_id,
                **self._sealed(booking_id, personal),
                **values,
            )
        )

    def get(self, booking_id: str, *, lock: bool = False) -> BookingRow | None:
        return self._one(booking.c.id == booking_id, lock=lock)

    def by_reference(self, reference: str) -> BookingRow | None:
        return self._one(booking.c.reference == reference)

    def by_token_hash(self, token_hash: str) -> BookingRow | None:
        return self._one(booking.c.token_hash == token_hash)

    def reference_known(self, reference: str) -> bool:
        query = select(booking.c.id).where(booking.c.reference == reference)
        return self._connection.execute(query).scalar() is not None

    def whereabouts(self, booking_id: str) -> tuple[str, str]:
        """(reference, mailbox id), without opening the personal part."""
        row = self._connection.execute(
            select(booking.c.reference, booking.c.mailbox_id).where(booking.c.id == booking_id)
        ).one()
        return row.reference, row.mailbox_id

    def between(
        self,
        *,
        first: datetime,
        end: datetime,
        municipality: str | None,
        states: Sequence[BookingState],
    ) -> tuple[BookingRow, ...]:
        where = [
            booking.c.starts_at >= first,
            booking.c.starts_at < end,
            booking.c.state.in_([state.value for state in states]),
        ]
        if municipality is not None:
            where.append(booking.c.municipality == municipality)
        rows = self._connection.execute(
            _SELECT.where(*where).order_by(booking.c.starts_at, booking.c.reference)
        )
        return tuple(self._row(row) for row in rows)

    def ahead_in(self, mailbox_id: str, *, now: datetime) -> tuple[BookingRow, ...]:
        """What stands in a mailbox and has not begun, in order of time."""
        rows = self._connection.execute(
            _SELECT.where(
                booking.c.mailbox_id == mailbox_id,
                booking.c.starts_at > now,
                booking.c.state.in_([state.value for state in ACTIVE]),
            ).order_by(booking.c.starts_at, booking.c.reference)
        )
        return tuple(self._row(row) for row in rows)

    def change(
        self,
        row: BookingRow,
        *,
        now: datetime,
        personal: Personal | None = None,
        **values: Any,
    ) -> bool:
        """One statement with state and version in its WHERE; False where either has changed."""
        if personal is not None:
            values |= self._sealed(row.id, personal)
        changed = self._connection.execute(
            update(booking)
            .where(
                booking.c.id == row.id,
                booking.c.state == row.state.value,
                booking.c.version == row.version,
            )
            .values(version=row.version + 1, changed_at=now, **values)
        )
        return changed.rowcount == 1

    def booked_time(
        self, mailbox_ids: Sequence[str], *, since: datetime, until: datetime
    ) -> dict[str, timedelta]:
        """Time booked in each mailbox for appointments that start in the stretch."""
        rows = self._connection.execute(
            select(
                booking.c.mailbox_id,
                func.sum(_LENGTH).label("microseconds"),
            )
            .where(
                booking.c.mailbox_id.in_(mailbox_ids),
                booking.c.starts_at >= since,
                booking.c.starts_at < until,
                booking.c.state.in_([state.value for state in ACTIVE]),
            )
            .group_by(booking.c.mailbox_id)
        )
        found = {each: timedelta(0) for each in mailbox_ids}
        for row in rows:
            found[row.mailbox_id] = timedelta(microseconds=int(row.microseconds))
        return found

    def in_state(
        self, state: BookingState, *, changed_before: datetime, limit: int
    ) -> tuple[BookingRow, ...]:
        rows = self._connection.execute(
            _SELECT.where(booking.c.state == state.value, booking.c.changed_at <= changed_before)
            .order_by(booking.c.changed_at)
            .limit(limit)
        )
        return tuple(self._row(row) for row in rows)

    def of_person(
        self, marks: Sequence[str], *, ends_after: datetime, limit: int
    ) -> tuple[BookingRow, ...]:
        """Of whoever has one of these marks (``booking.store.marks``), in order of their time."""
        return self._marked(booking.c.person_hash.in_(marks), ends_after, limit)

    def of_email(
        self, marks: Sequence[str], *, ends_after: datetime, limit: int
    ) -> tuple[BookingRow, ...]:
        """The same, of a mail address."""
        return self._marked(booking.c.email_hash.in_(marks), ends_after, limit)

    def _marked(self, where: Any, ends_after: datetime, limit: int) -> tuple[BookingRow, ...]:
        rows = self._connection.execute(
            _SELECT.where(where, booking.c.ends_at > ends_after, booking.c.erased_at.is_(None))
            .order_by(booking.c.starts_at)
            .limit(limit)
        )
        return tuple(self._row(row) for row in rows)

    def undo_over(self, *, now: datetime, limit: int) -> tuple[BookingRow, ...]:
        rows = self._connection.execute(
            _SELECT.where(
                booking.c.state == BookingState.CANCELLING.value, booking.c.undo_until <= now
            ).limit(limit)
        )
        return tuple(self._row(row) for row in rows)

    def idempotent(self, key_hash: str) -> tuple[str, str] | None:
        """(body hash, booking id) of what was submitted under this key."""
        row = self._connection.execute(
            select(idempotency.c.body_hash, idempotency.c.booking_id).where(
                idempotency.c.key_hash == key_hash
            )
        ).one_or_none()
        return None if row is None else (row.body_hash, row.booking_id)

    def remember(self, *, key_hash: str, body_hash: str, booking_id: str, at: datetime) -> None:
        self._connection.execute(
            insert(idempotency).values(
                key_hash=key_hash, body_hash=body_hash, booking_id=booking_id, created_at=at
            )
        )

    def forget_keys(self, *, before: datetime) -> int:
        """Drop idempotency keys of forms that nobody sends again."""
        return self._connection.execute(
            delete(idempotency).where(idempotency.c.created_at <= before)
        ).rowcount

    def _sealed(self, booking_id: str, personal: Personal) -> dict[str, Any]:
        return {
            "sealed": self._keys.seal(personal.as_json(), place=f"booking/{booking_id}"),
            **marks(self._keys, person=personal.person, email=personal.citizen.email),
        }

    def _one(self, where: Any, *, lock: bool = False) -> BookingRow | None:
        query = _SELECT.where(where)
        if lock:
            query = query.with_for_update(of=booking)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._row(row)

    def _row(self, row: Any) -> BookingRow:
        values = dict(row._mapping)
        sealed = values.pop("sealed")
        values["personal"] = Personal.from_json(self._keys.open(sealed, place=f"booking/{row.id}"))
        values["state"] = BookingState(values["state"])
        return BookingRow(**values)


_SELECT = select(booking, mailbox.c.address).join(mailbox, mailbox.c.id == booking.c.mailbox_id)
# Plain integers here: the sum of instants is not an instant.
_LENGTH = type_coerce(booking.c.ends_at, BigInteger) - type_coerce(booking.c.starts_at, BigInteger)
