"""What a clerk has written down for one caller or visitor: an encrypted row, named in the address.

Each call has a row of its own, so that two tabs of one clerk do not mix two people.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from booking import drafts
from booking.model import NotOffered
from booking.office.accounts import Account
from booking_web.current import desk

_KIND = "desk"


@dataclass(frozen=True, slots=True)
class Entry:
    """Texts are as typed; they are checked again at every step."""

    service_id: str
    channel: str
    kind: str = _KIND  #: rows of citizens and sessions are none of these
    starts_at: str = ""  #: RFC 3339 in UTC
    hold_id: str = ""
    declarations: dict[str, str] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict, repr=False)
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    consent_version: str = ""
    language: str = "el"
    key: str = ""  #: idempotency key
    reference: str = ""  #: of the booking that this became

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.starts_at) if self.starts_at else None


def load(entry_id: str, *, account: Account) -> Entry:
    """Raises NotOffered where there is none (any more), or where it is another municipality's."""
    values = drafts.load(desk(), draft_id=entry_id)
    if not values or values.get("kind") != _KIND:
        raise NotOffered("there is no such entry")
    found = Entry(**{name: values[name] for name in Entry.__dataclass_fields__ if name in values})
    if account.role != "admin" and found.service_id.partition(".")[0] != account.municipality:
        raise NotOffered("there is no such entry")
    return found


def keep(entry: Entry, *, entry_id: str | None, new_key: bool = False) -> str:
    """Store it; its id. ``new_key``: what was sent before is not to be answered again."""
    if new_key or not entry.key:
        entry = replace(entry, key=secrets.token_urlsafe(24))
    values = asdict(entry)
    if entry_id is not None and drafts.save(desk(), draft_id=entry_id, values=values):
        return entry_id
    return drafts.create(desk(), values=values)
