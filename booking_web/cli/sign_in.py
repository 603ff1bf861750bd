"""What keeps citizens from signing in: for ``doctor``, and when a mapping asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from booking import applicants
from booking.settings import Settings
from connectors.contract import Finding
from mapping.model import Municipality, SignIn

_ADDRESSES: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("RANTEVOU_GSIS_AUTHORIZE_URL", lambda settings: settings.gsis_authorize_url),
    ("RANTEVOU_GSIS_TOKEN_URL", lambda settings: settings.gsis_token_url),
    ("RANTEVOU_GSIS_USERINFO_URL", lambda settings: settings.gsis_userinfo_url),
    ("RANTEVOU_GSIS_LOGOUT_URL", lambda settings: settings.gsis_logout_url),
)


def examine(settings: Settings, known: Iterable[Municipality]) -> Iterator[Finding]:
    """Nothing where nobody is asked to sign in."""
    asked = {each.slug: applicants.sign_in_of(settings, each) for each in known}
    if set(asked.values()) <= {SignIn.OFF}:
        return
    yield _client(settings, asked)
    for name, url_of in _ADDRESSES:
        if not _is_safe(url_of(settings)):
            yield Finding(
                name,
                False,
                "is not https: names and tax numbers would cross the network in clear",
                "Set it to the https address that GSIS names.",
            )


def _client(settings: Settings, asked: dict[str, SignIn]) -> Finding:
    told = ", ".join(f"{slug} {how.value}" for slug, how in asked.items() if how is not SignIn.OFF)
    known = bool(settings.gsis_client_id and settings.gsis_client_secret)
    return Finding(
        "sign-in with TAXISnet",
        known,
        told if known else f"{told}, but no client is set: {_consequence(asked)}",
        "Have GSIS register this installation, with the redirect address "
        f"{settings.public_url}/taxisnet/callback, and set RANTEVOU_GSIS_CLIENT_ID and "
        "RANTEVOU_GSIS_CLIENT_SECRET; or set 'sign_in' to off.",
    )


def _consequence(asked: dict[str, SignIn]) -> str:
    return (
        "citizens cannot book there"
        if SignIn.REQUIRED in asked.values()
        else "what is offered is not shown, and what a service requires is not booked"
    )


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost", "::1"}
