"""Mailboxes and the servers they live on: who reads when, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Update,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from booking.store.clock import no_lease, not_past
from booking.store.columns import Moment
from booking.store.servers import Servers, is_paused
from booking.store.tables import mailbox, server


@dataclass(frozen=True, slots=True)
class MailboxRow:
    id: str
    municipality: str
    address: str
    staff: str
    connection: str
    place: str
    server_id: str
    active: bool
    dirty_at: datetime | None
    lease_until: datetime | None
    fence: int
    sync_token: str | None
    window_start: datetime | None
    window_end: datetime | None
    last_attempt: datetime | None
    last_success: datetime | None
    last_started: datetime | None
    last_full: datetime | None
    next_poll: datetime | None
    queued_until: datetime | None
    failures: int
    error_code: str
    error_text: str
    checked_at: datetime | None
    check_outcome: str
    brake_at: datetime | None
    brake_reason: str
    believed_at: datetime | None
    fingerprint: str | None
    last_listed: datetime | None
    working_hours: str | None
    working_hours_at: datetime | None

    @property
    def calendar(self) -> str:
        """Where in the provider it stands, as the mapping named it."""
        return self.place.split(" ", 2)[2]

    @property
    def named_address(self) -> str:
        """The address itself; a retired one carries when it was left."""
        return self.address.partition(" ")[0]


class Mailboxes(Servers):
    def get(self, mailbox_id: str) -> MailboxRow | None:
        row = self._connection.execute(
            select(mailbox).where(mailbox.c.id == mailbox_id)
        ).one_or_none()
        return None if row is None else MailboxRow(**row._mapping)

    def many(self, mailbox_ids: Sequence[str]) -> tuple[MailboxRow, ...]:
        rows = self._connection.execute(
            select(mailbox).where(mailbox.c.id.in_(mailbox_ids)).order_by(mailbox.c.id)
        )
        return tuple(MailboxRow(**row._mapping) for row in rows)

    def all(self) -> tuple[MailboxRow, ...]:
        rows = self._connection.execute(
            select(mailbox)
            .where(mailbox.c.active.is_(True))
            .order_by(mailbox.c.municipality, mailbox.c.address)
        )
        return tuple(MailboxRow(**row._mapping) for row in rows)

    def ids(self, municipality: str) -> dict[str, str]:
        """Id of each active mailbox of a municipality, by address."""
        rows = self._connection.execute(
            select(mailbox.c.address, mailbox.c.id).where(
                mailbox.c.municipality == municipality, mailbox.c.active.is_(True)
            )
        )
        return dict(rows.all())

    def owner(self, address: str) -> str | None:
        """Slug of the municipality that the address belongs to."""
        return self._connection.execute(
            select(mailbox.c.municipality).where(mailbox.c.address == address)
        ).scalar()

    def put(self, *, mailbox_id: str, address: str, **values: Any) -> None:
        """Create the mailbox, or change it where its address is known."""
        changed = self._connection.execute(
            update(mailbox).where(mailbox.c.address == address).values(**values)
        )
        if changed.rowcount == 0:
            self._connection.execute(
                insert(mailbox).values(id=mailbox_id, address=address, **values)
            )

    def by_address(self, address: str) -> MailboxRow | None:
        row = self._connection.execute(
            select(mailbox).where(mailbox.c.address == address)
        ).one_or_none()
        return None if row is None else MailboxRow(**row._mapping)

    def change(self, mailbox_id: str, **values: Any) -> None:
        self._connection.execute(update(mailbox).where(mailbox.c.id == mailbox_id).values(**values))

    def deactivate(self, municipality: str, *, but: Sequence[str]) -> tuple[str, ...]:
        """Retire mailboxes that the mapping names no more; their addresses."""
        return tuple(
            self._connection.execute(
                update(mailbox)
                .where(
                    mailbox.c.municipality == municipality,
                    mailbox.c.active.is_(True),
                    mailbox.c.address.not_in(but),
                )
                .values(active=False)
                .returning(mailbox.c.address)
            ).scalars()
        )

    def mark_dirty(self, mailbox_ids: Sequence[str], *, at: datetime) -> None:
        self._connection.execute(
            update(mailbox).where(mailbox.c.id.in_(mailbox_ids)).values(dirty_at=at)
        )

    def mark_called(self, mailbox_ids: Sequence[str], *, at: datetime, full: bool = False) -> None:
        """Somebody says that they changed: read them soon, even where they wait in a queue.

        Only the first mark takes them out of their queue, so that a storm causes few readings.
        ``full``: everything is compared once.
        """
        values: dict[str, Any] = {"last_full": None} if full else {}
        self._connection.execute(
            update(mailbox)
            .where(mailbox.c.id.in_(mailbox_ids))
            .values(
                dirty_at=at,
                queued_until=case(
                    (mailbox.c.dirty_at.is_(None), None), else_=mailbox.c.queued_until
                ),
                **values,
            )
        )

    def any_called(self, mailbox_ids: Sequence[str]) -> bool:
        """Whether one of them was marked after its last reading began."""
        query = select(mailbox.c.id).where(
            mailbox.c.id.in_(mailbox_ids),
            mailbox.c.active.is_(True),
            mailbox.c.dirty_at.is_not(None),
            or_(mailbox.c.last_attempt.is_(None), mailbox.c.dirty_at > mailbox.c.last_attempt),
        )
        return self._connection.execute(query.limit(1)).scalar() is not None

    def begin_reading(
        self, mailbox_id: str, *, now: datetime, lease_until: datetime
    ) -> MailboxRow | None:
        """Take the one reader's lease; the row with its new fence, or None if somebody reads."""
        row = self._connection.execute(
            _BEGIN,
            {
                "b_id": mailbox_id,
                "b_now": now,
                "b_lease_until": lease_until,
                "b_no_lease": no_lease(now),
            },
        ).one_or_none()
        return None if row is None else MailboxRow(**row._mapping)

    def end_reading(
        self, mailbox_id: str, *, fence: int, read_since: datetime | None = None, **values: Any
    ) -> bool:
        """Give the lease back and record; False where another reader has taken over.

        ``read_since``: a dirty mark that is not younger is wiped; a younger one is about
        something that this reading may not have seen.
        """
        changed = self._connection.execute(
            _end_statement(tuple(sorted(values)), wipe=read_since is not None),
            {
                "b_id": mailbox_id,
                "b_fence": fence,
                "b_since": read_since,
                **{f"b_{name}": value for name, value in values.items()},
            },
        )
        return changed.rowcount == 1

    def due(self, *, now: datetime, limit: int) -> tuple[tuple[str, str], ...]:
        """(server id, mailbox id) of those to be read now, the longest overdue first; nobody on a
        server whose provider asked us to wait."""
        rows = self._connection.execute(
            select(mailbox.c.server_id, mailbox.c.id)
            .where(
                mailbox.c.active.is_(True),
                mailbox.c.server_id.not_in(select(server.c.id).where(is_paused(now))),
                or_(
                    mailbox.c.next_poll.is_(None),
                    mailbox.c.next_poll <= now,
                    mailbox.c.dirty_at.is_not(None),
                    mailbox.c.last_attempt > not_past(now),
                ),
                or_(
                    mailbox.c.queued_until.is_(None),
                    mailbox.c.queued_until <= now,
                    mailbox.c.queued_until > no_lease(now),
                ),
                or_(
                    mailbox.c.lease_until.is_(None),
                    mailbox.c.lease_until <= now,
                    mailbox.c.lease_until > no_lease(now),
                ),
            )
            .order_by(mailbox.c.next_poll)
            .limit(limit)
        )
        return tuple((row.server_id, row.id) for row in rows)

    def unchecked(
        self, *, before: datetime, failed_before: datetime, silent: str, limit: int
    ) -> tuple[tuple[str, str], ...]:
        """(server id, mailbox id) of those not checked since ``before``, or not since
        ``failed_before`` and found wanting; those that never were come first. Left out are those
        that nobody has read yet, and those whose error code is ``silent``."""
        rows = self._connection.execute(
            select(mailbox.c.server_id, mailbox.c.id)
            .where(
                mailbox.c.active.is_(True),
                mailbox.c.error_code != silent,
                or_(mailbox.c.last_success.is_not(None), mailbox.c.error_code != ""),
                or_(
                    mailbox.c.checked_at.is_(None),
                    mailbox.c.checked_at <= before,
                    and_(
                        mailbox.c.checked_at <= failed_before,
                        mailbox.c.check_outcome.not_like('%"name": "writable", "ok": true%'),
                    ),
                ),
            )
            .order_by(mailbox.c.checked_at.is_not(None), mailbox.c.checked_at, mailbox.c.id)
            .limit(limit)
        )
        return tuple((row.server_id, row.id) for row in rows)

    def next_due(self, *, now: datetime) -> datetime | None:
        """When the next mailbox is due that nobody has been asked to read."""
        return self._connection.execute(
            select(func.min(mailbox.c.next_poll)).where(
                mailbox.c.active.is_(True),
                or_(mailbox.c.queued_until.is_(None), mailbox.c.queued_until <= now),
            )
        ).scalar()

    def queue(self, mailbox_ids: Sequence[str], *, until: datetime) -> None:
        self._connection.execute(
            update(mailbox).where(mailbox.c.id.in_(mailbox_ids)).values(queued_until=until)
        )


# Polls of unchanged calendars are what we do most: their statements are built once.
_BEGIN = (
    update(mailbox)
    .where(
        mailbox.c.id == bindparam("b_id"),
        or_(
            mailbox.c.lease_until.is_(None),
            mailbox.c.lease_until <= bindparam("b_now"),
            mailbox.c.lease_until > bindparam("b_no_lease"),
        ),
    )
    .values(
        lease_until=bindparam("b_lease_until"),
        fence=mailbox.c.fence + 1,
        last_attempt=bindparam("b_now"),
        queued_until=None,
    )
    .returning(mailbox)
)


@lru_cache(maxsize=32)
def _end_statement(names: tuple[str, ...], *, wipe: bool) -> Update:
    values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
    if wipe:
        younger = mailbox.c.dirty_at > bindparam("b_since", type_=Moment)
        values["dirty_at"] = case((younger, mailbox.c.dirty_at), else_=None)
    return (
        update(mailbox)
        .where(mailbox.c.id == bindparam("b_id"), mailbox.c.fence == bindparam("b_fence"))
        .values(lease_until=None, **values)
    )
