"""What offering needs of mailboxes and their replicas, in one query by primary key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from booking.busy import Masks
from booking.store.tables import mailbox, replica


@dataclass(frozen=True, slots=True)
class OfferRow:
    """What offering needs to know of one mailbox."""

    mailbox_id: str
    active: bool
    last_success: datetime | None
    last_attempt: datetime | None
    failures: int
    error_code: str
    braked: bool
    refuses: bool  #: our account was not let write at the last check or booking
    server_id: str
    masks: Masks | None  #: None: never read
    working_hours: str | None = None  #: as kept by ``booking.calendars.hours``; None: not known


def offer_rows(connection: Connection, mailbox_ids: Sequence[str]) -> tuple[OfferRow, ...]:
    return tuple(
        _offer_row(
            row,
            Masks(
                base=row.base_cell,
                cells=row.cells,
                busy=int.from_bytes(row.busy, "little"),
                tentative=int.from_bytes(row.tentative, "little"),
                elsewhere=int.from_bytes(row.elsewhere, "little"),
                all_day_free=int.from_bytes(row.all_day_free, "little"),
                own=int.from_bytes(row.own, "little"),
                degraded=row.degraded,
            )
            if row.base_cell is not None
            else None,
        )
        for row in connection.execute(_FOR_OFFER, {"ids": list(mailbox_ids)})
    )


def status_rows(connection: Connection) -> tuple[OfferRow, ...]:
    return tuple(
        _offer_row(
            row,
            Masks(base=row.base_cell, cells=row.cells, degraded=row.degraded)
            if row.base_cell is not None
            else None,
        )
        for row in connection.execute(_FOR_STATUS)
    )


_STATUS_COLUMNS = (
    mailbox.c.id,
    mailbox.c.active,
    mailbox.c.last_success,
    mailbox.c.last_attempt,
    mailbox.c.failures,
    mailbox.c.error_code,
    mailbox.c.brake_at,
    mailbox.c.check_outcome,
    mailbox.c.server_id,
    mailbox.c.working_hours,
    replica.c.base_cell,
    replica.c.cells,
    replica.c.degraded,
)
_WITH_REPLICA = mailbox.outerjoin(replica, replica.c.mailbox_id == mailbox.c.id)
_FOR_STATUS = (
    select(*_STATUS_COLUMNS)
    .select_from(_WITH_REPLICA)
    .where(mailbox.c.active.is_(True))
    .order_by(mailbox.c.id)
)
_FOR_OFFER = (
    select(
        *_STATUS_COLUMNS,
        replica.c.busy,
        replica.c.tentative,
        replica.c.elsewhere,
        replica.c.all_day_free,
        replica.c.own,
    )
    .select_from(_WITH_REPLICA)
    .where(mailbox.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(mailbox.c.id)
)


def _offer_row(row: Any, masks: Masks | None) -> OfferRow:
    return OfferRow(
        mailbox_id=row.id,
        active=row.active,
        last_success=row.last_success,
        last_attempt=row.last_attempt,
        failures=row.failures,
        error_code=row.error_code,
        braked=row.brake_at is not None,
        refuses=refuses_writing(row.check_outcome),
        server_id=row.server_id,
        masks=masks,
        working_hours=row.working_hours,
    )


@lru_cache(maxsize=4096)
def refuses_writing(check_outcome: str) -> bool:
    """Whether a stored outcome says that our account cannot write. Unknown is not refused."""
    return any(
        finding["name"] == "writable" and not finding["ok"]
        for finding in json.loads(check_outcome or "[]")
    )
