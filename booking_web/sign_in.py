"""Local accounts of staff and administrators: who is signed in, and how one signs in and out.

A signed-in session is a row of the store; the cookie holds only its id, so that signing out ends
it everywhere, also for a copy of the cookie.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from flask import Response, abort, g, redirect, render_template, request, session

from booking import drafts
from booking.office import accounts
from booking.office.accounts import Account
from booking_web.current import desk, gettext, now

_FIELD = "signed_in"
_LONGEST_USER = 100
_LONGEST_PASSWORD = 200
#: Since signing in; and how often whoever works is noted down as working.
_LONGEST_SESSION = timedelta(hours=12)
_RENEWED_EVERY = timedelta(minutes=10)


def account() -> Account | None:
    """Who is signed in, looked up once a request: a removed account is out at once."""
    if "account" not in g:
        g.account = _look_up()
    found: Account | None = g.account
    return found


def signed_in() -> Account:
    """Who is signed in, on pages that ``require`` guards."""
    found = account()
    assert found is not None, "require() has run before"
    return found


def _look_up() -> Account | None:
    row = session.get(_FIELD)
    if not isinstance(row, str):
        return None
    values = drafts.load(desk(), draft_id=row) or {}
    user = values.get("signed_in_user")
    found = accounts.get(desk(), user) if isinstance(user, str) else None
    # A new password ends every session of the old one.
    if found is None or found.stamp != values.get("stamp") or _is_over(row, values):
        return None
    return found


def _is_over(row: str, values: dict[str, Any]) -> bool:
    """A day's work after signing in. Until then whoever works on stays signed in, lest a clerk
    loses what somebody on the telephone has told."""
    if "since" not in values:  # signed in before an upgrade
        return True
    moment = now()
    since, renewed = (datetime.fromisoformat(values[each]) for each in ("since", "renewed"))
    if moment - since >= _LONGEST_SESSION:
        return True
    if moment - renewed >= _RENEWED_EVERY:
        values = {**values, "renewed": moment.isoformat()}
        drafts.save(desk(), draft_id=row, values=values)
    return False


def require(*, role: str | None, sign_in_url: str) -> Response | None:
    """None where the account may go on; a redirect to the sign-in page where nobody is signed in.

    Raises Forbidden for an account without ``role``.
    """
    found = account()
    if found is None:
        wanted = f"?to={quote(request.path)}" if request.method == "GET" else ""
        return _see_other(sign_in_url + wanted)
    if role is not None and found.role != role:
        abort(403)
    return None


def form(*, area: str, title: str) -> Response:
    """The page of signing in; ``area`` is where it leads ("/staff/" or "/admin/")."""
    if account() is not None and request.method == "GET":
        return _see_other(_target(area))
    errors: dict[str, str] = {}
    if request.method == "POST":
        if _sign_in():
            return _see_other(_target(area))
        errors["user"] = gettext(
            "Το όνομα χρήστη ή ο κωδικός δεν είναι σωστά. "
            "Μετά από πολλές προσπάθειες περιμένετε λίγα λεπτά."
        )
    page = render_template("sign_in.html", title=title, errors=errors, to=_target(area), area=area)
    return Response(page, status=422 if errors else 200, mimetype="text/html")


def _sign_in() -> bool:
    user = request.form.get("user", "")
    password = request.form.get("password", "")
    if not 0 < len(user) <= _LONGEST_USER or not 0 < len(password) <= _LONGEST_PASSWORD:
        return False
    if not user.isprintable():
        return False
    found = accounts.authenticate(desk(), user=user, password=password)
    if found is None:
        return False
    language = session.get("language")
    # Nothing of the session before may survive: neither its form keys nor its bookings.
    session.clear()
    if language:
        session["language"] = language
    moment = now().isoformat()
    values = {
        "signed_in_user": found.user,
        "stamp": found.stamp,
        "since": moment,
        "renewed": moment,
    }
    session[_FIELD] = drafts.create(desk(), values=values)
    g.account = found
    return True


def sign_out(*, area: str) -> Response:
    row = session.get(_FIELD)
    if isinstance(row, str):
        drafts.discard(desk(), draft_id=row)
    session.clear()
    return _see_other(area)


def _target(area: str) -> str:
    """Only pages of the same area: never another site's."""
    wanted = request.values.get("to", "")
    plain = wanted.isascii() and wanted.isprintable() and "//" not in wanted and "\\" not in wanted
    return wanted if plain and wanted.startswith(area) else area


def _see_other(url: str) -> Response:
    answer = redirect(url, code=303)
    assert isinstance(answer, Response)
    return answer
