"""Holds: a slot kept for minutes while a citizen fills in the form."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from booking import catalogue
from booking.catalogue import Offered
from booking.desk import Desk
from booking.model import Hold, HoldLapsed, SlotTaken, TooManyHolds
from booking.offering.assignment import Candidate, candidates, free_in
from booking.offering.picture import nearest
from booking.offering.slots import Shape
from booking.store import UnitOfWork, fingerprint
from booking.store.claims import Cells, Holder
from booking.store.holds import HoldRow
from booking.store.marks import every_mark, mark
from connectors.contract import Period
from mapping.model import Channel


def take(
    desk: Desk,
    *,
    service_id: str,
    channel: Channel,
    starts_at: datetime,
    session_key: str | None,
    network: str | None = None,
    at_desk: bool = False,
) -> Hold:
    """Keep a slot for ``settings.hold``; a session's earlier hold is given back.

    ``network`` is where the request comes from, if that is known. ``at_desk``: the office books,
    so the minimum notice is kept. Raises SlotTaken with alternatives and TooManyHolds (the
    earlier hold stays then), NotOffered.
    """
    wish = _Wish(desk, service_id, channel, starts_at, session_key, network, at_desk)
    try:
        return desk.store.transact(partial(wish.keep, wish.seen()))
    except SlotTaken:
        with desk.store.read() as uow:
            raise SlotTaken(
                nearest(
                    desk,
                    uow,
                    service_id=service_id,
                    channel=channel,
                    near=starts_at,
                    promised=at_desk,
                )
            ) from None


@dataclass(frozen=True, slots=True)
class _Wish:
    """What ``take`` is asked for."""

    desk: Desk
    service_id: str
    channel: Channel
    starts_at: datetime
    session_key: str | None
    network: str | None
    at_desk: bool

    def seen(self) -> Candidate | None:
        """Who is first by a look that locks nobody out; None where that is not known before the
        session's own hold is given back. Raises SlotTaken where nobody is free."""
        with self.desk.store.read() as uow:
            offered = self._offered(uow)
            found = candidates(self.desk, uow, offered, start=self.starts_at, promised=self.at_desk)
            if not found and self._earlier(uow) is None:
                raise SlotTaken
            return found[0] if found else None

    def keep(self, seen: Candidate | None, uow: UnitOfWork) -> Hold:
        """Raises SlotTaken and TooManyHolds."""
        earlier = self._earlier(uow)
        if earlier is not None:
            drop(uow, earlier)
        offered = self._offered(uow)
        row = None
        if seen is not None and earlier is None and self._is_free(uow, offered, seen):
            row = self._claim(uow, offered, [seen])
        if row is None:
            found = candidates(self.desk, uow, offered, start=self.starts_at, promised=self.at_desk)
            row = self._claim(uow, offered, found)
        if row is None:
            raise SlotTaken
        _refuse_hoarding(self.desk, uow, self.network)
        uow.holds.add(row)
        return as_hold(row)

    @property
    def _session_hash(self) -> str | None:
        return fingerprint("session", self.session_key) if self.session_key else None

    def _earlier(self, uow: UnitOfWork) -> str | None:
        """Id of the session's hold."""
        return uow.holds.of_session(self._session_hash) if self._session_hash else None

    def _offered(self, uow: UnitOfWork) -> Offered:
        return catalogue.offered(self.desk, uow, service_id=self.service_id, channel=self.channel)

    def _is_free(self, uow: UnitOfWork, offered: Offered, seen: Candidate) -> bool:
        """Still, after a look that locked nobody out: its calendar may not be readable any more."""
        alone = offered.by(seen.mailbox_id)
        return bool(free_in(self.desk, uow, alone, start=self.starts_at, promised=self.at_desk))

    def _claim(self, uow: UnitOfWork, offered: Offered, found: list[Candidate]) -> HoldRow | None:
        """For the first whose cells nobody has; None where somebody has those of everyone."""
        settings, shape = self.desk.settings, Shape.of(offered.service)
        hold_id = secrets.token_urlsafe(18)
        expires_at = uow.now + settings.hold
        first, end = shape.cells(self.starts_at)
        period = shape.period(self.starts_at)
        for candidate in found:
            if uow.claims.take(
                claim_id=secrets.token_urlsafe(18),
                cells=Cells(candidate.mailbox_id, first, end),
                holder=Holder(hold_id=hold_id, expires_at=expires_at),
                now=uow.now,
            ):
                return HoldRow(
                    id=hold_id,
                    service_id=self.service_id,
                    channel=self.channel.value,
                    starts_at=period.start,
                    ends_at=period.end,
                    mailbox_id=candidate.mailbox_id,
                    session_hash=self._session_hash,
                    for_booking=None,
                    reason=candidate.reason,
                    expires_at=expires_at,
                    extendable_until=uow.now + settings.hold_limit,
                    network_hash=mark(self.desk.store.keys, "network", self.network or ""),
                )
        return None


def _refuse_hoarding(desk: Desk, uow: UnitOfWork, network: str | None) -> None:
    """A script without a session could keep every slot of an office. Raises TooManyHolds."""
    if network is None:
        return
    known = every_mark(desk.store.keys, "network", network)
    if uow.holds.count_of_network(known, now=uow.now) >= desk.settings.holds_per_network:
        raise TooManyHolds("as many slots are kept for this network as one may keep")


def extend(desk: Desk, *, hold_id: str) -> Hold:
    """Another ``settings.hold`` from now, up to ``settings.hold_limit`` in all.

    Raises HoldLapsed.
    """

    def work(uow: UnitOfWork) -> Hold:
        row = uow.holds.get(hold_id, lock=True)
        if row is None:
            raise HoldLapsed("this hold is unknown or over: choose the slot again")
        until = max(row.expires_at, min(uow.now + desk.settings.hold, row.extendable_until))
        if not (
            uow.claims.extend(hold_id=hold_id, expires_at=until, now=uow.now)
            and uow.holds.extend(hold_id, expires_at=until, now=uow.now)
        ):
            raise HoldLapsed("this hold is unknown or over: choose the slot again")
        changed = uow.holds.get(hold_id)
        return as_hold(changed or row)

    return desk.store.transact(work)


def release(desk: Desk, *, hold_id: str) -> None:
    """Give the slot back; an unknown hold is none any more."""

    def work(uow: UnitOfWork) -> None:
        drop(uow, hold_id)

    desk.store.transact(work)


def get(desk: Desk, *, hold_id: str) -> Hold:
    """Raises HoldLapsed."""
    with desk.store.read() as uow:
        row = uow.holds.get(hold_id)
        if row is None or row.expires_at <= uow.now:
            raise HoldLapsed("this hold is unknown or over: choose the slot again")
        return as_hold(row)


def drop(uow: UnitOfWork, hold_id: str) -> None:
    """Remove a hold with its claim."""
    uow.claims.release_hold(hold_id)
    uow.holds.remove(hold_id)


def as_hold(row: HoldRow) -> Hold:
    return Hold(
        id=row.id,
        service_id=row.service_id,
        channel=Channel(row.channel),
        period=Period(row.starts_at, row.ends_at),
        expires_at=row.expires_at,
        extendable_until=row.extendable_until,
    )
