"""What must hold by a deadline after the last fault, and when all is quiet.

Like ``oracles``, judged from the tables and from the calendars themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from booking.store.columns import from_microseconds, to_microseconds
from connectors.contract import Period
from tests.simulation.post import TRUE_IN
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.people import Told
    from tests.simulation.schedule import Actor, Schedule

#: S2: a second event of a booking is gone so long after the last fault, and after it came.
TWINS = timedelta(minutes=11, seconds=30)
#: S4: whoever was promised something has it, or a mail, so long after the last fault.
PROMISED = timedelta(minutes=2)


class Endings:
    """``twins``: bookings that have two events, and since when."""

    def __init__(self, schedule: Schedule, told: Told, twins: Mapping[str, datetime]) -> None:
        self._schedule, self._told, self._twins = schedule, told, twins
        self._raw = schedule.stage.raw
        self._address = {key: ref.address for key, ref in schedule.stage.mailboxes.items()}
        #: Who handed over a mail of a booking after a newer one had left.
        self.belated: dict[str, Actor] = {}

    def promised(self) -> None:
        """S4, once ``PROMISED`` has passed since the last fault."""
        (count,) = self._raw.execute("SELECT count(*) FROM booking").fetchone()
        if count > len(self._told.forms):
            raise Violation(f"S4: {count} bookings of {len(self._told.forms)} forms")
        for row in self._bookings():
            if row["state"] == "pending" or row["pending_starts_at"] is not None:
                raise Violation(f"S4: a booking is still on its way ({row['state']})")
            self._settled(row)

    def quiet(self) -> None:
        """Nothing is owed any more, and calendars, tables and mails agree."""
        owed = self._raw.execute("SELECT name FROM outbox WHERE done_at IS NULL").fetchall()
        if owed:
            raise Violation(f"S4: still owed when all is quiet: {owed[0][0].split(':')[0]}")
        if any(not self._copied_by_hand(each) for each in self._twins):
            raise Violation("S2: a booking keeps two events")
        states = {}
        for row in self._bookings():
            states[row["id"]] = row["state"]
            self._settled(row, quiet=True)
        self._no_strays(states)
        self._given_back()
        self._replicas()

    def _copied_by_hand(self, booking_id: str) -> bool:
        """Whoever puts the appointment into a second calendar may have it there: it takes time
        like any entry, and goes when the booking does."""
        calendars = self._schedule.calendars
        stood = [calendars.boxes[at][key] for at, key in calendars.own.get(booking_id, ())]
        (row,) = self._raw.execute(
            "SELECT count(*) FROM placement WHERE state = 'placed' AND key = ?",
            (stood[0].event.key,),
        ).fetchall()
        same = len({each.event.key for each in stood}) == 1 and bool(row[0])
        return same and sum(not each.touched for each in stood) <= 1

    def _no_strays(
        self, states: dict[object, object], *, but: Collection[str] = frozenset()
    ) -> None:
        for booking_id, places in self._schedule.calendars.own.items():
            if booking_id in but:
                continue
            state = states.get(booking_id, "unknown")
            for address, event_id in places:
                restored = self._schedule.calendars.boxes[address][event_id].restored
                if state not in ("confirmed", "conflict") and not restored:
                    raise Violation(f"S2: an event stays behind whose booking is {state}")

    def _given_back(self) -> None:
        """Nobody owns cells for nothing."""
        rows = self._raw.execute(
            "SELECT b.state FROM claim c JOIN booking b ON b.id = c.booking_id"
            " WHERE b.state IN ('cancelled', 'released')"
        ).fetchall()
        if rows:
            raise Violation(f"S1: a booking that is {rows[0][0]} keeps its cells")
        if self._raw.execute(
            "SELECT 1 FROM claim LEFT JOIN hold ON hold.id = claim.hold_id"
            " WHERE claim.hold_id IS NOT NULL AND (hold.id IS NULL OR claim.expires_at <= ?)",
            (to_microseconds(self._schedule.clock.now),),
        ).fetchall():
            raise Violation("S1: a hold that is over keeps its cells")

    def twins(self) -> None:
        """S2, once ``TWINS`` has passed since the last fault; what somebody has carried elsewhere,
        or taken out of the bin again, is found by readings and the housekeeper, who rest till
        then."""
        by_hand = self.by_hand()
        if self._twins.keys() - by_hand:
            raise Violation(f"S2: a booking has had two events for {TWINS}")
        states = {row["id"]: row["state"] for row in self._bookings()}
        self._no_strays(states, but=by_hand)

    def by_hand(self) -> set[str]:
        """Bookings with an event that somebody has carried, or taken out of the bin again."""
        calendars = self._schedule.calendars
        return {
            booking_id
            for booking_id, places in calendars.own.items()
            if any(
                stood.touched or stood.restored
                for stood in (calendars.boxes[at][key] for at, key in places)
            )
        }

    def _settled(self, row: dict[str, object], *, quiet: bool = False) -> None:
        booking_id, state = str(row["id"]), str(row["state"])
        period = Period(_at(row["starts_at"]), _at(row["ends_at"]))
        calendars = self._schedule.calendars
        if not quiet and booking_id in calendars.deleted and not self._has_its_event(booking_id):
            return  # somebody may still think better of it
        if not quiet and self._just_restored(booking_id):
            return  # … as somebody did a moment ago
        if not quiet and self._carried_where_it_cannot_stay(row):
            return  # … or carry it back
        if state == "confirmed":
            self._stands(booking_id, self._address[str(row["mailbox_id"])], period)
        if state == "conflict" and not calendars.own.get(booking_id):
            raise Violation("S4: a booking is in conflict although its event is gone")
        if booking_id in self._told.cancelled - self._told.undone and state[:6] != "cancel":
            raise Violation(f"S4: a booking that its citizen cancelled is {state}")
        # Offers of another time say nothing of the booking.
        mails = [
            each
            for each in self._schedule.post.delivered
            if each.booking_id == booking_id and each.offer is None
        ]
        if not mails:
            if state == "released" and booking_id not in self._told.acknowledged:
                return
            raise Violation(f"S4: nobody was told that a booking is {state}")
        if self.belated.get(booking_id) in self._schedule.graveyard:
            mails.sort(key=lambda each: each.version)  # it died before it could say what it did
        last = mails[-1]
        if last.kind not in TRUE_IN[state]:
            raise Violation(f"S5: the last mail says {last.kind}, but the booking is {state}")
        if state == "confirmed" and last.period != period:
            raise Violation("S5: the last mail names another time")

    def _has_its_event(self, booking_id: str) -> bool:
        """One that counts; what somebody carried away before it was cancelled does not."""
        rows = self._raw.execute(
            "SELECT key FROM placement WHERE booking_id = ? AND state IN ('planned', 'placed')",
            (booking_id,),
        )
        keys = {key for (key,) in rows}
        boxes = self._schedule.calendars.boxes
        return any(
            boxes[address][event_id].event.key in keys
            for address, event_id in self._schedule.calendars.own.get(booking_id, ())
        )

    def _just_restored(self, booking_id: str) -> bool:
        calendars, since = self._schedule.calendars, self._schedule.clock.now - PROMISED
        return any(
            stood.restored and stood.since > since
            for stood in (calendars.boxes[at][key] for at, key in calendars.own.get(booking_id, ()))
        )

    def _carried_where_it_cannot_stay(self, row: dict[str, object]) -> bool:
        """Somebody took the event into a colleague's calendar, where the time is another's."""
        calendars = self._schedule.calendars
        places = calendars.own.get(str(row["id"]), ())
        home = self._address[str(row["mailbox_id"])]
        return bool(places) and all(
            where != home
            and (stood := calendars.boxes[where][event_id]).touched
            and any(
                key != event_id
                and other.event.period
                and stood.event.period
                and other.event.period.overlaps(stood.event.period)
                for key, other in calendars.boxes[where].items()
            )
            for where, event_id in places
        )

    def _stands(self, booking_id: str, address: str, period: Period) -> None:
        """Where the booking says, and nothing of others lies over it but by a person's wish."""
        calendars = self._schedule.calendars
        for where, event_id in calendars.own.get(booking_id, ()):
            stood = calendars.boxes[where][event_id]
            if where == address and stood.event.period == period:
                break
        else:
            raise Violation("S4: a confirmed booking does not stand where it says")
        row = self._raw.execute(
            "SELECT shared FROM placement WHERE key = ?", (stood.event.key,)
        ).fetchone()
        if row is None:
            raise Violation("S4: a confirmed booking stands under a name that nobody knows")
        over = any(
            each.event.period and each.event.period.overlaps(period)
            for each in calendars.foreign(address)
        )
        if over and not row[0]:
            raise Violation("S1: a meeting lies over a booking that counts as confirmed")

    def _replicas(self) -> None:
        """What we believe of the calendars is what stands there."""
        for mailbox_id, address in self._address.items():
            rows = self._raw.execute(
                "SELECT id, etag FROM resource WHERE mailbox_id = ?", (mailbox_id,)
            )
            box = self._schedule.calendars.boxes[address]
            if dict(rows.fetchall()) != {key: each.event.ref.etag for key, each in box.items()}:
                raise Violation("S6: the replica is not what stands in the calendar")

    def _bookings(self) -> list[dict[str, object]]:
        names = ("id", "state", "starts_at", "ends_at", "mailbox_id", "pending_starts_at")
        rows = self._raw.execute(f"SELECT {', '.join(names)} FROM booking ORDER BY id")
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def _at(value: object) -> datetime:
    assert isinstance(value, int)
    return from_microseconds(value)
