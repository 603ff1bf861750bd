"""What every page needs of its request: the desk, the language, addresses of our static files."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from flask import current_app, g, has_request_context

from booking.words.translation import LANGUAGES, Translation, words

if TYPE_CHECKING:
    from booking.desk import Desk

PACKAGE = Path(__file__).parent
CATALOGUE = PACKAGE / "translations"
STATIC = PACKAGE / "static"
_DESK = "rantevou_desk"


def keep_desk(app_extensions: dict[str, object], desk: Desk) -> None:
    app_extensions[_DESK] = desk


def desk() -> Desk:
    """The desk that the factory was given."""
    return cast("Desk", current_app.extensions[_DESK])


def language() -> str:
    """Language of the page: "el" or "en"."""
    if not has_request_context():
        return LANGUAGES[0]
    return str(g.get("language", LANGUAGES[0]))


def translation() -> Translation:
    """Texts of the page's language; message ids are Greek."""
    return words(language(), CATALOGUE)


def gettext(message: str) -> str:
    return translation().gettext(message)


def static_digest() -> str:
    """Changes with the content of any static file, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def now() -> datetime:
    """The instant (aware, UTC) that the store goes by, so that pages and rules agree on today.

    One for a whole request: ``g.now``, which whoever asks the store anyway may set.
    """
    if "now" not in g:
        with desk().store.read() as uow:
            g.now = uow.now
    known: datetime = g.now
    return known
