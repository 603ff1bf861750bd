"""Which mailboxes are to be read when; the pace follows each server's own answer time."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class PollBatch:
    """Mailboxes of one server that are due."""

    server_id: str
    mailbox_ids: tuple[str, ...]


def due(desk: Desk, *, limit: int) -> tuple[PollBatch, ...]:
    """Hand out at most ``limit`` mailboxes that are due or dirty, in batches of one server.

    They are not handed out again for a minute unless they are read before.
    """

    def work(uow: UnitOfWork) -> tuple[tuple[str, str], ...]:
        found = uow.mailboxes.due(now=uow.now, limit=limit)
        if found:
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


def interval_of(settings: Settings, *, mailboxes: int, answer_seconds: float) -> float:
    """Seconds between two readings of a mailbox: all polls of a server together take at most
    half of its time, within the floor and the cap of the settings."""
    wanted = mailboxes * answer_seconds / _SHARE
    return min(max(wanted, settings.poll_floor.total_seconds()), settings.poll_cap.total_seconds())
