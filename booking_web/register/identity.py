"""Who has signed in with TAXISnet codes in this session: an encrypted row that the cookie names.

Signing out ends it everywhere, also for a copy of the cookie; so do two hours without a form.
"""

from __future__ import annotations

from flask import g, session

from booking import drafts
from booking_web.current import desk
from booking_web.register.answer import Person

_FIELD = "citizen"
_ROW = "register"


def current() -> Person | None:
    """Looked up once a request."""
    if "person" not in g:
        g.person = _look_up()
    found: Person | None = g.person
    return found


def is_named() -> bool:
    """Whether this session's cookie names anybody; asks nobody whether that still counts."""
    return bool(session.get(_FIELD))


def _look_up() -> Person | None:
    row = session.get(_FIELD)
    if not isinstance(row, str):
        return None
    told = (drafts.load(desk(), draft_id=row) or {}).get(_ROW)
    return Person(name=told["name"], afm=told["afm"]) if told else None


def keep(person: Person) -> None:
    """This session is ``person``'s from now on."""
    session[_FIELD] = drafts.create(desk(), values=_values(person))
    g.person = person


def prolong() -> None:
    """Whoever goes on with a form stays signed in."""
    row, person = session.get(_FIELD), current()
    if isinstance(row, str) and person is not None:
        drafts.save(desk(), draft_id=row, values=_values(person))


def forget() -> bool:
    """Sign out, here and for every copy of the cookie; whether anybody was signed in."""
    row = session.pop(_FIELD, None)
    g.person = None
    if not isinstance(row, str):
        return False
    drafts.discard(desk(), draft_id=row)
    return True


def _values(person: Person) -> dict[str, dict[str, str]]:
    return {_ROW: {"name": person.name, "afm": person.afm}}
