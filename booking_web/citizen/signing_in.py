"""Whether the visitor has to sign in, may, or has: before every page of a service, and in the frame
of each page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from flask import current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from booking import applicants
from booking.model import NotOffered, SignInRequired
from booking.store import StoreUnavailable
from booking_web.citizen import chosen as choice
from booking_web.citizen.blueprint import blueprint
from booking_web.current import desk
from booking_web.register import identity
from mapping.model import Municipality, SignIn

#: Pages of a municipality that are read, not booked from.
_OPEN = frozenset({"citizen.info_page"})
#: Three of them, beside all else, fit into a cookie of 4 KB.
_LONGEST_PATH = 300


@blueprint.before_request
def require() -> Response | None:
    """To the page of signing in, where nothing of this service goes without."""
    if request.view_args is None or not request.path.startswith("/d/"):
        return None
    asked = _asked(request.endpoint or "", request.view_args)
    g.sign_in = asked
    person = identity.current()
    if asked is SignIn.REQUIRED and person is None:
        return to_entrance()
    if person is not None and request.method == "POST":
        identity.prolong()
    return None


@blueprint.errorhandler(SignInRequired)
def refused(_error: SignInRequired) -> Response:
    """Signed out between two pages, or asked for only now: the answers are kept."""
    return to_entrance()


def to_entrance() -> Response:
    return redirect(url_for("citizen.entrance", to=here()), 303)


def here() -> str:
    """Path and query of this page as one comes back to it."""
    query = request.query_string.decode("ascii", "ignore") if request.method == "GET" else ""
    return local(quote(request.path) + (f"?{query}" if query else ""))


def local(wanted: str | None) -> str:
    """``wanted`` where it is a page of booking, or the one that finds a booking again; else the
    front page, never another site's."""
    text = wanted or ""
    plain = len(text) <= _LONGEST_PATH and text.isascii() and text.isprintable()
    ours = text.startswith("/d/") or text.partition("?")[0] == url_for("citizen.find")
    if plain and ours and not any(each in text for each in ("//", "\\", " ")):
        return text
    return url_for("citizen.municipality")


def asked_at(path: str) -> tuple[SignIn, Municipality | None]:
    """What the page of a local path asks for, and whose it is; the frame of this page is theirs."""
    try:
        site = current_app.url_map.bind("localhost")
        endpoint, values = site.match(unquote(path.partition("?")[0]), method="GET")
    except HTTPException:
        return SignIn.OFF, None
    g.municipality = _municipality(values)
    return _asked(endpoint, values), g.municipality


def _asked(endpoint: str, values: Mapping[str, Any]) -> SignIn:
    within = _municipality(values)
    if within is None or endpoint in _OPEN:
        return SignIn.OFF
    key = values.get("service_key")
    service = within.service(key) if key else None
    return applicants.sign_in_of(desk().settings, within, service)


def _municipality(values: Mapping[str, Any]) -> Municipality | None:
    try:
        return choice.looked_up(values["slug"])
    except (KeyError, NotOffered):
        return None


@blueprint.app_context_processor
def frame() -> dict[str, object]:
    """Name of whoever signed in, and where one may sign in from this page; empty where not."""
    try:
        person = identity.current()
    except StoreUnavailable:  # also the page that says so has a frame
        person = None
    offered = person is None and g.get("sign_in") is SignIn.OFFERED
    may = offered and applicants.can_sign_in(desk().settings)
    return {
        "visitor": person.name if person else "",
        "sign_in_url": url_for("citizen.sign_in", to=here()) if may else "",
    }
