"""Many mailboxes at a time: leases, records and pauses that a whole server's share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.engine import Connection

from booking.store.clock import LONGEST_PAUSE, no_lease, not_past
from booking.store.mailboxes import MailboxRow
from booking.store.tables import mailbox, server

#: Begins a fingerprint of which no later reading has said that it is the replica's.
UNSURE = "?"
#: Mailboxes that come back after a pause do so in at most this many portions.
_PORTIONS = 30


class Sweeps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(
        self,
        mailbox_ids: Sequence[str],
        *,
        now: datetime,
        lease_until: datetime,
        not_since: datetime | None = None,
    ) -> tuple[MailboxRow, ...]:
        """Take the one reader's lease of each that nobody reads; their rows with new fences.

        ``not_since``: only those that were not tried after that instant.
        """
        conditions = [
            mailbox.c.id.in_(mailbox_ids),
            or_(
                mailbox.c.lease_until.is_(None),
                mailbox.c.lease_until <= now,
                mailbox.c.lease_until > no_lease(now),
            ),
        ]
        if not_since is not None:
            conditions.append(
                or_(
                    mailbox.c.last_attempt.is_(None),
                    mailbox.c.last_attempt <= not_since,
                    mailbox.c.last_attempt > not_past(now),
                )
            )
        rows = self._connection.execute(
            update(mailbox)
            .where(*conditions)
            .values(
                lease_until=lease_until,
                fence=mailbox.c.fence + 1,
                last_attempt=now,
                queued_until=None,
            )
            .returning(mailbox)
        )
        found = (MailboxRow(**row._mapping) for row in rows)
        return tuple(sorted(found, key=lambda row: row.id))

    def end(self, rows: Sequence[MailboxRow], **values: Any) -> None:
        """Give the leases back and record the same for all; whoever was overtaken is left out."""
        if not rows:
            return
        held = [(row.id, row.fence) for row in rows]
        self._connection.execute(
            update(mailbox)
            .where(tuple_(mailbox.c.id, mailbox.c.fence).in_(held))
            .values(lease_until=None, **values)
        )

    def companions(
        self, server_ids: Sequence[str], *, now: datetime, until: datetime
    ) -> list[tuple[str, str]]:
        """(server id, mailbox id) of those due until then, on servers where they share requests
        with the ones that are due now."""
        rows = self._connection.execute(
            select(mailbox.c.server_id, mailbox.c.id)
            .join(server, server.c.id == mailbox.c.server_id)
            .where(
                server.c.id.in_(server_ids),
                server.c.together > 1,
                mailbox.c.active.is_(True),
                mailbox.c.next_poll > now,
                mailbox.c.next_poll <= until,
                or_(mailbox.c.queued_until.is_(None), mailbox.c.queued_until <= now),
                or_(mailbox.c.lease_until.is_(None), mailbox.c.lease_until <= now),
            )
            .order_by(mailbox.c.next_poll)
        )
        return [(row.server_id, row.id) for row in rows]

    def pause(
        self, server_id: str, *, now: datetime, until: datetime, spread: timedelta
    ) -> datetime:
        """Nobody on this server is read before that instant; then they come back spread out, those
        that share a request together. Returns until when the server is paused."""
        row = self._connection.execute(
            select(server.c.paused_until, server.c.together)
            .where(server.c.id == server_id)
            .with_for_update()
        ).one()
        until = min(until, now + LONGEST_PAUSE)
        if row.paused_until is not None and until < row.paused_until <= now + LONGEST_PAUSE:
            until = row.paused_until
        self._connection.execute(
            update(server).where(server.c.id == server_id).values(paused_until=until)
        )
        ids = (
            self._connection.execute(
                select(mailbox.c.id)
                .where(
                    mailbox.c.server_id == server_id,
                    mailbox.c.active.is_(True),
                    or_(mailbox.c.next_poll.is_(None), mailbox.c.next_poll < until),
                )
                .order_by(mailbox.c.id)
            )
            .scalars()
            .all()
        )
        size = max(row.together or 1, -(-len(ids) // _PORTIONS), 1)
        groups = [ids[start : start + size] for start in range(0, len(ids), size)]
        for number, group in enumerate(groups):
            self._connection.execute(
                update(mailbox)
                .where(mailbox.c.id.in_(group))
                .values(next_poll=until + spread * number / len(groups), queued_until=None)
            )
        return until

    def doubt(self, mailbox_id: str) -> None:
        """The replica was changed without a reading: what the fingerprint says of it is unsure."""
        self._connection.execute(
            update(mailbox)
            .where(
                mailbox.c.id == mailbox_id,
                mailbox.c.fingerprint.is_not(None),
                mailbox.c.fingerprint.not_like(f"{UNSURE}%"),
            )
            .values(fingerprint=UNSURE + mailbox.c.fingerprint)
        )
