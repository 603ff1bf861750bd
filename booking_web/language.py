"""Greek or English: chosen by the visitor, kept in the session, same page and same answers."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Flask, g, request, session

from booking.words.translation import LANGUAGES
from booking_web.current import translation

#: Paths of machines; they take their language from the request itself, and use no session.
_WITHOUT_SESSION = ("/api/", "/health/", "/metrics", "/notifications/", "/static/")


def configure(app: Flask) -> None:
    app.before_request(_choose)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: translation().gettext(message),
        lambda one, many, n: translation().ngettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, message: translation().pgettext(context, message),
        npgettext=lambda context, one, many, n: translation().npgettext(context, one, many, n),
    )
    app.jinja_env.globals["language_link"] = language_link


def _choose() -> None:
    if request.path.startswith(_WITHOUT_SESSION):
        return
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session["language"] = asked
    chosen = session.get("language")
    g.language = chosen if chosen in LANGUAGES else LANGUAGES[0]


def language_link(other: str) -> str:
    """This page in the other language; ``g.here`` names it where its own path takes no GET."""
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    # One leading slash: "//host" would be somebody else's site.
    path = "/" + quote(str(g.get("here", request.path)).lstrip("/"))
    return f"{path}?{urlencode([*pairs, ('lang', other)])}"
