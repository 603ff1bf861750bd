"""Headers, cookies and the protection of forms: what no single page may forget."""

from __future__ import annotations

import logging
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, make_response, redirect, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import RequestRedirect

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
#: What a page of ours may use of a device: nothing. One that does (a test of the camera) says so.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera",
        "display-capture",
        "geolocation",
        "microphone",
        "payment",
        "publickey-credentials-get",
        "usb",
    )
)
#: A year; other sites under the same name are their owners' business (no includeSubDomains).
_HTTPS_ONLY = "max-age=31536000"
#: Of the pages with a script of ours: the test of camera and microphone, the calendar.
_POLICY_WITH_SCRIPT = f"{CONTENT_SECURITY_POLICY}; script-src 'self'"
_POLICY_WITH_DEVICES = re.sub(r"(camera|microphone)=\(\)", r"\1=(self)", PERMISSIONS_POLICY)
#: Largest request body in bytes: all fields of the longest form, several times over.
MAX_BODY = 64 * 1024

#: What a log must not keep: the mailed token, wherever slashes put it, and other long keys (holds).
_TOKEN_IN_PATH = re.compile(r"(/+r/+)[^/]+", re.IGNORECASE)
_LONG_KEY = re.compile(r"[\w=-]{40,}")
#: … and what somebody typed into the address bar: mail addresses, phones, tax numbers.
_PERSONAL = re.compile(r"[^/]*@[^/]*|\d{8,}")
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
    app.before_request(_correct_address)
    app.after_request(_secure)
    if settings.public_url.startswith("https://"):
        app.after_request(_https_only)
    app.after_request(_log)
    return CSRFProtect(app)


def exempt(protection: CSRFProtect, blueprint: Blueprint) -> None:
    """Take a blueprint that never acts on a cookie out of CSRF protection."""
    protection.exempt(blueprint)


def _refuse_control_characters() -> None:
    """No address of ours holds any, and PostgreSQL does not even take the question (NUL)."""
    if not request.path.isprintable():
        abort(404)


def _correct_address() -> Response | None:
    """Redirects for a slash too many or too few, without the host and scheme that the request
    claims: behind a proxy they are not ours."""
    correction = request.routing_exception
    if not isinstance(correction, RequestRedirect):
        return None
    split = urlsplit(correction.new_url)
    path = "/" + split.path.lstrip("/")  # "//host" would be somebody else's site
    query = f"?{split.query}" if split.query else ""
    return make_response(redirect(path + query, code=correction.code))


def with_script(response: Response) -> Response:
    """Let this page run scripts of ours."""
    response.headers["Content-Security-Policy"] = _POLICY_WITH_SCRIPT
    return response


def with_devices(response: Response) -> Response:
    """Let this page run scripts of ours, and ask for camera and microphone."""
    with_script(response)
    response.headers["Permissions-Policy"] = _POLICY_WITH_DEVICES
    return response


def redacted(path: str) -> str:
    """A request path fit for one line of a log: no tokens and keys, no control characters."""
    shown = _LONG_KEY.sub("…", _TOKEN_IN_PATH.sub(r"\1…", path[:300]))
    shown = _PERSONAL.sub("…", shown)
    return "".join(each if each.isprintable() else "?" for each in shown)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
    # Pages carry drafts, references and form keys; shared machines must not keep them.
    headers.setdefault("Cache-Control", "no-store")
    return response


def _https_only(response: Response) -> Response:
    response.headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
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
