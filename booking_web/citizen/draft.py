"""The unfinished forms of one session: an encrypted row; the cookie holds only its id."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import session

from booking import drafts
from booking_web.citizen.chosen import Chosen
from booking_web.current import desk

_COOKIE_KEY = "draft"
_MOVED = "moved"
#: Forms that one visitor fills in side by side, in as many tabs; the oldest is forgotten beyond.
_MOST = 4


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
    whose: str = ""  #: where somebody signed in: for whom they book (``for_whom``)
    proof: str = ""  #: where the mail address is being proved (``booking.verifying``)
    proved: str = ""  #: the mail address that was
    consent_version: str = ""
    key: str = ""  #: idempotency key of exactly these answers
    submitted_key: str = ""
    reference: str = ""  #: of the booking that this draft became

    @property
    def form(self) -> tuple[str, str]:
        """What this is the form of: service and channel."""
        return self.service_id, self.channel

    @property
    def start(self) -> datetime | None:
        return datetime.fromisoformat(self.starts_at) if self.starts_at else None


def _forms() -> list[Draft]:
    """The session's forms, the one that was touched last at the end."""
    draft_id = session.get(_COOKIE_KEY)
    values = drafts.load(desk(), draft_id=draft_id) if draft_id else None
    return [_read(each) for each in (values or {}).get("forms", ())]


def _read(values: dict[str, Any]) -> Draft:
    known = Draft.__dataclass_fields__
    kept = {name: value for name, value in values.items() if name in known}
    kept["confirmed"] = tuple(kept.get("confirmed", ()))
    return Draft(**kept)


def form_of(service_id: str, channel: str = "") -> Draft | None:
    """The form of one service by one channel; None where it was not begun, or has expired."""
    return next((each for each in _forms() if each.form == (service_id, channel)), None)


def for_choice(choice: Chosen) -> Draft:
    """The form of ``choice``.

    Another service or channel has a form of its own, which begins with what the citizen typed in
    the last one. A form that became a booking starts afresh: the next person finds it empty.
    """
    forms = _forms()
    fresh = _fresh(choice)
    own = next((each for each in forms if each.form == fresh.form), None)
    if own is not None:
        return fresh if own.reference else own
    last = next((each for each in reversed(forms) if each.channel), fresh)
    return replace(fresh, contact=last.contact, answers=last.answers)


def booking_of(choice: Chosen) -> str:
    """Reference of what the form of ``choice`` became, until another is begun; "" if nothing."""
    own = form_of(*_fresh(choice).form)
    return own.reference if own is not None else ""


def booked_with(key: str) -> str:
    """Reference of the booking that a form with this idempotency key became, or ""."""
    made = (each.reference for each in _forms() if each.reference and each.submitted_key == key)
    return next(made, "")


def _fresh(choice: Chosen) -> Draft:
    return Draft(service_id=choice.service_id, channel=choice.channel.channel.value)


def keep(draft: Draft) -> str:
    """Store ``draft`` beside the session's other forms; returns the id of the row, which also names
    this visitor's hold.

    Any change of the answers gets a new idempotency key: one key, one body.
    """
    if not draft.reference:
        draft = replace(draft, key=secrets.token_urlsafe(24))
    return _store([*_without(draft), draft])


def became(draft: Draft, reference: str) -> None:
    """Nothing personal stays, in no tab; the key still answers a second press of the button."""
    done = Draft(
        service_id=draft.service_id,
        channel=draft.channel,
        reference=reference,
        submitted_key=draft.key,
    )
    others = (
        replace(each, contact={}, answers={}, proof="", proved="") for each in _without(draft)
    )
    _store([*others, done])


def forget(draft: Draft) -> None:
    """Drop this form; the session's other ones stay."""
    if form_of(*draft.form) is not None:
        _store(_without(draft))


def _without(draft: Draft) -> list[Draft]:
    return [each for each in _forms() if each.form != draft.form]


def _store(forms: list[Draft]) -> str:
    values = {"forms": [asdict(each) for each in forms[-_MOST:]]}
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


def row_id() -> str:
    """Of this session's forms; "" where there are none."""
    return str(session.get(_COOKIE_KEY) or "")


def form_in(draft_id: str, service_id: str, channel: str) -> Draft | None:
    """A form of another session; None where it is gone."""
    values = drafts.load(desk(), draft_id=draft_id) or {}
    forms = (_read(each) for each in values.get("forms", ()))
    return next((each for each in forms if each.form == (service_id, channel)), None)


def take_over(draft_id: str) -> bool:
    """The forms of another session are this one's from now on, beside its own, and their hold;
    whether they were there still. That session learns where they are (``gone_elsewhere``)."""
    moved = drafts.move(desk(), draft_id=draft_id, left={_MOVED: True})
    if moved is None:
        return False
    own = _forms()
    discard()
    adopt(moved)
    if own:
        theirs = _forms()
        kept = {each.form for each in theirs}
        _store([*(each for each in own if each.form not in kept), *theirs])
    return True


def gone_elsewhere() -> bool:
    """Whether this session's forms were taken over by another one."""
    return bool((drafts.load(desk(), draft_id=row_id()) or {}).get(_MOVED))


def adopt(draft_id: str | None) -> None:
    """This session goes on with the draft that ``move`` gave another id."""
    if draft_id:
        session[_COOKIE_KEY] = draft_id


def discard() -> None:
    """Forget all forms, here and in the database."""
    draft_id = session.pop(_COOKIE_KEY, None)
    if draft_id:
        drafts.discard(desk(), draft_id=draft_id)
