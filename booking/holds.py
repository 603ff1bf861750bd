"""Holds: a slot kept for minutes while a citizen fills in the form."""

from __future__ import annotations

import secrets
from datetime import datetime

from booking import catalogue
from booking.desk import Desk
from booking.model import Hold, HoldLapsed, SlotTaken, TooManyHolds
from booking.offering.assignment import candidates
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
    keys = desk.store.keys
    network_hash = mark(keys, "network", network or "")

    def work(uow: UnitOfWork) -> Hold:
        offered = catalogue.offered(desk, uow, service_id=service_id, channel=channel)
        session_hash = fingerprint("session", session_key) if session_key else None
        earlier = uow.holds.of_session(session_hash) if session_hash else None
        if earlier is not None:
            drop(uow, earlier)
        shape = Shape.of(offered.service)
        expires_at = uow.now + desk.settings.hold
        hold_id = secrets.token_urlsafe(18)
        for candidate in candidates(desk, uow, offered, start=starts_at, promised=at_desk):
            first, end = shape.cells(starts_at)
            taken = uow.claims.take(
                claim_id=secrets.token_urlsafe(18),
                cells=Cells(candidate.mailbox_id, first, end),
                holder=Holder(hold_id=hold_id, expires_at=expires_at),
                now=uow.now,
            )
            if not taken:
                continue
            period = shape.period(starts_at)
            row = HoldRow(
                id=hold_id,
                service_id=service_id,
                channel=channel.value,
                starts_at=period.start,
                ends_at=period.end,
                mailbox_id=candidate.mailbox_id,
                session_hash=session_hash,
                for_booking=None,
                reason=candidate.reason,
                expires_at=expires_at,
                extendable_until=uow.now + desk.settings.hold_limit,
                network_hash=network_hash,
            )
            _refuse_hoarding(desk, uow, network)
            uow.holds.add(row)
            return as_hold(row)
        raise SlotTaken

    try:
        return desk.store.transact(work)
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
