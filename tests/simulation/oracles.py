"""What must hold after every turn, and at each write, page and mail; later ones: ``endings``.

The numbers S1 to S6 are those of ``docs/failures.md``. Everything is judged from the tables and
from the calendars themselves, never by code of the product.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from booking.store.columns import from_microseconds, to_microseconds
from booking.store.outbox import TRIED_IN_VAIN
from connectors.contract import Period
from tests.simulation.endings import Endings
from tests.simulation.post import TRUE_IN, Delivered
from tests.simulation.stage import BUFFER, DURATION, MONDAY
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.people import Told
    from tests.simulation.schedule import Schedule

#: A calendar that was read longer ago is not believed.
_FRESH = timedelta(minutes=10)
_CELL = 300
_BUFFER = timedelta(minutes=BUFFER)
#: An employee may think better of a deletion for so long.
_GRACE = timedelta(minutes=10)
#: What is written where asks for which check; time alone asks for it as well.
_OWNING = frozenset({"claim", "claim_cell", "hold", "booking", "?"})
_READ = frozenset({"mailbox", "?"})
_STANDING = frozenset({"booking", "placement", "?"})
_WHILE = timedelta(seconds=1)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_microseconds(value)


class Oracles:
    def __init__(self, schedule: Schedule, told: Told) -> None:
        self._schedule = schedule
        self._raw = schedule.stage.raw
        self._looked = MONDAY
        self._version = -1
        self._holds_seen: set[str] = set()
        self._let_go_seen: set[str] = set()
        self._twins: dict[str, datetime] = {}
        self.endings = Endings(schedule, told, self._twins)
        self._ids: dict[str, str] = {}
        #: What was kept for a booking, and since when it is not.
        self._gone: dict[tuple[str, datetime], datetime | None] = {}
        self._newest_mail: dict[str, int] = {}  #: version, by booking
        self._address = {key: ref.address for key, ref in schedule.stage.mailboxes.items()}

    # After every turn.

    def after_step(self) -> None:
        written, now = self._schedule.stage.written, self._schedule.clock.now
        if not written.isdisjoint(_OWNING) or now - self._looked > _WHILE:
            self._looked = now
            self._claims()
        if not written.isdisjoint(_READ):
            self._readings()
        version = self._schedule.calendars.version
        if version != self._version or not written.isdisjoint(_STANDING):
            self._version = version
            self._events()
        written.clear()

    def _claims(self) -> None:
        now = self._micro()
        claims = self._raw.execute(
            "SELECT id, mailbox_id, first_cell, end_cell, hold_id, booking_id, for_booking"
            " FROM claim WHERE expires_at IS NULL OR expires_at > ?",
            (now,),
        ).fetchall()
        owner: dict[tuple[str, int], str] = {}
        held = {row[0] for row in self._raw.execute("SELECT id FROM hold")}
        for claim_id, mailbox_id, first, end, hold_id, booking_id, for_booking in claims:
            whose = booking_id or hold_id
            if hold_id and hold_id not in held:
                raise Violation("S1: a hold that was given back keeps its cells")
            for cell in range(first, end):
                if owner.setdefault((mailbox_id, cell), whose) != whose:
                    raise Violation(f"S1: two claims share a cell of {self._address[mailbox_id]}")
            if hold_id and not for_booking and claim_id not in self._holds_seen:
                self._holds_seen.add(claim_id)
                self._known(mailbox_id, first * _CELL, end * _CELL)
        self._booked(owner)
        self._held(owner, now)
        self._let_go()

    def _booked(self, owner: dict[tuple[str, int], str]) -> None:
        """Whoever is promised a time owns it."""
        rows = self._raw.execute(
            "SELECT id, mailbox_id, starts_at, ends_at, state FROM booking"
            " WHERE state IN ('pending', 'confirmed', 'cancelling')"
        )
        for booking_id, mailbox_id, start, end, state in rows:
            if any(owner.get((mailbox_id, cell)) != booking_id for cell in _cells(start, end)):
                raise Violation(f"S1: a {state} booking does not own its cells")

    def _held(self, owner: dict[tuple[str, int], str], now: int) -> None:
        """What is kept for somebody is nobody else's until its time is over."""
        kept: set[tuple[str, datetime]] = set()
        for hold_id, mailbox_id, start, end, for_booking in self._raw.execute(
            "SELECT id, mailbox_id, starts_at, ends_at, for_booking FROM hold WHERE expires_at > ?",
            (now,),
        ):
            if any(owner.get((mailbox_id, cell)) != hold_id for cell in _cells(start, end)):
                raise Violation("S1: a time that is kept for somebody is not theirs")
            if for_booking:
                kept.add((for_booking, from_microseconds(start)))
        for each in self._gone.keys() - kept:
            self._gone[each] = self._gone[each] or self._schedule.clock.now
        self._gone.update(dict.fromkeys(kept))

    def _let_go(self) -> None:
        """Nobody loses an appointment whose event stands, or was deleted a moment ago."""
        for (booking_id,) in self._raw.execute(
            "SELECT id FROM booking WHERE state = 'released' AND reason = 'office_deleted'"
        ):
            if booking_id in self._let_go_seen:
                continue
            self._let_go_seen.add(booking_id)
            calendars, now = self._schedule.calendars, self._schedule.clock.now
            deleted = calendars.deleted.get(booking_id)
            if deleted is None:
                raise Violation("S4: a booking was let go although nobody deleted its event")
            if now - deleted < _GRACE:
                raise Violation("S4: a booking was let go before the time for an undo was over")
            last = self._raw.execute(
                "SELECT key FROM placement WHERE booking_id = ? AND event_id != ''"
                " ORDER BY n DESC LIMIT 1",
                (booking_id,),
            ).fetchone()
            actor = self._schedule.current
            began = actor.began if actor is not None else now
            for where, event_id in calendars.own.get(booking_id, ()):
                stood = calendars.boxes[where][event_id]
                # One that was written before, and was taken out of the bin, is not it.
                if stood.since < began and (stood.event.key,) == last:
                    raise Violation("S4: a booking was let go although its event stands")

    def _readings(self) -> None:
        """S6: nobody claims to have read a calendar that did not answer."""
        answered = self._schedule.calendars.answered
        for mailbox_id, success in self._raw.execute("SELECT id, last_success FROM mailbox"):
            said = _moment(success)
            if said is not None and said > answered[self._address[mailbox_id]]:
                raise Violation("S6: a calendar counts as read although it did not answer")

    def _known(self, mailbox_id: str, first: int, end: int) -> None:
        """S6: what is given away is known to be free, lately."""
        row = self._raw.execute(
            "SELECT last_success, brake_at FROM mailbox WHERE id = ?", (mailbox_id,)
        ).fetchone()
        read = _moment(row[0])
        if read is None or read < self._schedule.clock.now - _FRESH - timedelta(seconds=1):
            raise Violation("S6: a time was given away that nobody knows to be free")
        if row[1] is not None:
            raise Violation("S6: a time was given away in a calendar that is not believed")
        period = Period(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(end, UTC))
        self._free(mailbox_id, period, read, "S6: a time was given away that was known to be taken")

    def _free(self, mailbox_id: str, period: Period, before: datetime, what: str) -> None:
        for stood in self._schedule.calendars.foreign(self._address[mailbox_id]):
            if stood.since < before and stood.event.period and stood.event.period.overlaps(period):
                raise Violation(what)

    def _events(self) -> None:
        """S1 for events, and since when a booking has two of them."""
        calendars, now = self._schedule.calendars, self._schedule.clock.now
        for booking_id, places in calendars.own.items():
            if len(places) < 2:
                self._twins.pop(booking_id, None)
            else:
                self._twins.setdefault(booking_id, now)
        for (booking_id,) in self._raw.execute("SELECT id FROM booking WHERE state = 'confirmed'"):
            if not calendars.own.get(booking_id) and booking_id not in calendars.deleted:
                raise Violation("S4: the event of a confirmed booking is missing for a while")
        several = [each for each, places in calendars.own.items() if places]
        if len(several) > 1:
            self._overlaps()

    def _overlaps(self) -> None:
        rows = self._raw.execute(
            "SELECT p.key, p.booking_id FROM placement p JOIN booking b ON b.id = p.booking_id"
            " WHERE p.state IN ('planned', 'placed') AND b.state IN ('pending', 'confirmed')"
        )
        counted = dict(rows.fetchall())
        for address, box in self._schedule.calendars.boxes.items():
            standing: list[tuple[Period, str]] = []
            for stood in box.values():
                booking_id = counted.get(stood.event.key)
                if booking_id is None or stood.touched or stood.event.period is None:
                    continue
                if any(
                    period.overlaps(stood.event.period) and other != booking_id
                    for period, other in standing
                ):
                    raise Violation(f"S1: events of two bookings overlap in {address}")
                standing.append((stood.event.period, booking_id))

    def before_write(self, address: str, period: Period, key: str) -> None:
        """S3: what stood there before the live look is not written over."""
        actor = self._schedule.current
        if actor is None:
            return
        seen = max(actor.looks.get(address, actor.began), actor.created)
        wide = Period(period.start - _BUFFER, period.end + _BUFFER)
        mailbox_id = next(each for each, name in self._address.items() if name == address)
        self._free(mailbox_id, wide, seen, "S3: an event was written over one that stood there")

    def offered(self, found: Iterable[datetime]) -> None:
        """S6 for a page: each start is free in a calendar that was read lately, as it was then."""
        for start in found:
            whole = Period(start - _BUFFER, start + timedelta(minutes=DURATION) + _BUFFER)
            if not any(self._may_offer(mailbox_id, whole) for mailbox_id in self._address):
                raise Violation("S6: a time was offered that nobody knows to be free")

    def _may_offer(self, mailbox_id: str, period: Period) -> bool:
        first, end = int(period.start.timestamp()), int(period.end.timestamp())
        try:
            self._known(mailbox_id, first, end)
        except Violation:
            return False
        return True

    def mail(self, mail: Delivered) -> None:
        """S5: one name per mail, and nothing is confirmed that never stood in a calendar."""
        same = f"{mail.booking_id}|{mail.kind}|{mail.version}|{mail.offer}|{mail.apart}"
        if self._ids.setdefault(same, mail.message_id) != mail.message_id:
            raise Violation("S5: the same mail left under two names")
        calendars = self._schedule.calendars
        if mail.kind == "office_moved" and mail.booking_id not in calendars.moved:
            raise Violation("S5: a citizen hears that the office moved what nobody moved")
        if mail.kind == "office_cancelled" and mail.booking_id not in calendars.deleted:
            raise Violation("S5: a citizen hears that the office deleted what nobody deleted")
        if mail.offer is not None:
            self._is_kept(mail, mail.offer)
            return  # one of its own, beside those that tell of the booking's versions
        newest = self._newest_mail.get(mail.booking_id, 0)
        if mail.version < newest and not self._kept_nobody_waiting(mail):
            self._belated(mail)
        self._newest_mail[mail.booking_id] = max(newest, mail.version)
        confirms = mail.kind in TRUE_IN["confirmed"]
        if confirms and (mail.booking_id, mail.period) not in calendars.written:
            raise Violation("S5: an appointment was confirmed that stood in no calendar")

    def _kept_nobody_waiting(self, mail: Delivered) -> bool:
        """One that was tried in vain again and again says what is true now when it leaves."""
        name = f"mail:{mail.booking_id}:{mail.kind}:{mail.version}"
        row = self._raw.execute("SELECT tries FROM outbox WHERE name = ?", (name,)).fetchone()
        return row is not None and row[0] > TRIED_IN_VAIN

    def _belated(self, mail: Delivered) -> None:
        """Whoever stands still while it talks to the mail server goes on when it goes on: nobody
        can take that back. Then the last mail is said again, unless its sender dies first."""
        actor = self._schedule.current
        if actor is None or not actor.outlived:
            raise Violation("S5: an older mail comes after a newer one")
        self.endings.belated[mail.booking_id] = actor

    def _is_kept(self, mail: Delivered, offer: datetime) -> None:
        """Now, or when the sender began: what ends while a mail is on its way nobody can help."""
        if self._raw.execute(
            "SELECT 1 FROM hold WHERE for_booking = ? AND starts_at = ? AND expires_at > ?",
            (mail.booking_id, to_microseconds(offer), self._micro()),
        ).fetchone():
            return
        gone = self._gone.get((mail.booking_id, offer), MONDAY)
        actor = self._schedule.current
        since = self._schedule.clock.now if actor is None else actor.began
        if gone is not None and gone < since and not self._copied_late(mail):
            raise Violation("S5: a citizen is offered a time that is not kept for them")

    def _copied_late(self, mail: Delivered) -> bool:
        """A copy, handed over by somebody who stood still while it talked to the mail server."""
        actor = self._schedule.current
        known = any(
            each.message_id == mail.message_id for each in self._schedule.post.delivered[:-1]
        )
        return known and actor is not None and actor.outlived

    def _micro(self) -> int:
        return to_microseconds(self._schedule.clock.now)


def _cells(start: int, end: int) -> range:
    return range(start // (_CELL * 1_000_000), -(-end // (_CELL * 1_000_000)))
