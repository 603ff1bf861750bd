"""Builds the web application from a desk; nothing is connected or read at import."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Flask
from jinja2 import StrictUndefined
from whitenoise import WhiteNoise

from booking_web import current, errors, language, security, texts, visitors

if TYPE_CHECKING:
    from booking.desk import Desk

#: Packages with a ``blueprint``, and whether it acts on cookies (and so needs CSRF protection).
AUDIENCES = (
    ("booking_web.citizen", True),
    ("booking_web.staff", True),
    ("booking_web.admin", True),
    ("booking_web.api", False),
    ("booking_web.health", False),
    ("booking_web.notifications", False),
)


def create_app(desk: Desk, *, audiences: Sequence[tuple[str, bool]] = AUDIENCES) -> Flask:
    """The whole site over ``desk``: pages, API and health, ready for any WSGI server.

    ``audiences`` narrows it down to some of its parts.
    """
    app = Flask("booking_web", static_folder=None)
    current.keep_desk(app.extensions, desk)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    language.configure(app)  # first, so that whatever is refused is refused in the right language
    protection = security.configure(app, desk.settings)
    errors.configure(app)
    _serve_static(app)
    visitors.configure(app, proxies=desk.settings.proxies)
    app.context_processor(_frame)
    app.jinja_env.filters["blocks"] = texts.html
    app.jinja_env.filters["full_stop"] = texts.full_stop
    for name, uses_cookies in audiences:
        if importlib.util.find_spec(name) is None:
            continue
        blueprint = importlib.import_module(name).blueprint
        app.register_blueprint(blueprint)
        if not uses_cookies:
            security.exempt(protection, blueprint)
    return app


def _frame() -> dict[str, object]:
    """What the shell needs where no audience says more; the citizen's pages do."""
    return {
        "language": current.language(),
        "organisation": "",
        "footer_links": [],
        "footer_note": "",
        "something_to_leave": False,
        "visitor": "",
        "sign_in_url": "",
    }


def _serve_static(app: Flask) -> None:
    digest = current.static_digest()
    prefix = f"static/{digest}"
    files = WhiteNoise(
        app.wsgi_app,
        allow_all_origins=False,
        max_age=365 * 24 * 3600,
        # The address changes with the content, so that what a browser holds is never stale.
        immutable_file_test=lambda _path, _url: True,
        add_headers_function=_static_headers,
    )
    files.add_files(str(current.STATIC), prefix=f"{prefix}/")
    app.wsgi_app = files  # type: ignore[method-assign]
    app.jinja_env.globals["static"] = lambda name: f"/{prefix}/{name}"


def _static_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
