"""The unfinished form of one session: an encrypted row in the database; the cookie holds its id."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from flask import session

from booking import drafts
from booking_web.citizen.chosen import Chosen
from booking_web.current import desk

_COOKIE_KEY = "draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """What has been answered so far. Texts are as typed; they are checked again at every step."""

    service_id: str = ""
    channel: str = ""
    declarations: dict[str, str] = field(default_factory=dict)  #: key → chosen value
    confirmed: tuple[str, ...] = ()  #: declarations whose second page was confirmed, "key@version"
    starts_at: str = ""  #: RFC 3339 in UTC
    hold_id: str = ""
    contact: dict[str, str] = field(default_factory=dict, repr=False)
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    consent_version: str = ""
    key: str = ""  #: idempotency key of exactly these answers
    submitted_key: str = ""
    reference: str = ""  #: of the booking that this draft became

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.starts_at) if self.starts_at else None


def current() -> Draft:
    """The session's draft; an empty one where there is none, or where it has expired."""
    draft_id = session.get(_COOKIE_KEY)
    values = drafts.load(desk(), draft_id=draft_id) if draft_id else None
    if not values:
        return Draft()
    known = Draft.__dataclass_fields__
    kept = {name: value for name, value in values.items() if name in known}
    kept["confirmed"] = tuple(kept.get("confirmed", ()))
    return Draft(**kept)


def for_choice(choice: Chosen) -> Draft:
    """The draft as far as it belongs to ``choice``.

    Another service or channel drops time and declarations and keeps what the citizen typed; a
    draft that became a booking starts afresh, so that the next person finds an empty form.
    """
    draft = current()
    if draft.reference:
        return _fresh(choice)
    if (draft.service_id, draft.channel) == (choice.service_id, choice.channel.channel.value):
        return draft
    return replace(_fresh(choice), contact=draft.contact, answers=draft.answers)


def _fresh(choice: Chosen) -> Draft:
    return Draft(service_id=choice.service_id, channel=choice.channel.channel.value)


def keep(draft: Draft) -> str:
    """Store ``draft`` as the session's; returns its id, which also names this visitor's hold.

    Any change of the answers gets a new idempotency key: one key, one body.
    """
    if not draft.reference:
        draft = replace(draft, key=secrets.token_urlsafe(24))
    values = asdict(draft)
    draft_id = session.get(_COOKIE_KEY)
    if draft_id and drafts.load(desk(), draft_id=draft_id) is not None:
        drafts.save(desk(), draft_id=draft_id, values=values)
    else:
        draft_id = drafts.create(desk(), values=values)
        session[_COOKIE_KEY] = draft_id
    return str(draft_id)


def move() -> str | None:
    """Take the draft out of this session, under another id; None where there is none."""
    draft_id = session.pop(_COOKIE_KEY, None)
    return drafts.move(desk(), draft_id=draft_id) if draft_id else None


def adopt(draft_id: str | None) -> None:
    """This session goes on with the draft that ``move`` gave another id."""
    if draft_id:
        session[_COOKIE_KEY] = draft_id


def discard() -> None:
    """Forget the draft, here and in the database."""
    draft_id = session.pop(_COOKIE_KEY, None)
    if draft_id:
        drafts.discard(desk(), draft_id=draft_id)
