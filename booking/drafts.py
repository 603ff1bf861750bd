"""Unfinished forms: encrypted rows that the cookie only names, gone after two hours."""

from __future__ import annotations

import secrets
from typing import Any

from booking.desk import Desk
from booking.store import UnitOfWork, fingerprint


def create(desk: Desk, *, values: dict[str, Any]) -> str:
    """Keep the values (JSON) and return the draft's id; it lives ``settings.draft_life``."""
    draft_id = secrets.token_urlsafe(24)

    def work(uow: UnitOfWork) -> None:
        uow.drafts.add(
            draft_id=draft_id, values=values, expires_at=uow.now + desk.settings.draft_life
        )

    desk.store.transact(work)
    return draft_id


def load(desk: Desk, *, draft_id: str) -> dict[str, Any] | None:
    """The values, or None where the draft is unknown or past its life."""
    if len(draft_id) > 50:
        return None
    with desk.store.read() as uow:
        return uow.drafts.load(draft_id, now=uow.now)


def save(desk: Desk, *, draft_id: str, values: dict[str, Any]) -> bool:
    """Replace the values and start the draft's life anew; False where it is gone."""

    def work(uow: UnitOfWork) -> bool:
        return uow.drafts.save(
            draft_id,
            values=values,
            now=uow.now,
            expires_at=uow.now + desk.settings.draft_life,
        )

    return desk.store.transact(work)


def move(desk: Desk, *, draft_id: str, left: dict[str, Any] | None = None) -> str | None:
    """Give the draft another id, and its hold with it; None where it is gone.

    Whoever knew the old id holds nothing any more but the values that are ``left`` there.
    """
    new = secrets.token_urlsafe(24)

    def work(uow: UnitOfWork) -> bool:
        values = uow.drafts.load(draft_id, now=uow.now)
        if values is None:
            return False
        uow.drafts.discard(draft_id)
        if left is not None:
            until = uow.now + desk.settings.draft_life
            uow.drafts.add(draft_id=draft_id, values=left, expires_at=until)
        uow.drafts.add(draft_id=new, values=values, expires_at=uow.now + desk.settings.draft_life)
        uow.holds.hand_over(fingerprint("session", draft_id), fingerprint("session", new))
        return True

    return new if desk.store.transact(work) else None


def discard(desk: Desk, *, draft_id: str) -> None:
    def work(uow: UnitOfWork) -> None:
        uow.drafts.discard(draft_id)

    desk.store.transact(work)
