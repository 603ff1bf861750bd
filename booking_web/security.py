"""Headers, cookies and the protection of forms: what no single page may forget."""

from __future__ import annotations

import logging
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect

from booking.settings import Settings

if TYPE_CHECKING:
    from flask.sansio.blueprints import Blueprint

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
#: Largest request body in bytes: all fields of the longest form, several times over.
MAX_BODY = 64 * 1024

#: What may appear in a log instead of a mailed token.
_TOKEN_IN_PATH = re.compile(r"^(/r/)[^/]+")
_access = logging.getLogger("rantevou.access")


def configure(app: Flask, settings: Settings) -> CSRFProtect:
    """Cookies, limits, CSRF protection and headers of ``app``; returns the protection so that the
    factory can exempt what does not use cookies."""
    app.config.update(
        SECRET_KEY=settings.secret_key or secrets.token_hex(32),
        SESSION_COOKIE_NAME="__Host-rantevou" if settings.secure_cookies else "rantevou",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_PATH="/",
        # Forgotten when the browser closes; refused after a day even where it does not.
        PERMANENT_SESSION_LIFETIME=timedelta(days=1),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=200,
        WTF_CSRF_TIME_LIMIT=int(settings.draft_life.total_seconds()),
        # We send no Referer on purpose (mailed tokens must not leak), so it cannot be compared.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.before_request(_refuse_control_characters)
    app.after_request(_secure)
    app.after_request(_log)
    return CSRFProtect(app)


def exempt(protection: CSRFProtect, blueprint: Blueprint) -> None:
    """Take a blueprint that never acts on a cookie out of CSRF protection."""
    protection.exempt(blueprint)


def _refuse_control_characters() -> None:
    """No address of ours holds any, and PostgreSQL does not even take the question (NUL)."""
    if not request.path.isprintable():
        abort(404)


def redacted(path: str) -> str:
    """A request path fit for a log: without the token of a mailed link."""
    return _TOKEN_IN_PATH.sub(r"\1…", path)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    # Pages carry drafts, references and form keys; shared machines must not keep them.
    headers.setdefault("Cache-Control", "no-store")
    return response


def _log(response: Response) -> Response:
    # The query string stays out: it may hold what a visitor typed.
    endpoint = request.endpoint or "-"
    _access.info(
        "%s %s %s %s %s",
        request.method,
        redacted(request.path),
        response.status_code,
        endpoint,
        g.get("language", "-"),
    )
    return response
