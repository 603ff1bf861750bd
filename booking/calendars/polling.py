"""Which mailboxes are to be read when; the pace follows each server's own answer time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from booking.desk import Desk
from booking.settings import Settings
from booking.store import UnitOfWork

#: Mailboxes of one server that travel together.
BATCH = 200
#: Share of a server's time that all polls together may take (one core is 1.0).
_SHARE = 0.5
#: A batch that got lost on its way is handed out again after this time.
_QUEUED = timedelta(seconds=60)
#: Mailboxes that share requests are read together with those due this share of a pace earlier.
_TOGETHER = 0.25


@dataclass(frozen=True, slots=True)
class PollBatch:
    """Mailboxes of one server that are due."""

    server_id: str
    mailbox_ids: tuple[str, ...]


def due(desk: Desk, *, limit: int) -> tuple[PollBatch, ...]:
    """Hand out at most ``limit`` mailboxes that are due or dirty, in batches of one server.

    They are not handed out again for a minute unless they are read before. Those that share a
    request with one that is due come along a little before their time.
    """

    def work(uow: UnitOfWork) -> tuple[tuple[str, str], ...]:
        found = uow.mailboxes.due(now=uow.now, limit=limit)
        if found:
            soon = uow.now + desk.settings.sweep_floor * _TOGETHER
            on = sorted({server_id for server_id, _ in found})
            found += tuple(uow.sweeps.companions(on, now=uow.now, until=soon))
            uow.mailboxes.queue([each for _, each in found], until=uow.now + _QUEUED)
        return found

    by_server: dict[str, list[str]] = {}
    for server_id, mailbox_id in desk.store.transact(work):
        by_server.setdefault(server_id, []).append(mailbox_id)
    return tuple(
        PollBatch(server_id, tuple(ids[start : start + BATCH]))
        for server_id, ids in by_server.items()
        for start in range(0, len(ids), BATCH)
    )


def next_due_in(desk: Desk) -> float | None:
    """Seconds until the next mailbox is due; None where none will be without an event."""
    with desk.store.read() as uow:
        moment = uow.mailboxes.next_due(now=uow.now)
        return None if moment is None else (moment - uow.now).total_seconds()


def mark_dirty(desk: Desk, *, mailbox_ids: Sequence[str]) -> None:
    """Have mailboxes read again soon: something happened there."""

    def work(uow: UnitOfWork) -> None:
        uow.mailboxes.mark_dirty(mailbox_ids, at=uow.now)

    desk.store.transact(work)
    desk.wake("poll")


def interval_of(
    settings: Settings, *, mailboxes: int, answer_seconds: float, together: int | None = None
) -> float:
    """Seconds between two readings of a mailbox: all polls of a server together take at most
    half of its time, within the floor and the cap of the settings.

    ``together``: so many mailboxes share a request; each is read by itself now and then only.
    """
    share, polls = _SHARE, float(mailboxes)
    if is_swept(together):
        by_itself = mailboxes * answer_seconds / settings.listing_every.total_seconds()
        share = max(_SHARE - by_itself, _SHARE / 10)
        polls = math.ceil(mailboxes / (together or 1))
    wanted = polls * answer_seconds / share
    return min(max(wanted, floor_of(settings, together)), settings.poll_cap.total_seconds())


def is_swept(together: int | None) -> bool:
    """Whether mailboxes of a server are looked at many at a time."""
    return (together or 0) > 1


def floor_of(settings: Settings, together: int | None) -> float:
    """Seconds between two readings of a mailbox, however fast its server is."""
    floor = settings.sweep_floor if is_swept(together) else settings.poll_floor
    return floor.total_seconds()
