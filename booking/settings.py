"""All settings, read from the environment in one place; defaults are safe in production."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from mapping.model import SignIn


class SettingsError(Exception):
    """A setting is missing or malformed; the text names it and says what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One typed object; ``docs/settings.md`` lists every variable.

    Secrets never appear in ``repr``.
    """

    data_dir: Path = Path("var")
    database_url: str = field(default="", repr=False)  #: may hold a password, like the next
    redis_url: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"  #: origin of every link that leaves the house
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""  #: sender where the municipality's contact has no address
    secret_key: str = field(default="", repr=False)  #: signs cookies
    encryption_keys: str = field(default="", repr=False)  #: "id:base64[,id:base64…]", first writes
    metrics_token: str = field(default="", repr=False)
    secure_cookies: bool = True
    hold: timedelta = timedelta(minutes=10)
    hold_limit: timedelta = timedelta(minutes=60)
    holds_per_network: int = 30  #: slots kept at the same time for visitors of one address
    proxies: int = 0  #: in front of us, each adding one address to X-Forwarded-For
    undo: timedelta = timedelta(minutes=30)
    deletion_grace: timedelta = timedelta(minutes=10)  #: staff may undo the deletion of an event
    edit_settles: timedelta = timedelta(seconds=30)  #: staff may move an event twice
    absence_patience: timedelta = timedelta(hours=2)  #: the office may look what an absence means
    freshness_limit: timedelta = timedelta(minutes=10)
    view_refresh_every: timedelta = timedelta(seconds=10)
    view_deadline: timedelta = timedelta(milliseconds=300)
    placing_deadline: timedelta = timedelta(seconds=4)
    lease: timedelta = timedelta(seconds=30)
    poll_floor: timedelta = timedelta(seconds=20)
    poll_cap: timedelta = timedelta(seconds=200)
    full_comparison_every: timedelta = timedelta(hours=24)
    sweep_floor: timedelta = timedelta(seconds=30)  #: where many mailboxes are read at a glance
    listing_every: timedelta = timedelta(minutes=5)  #: a glance does not see everything
    provider_at_once: int = 4  #: requests in flight per application at a provider with limits
    mailbox_at_once: int = 3  #: the same, per mailbox
    notification_url: str = ""  #: origin by which providers call us; empty: public_url if https
    draft_life: timedelta = timedelta(hours=2)
    workers: int = 2
    web_threads: int = 8
    sign_in: SignIn = SignIn.OFF  #: of citizens, where a municipality says nothing
    gsis_client_id: str = ""  #: as GSIS registered this installation; empty: no sign-in
    gsis_client_secret: str = field(default="", repr=False)
    gsis_authorize_url: str = "https://oauth2.gsis.gr/oauth2server/oauth/authorize"
    gsis_token_url: str = "https://oauth2.gsis.gr/oauth2server/oauth/token"  # noqa: S105
    gsis_userinfo_url: str = "https://oauth2.gsis.gr/oauth2server/userinfo?format=xml"
    gsis_logout_url: str = "https://oauth2.gsis.gr/oauth2server/logout"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read ``RANTEVOU_*``. Raises SettingsError naming the variable and the form it takes."""
        values: dict[str, object] = {}
        for name, read in _READERS.items():
            raw = environment.get(f"RANTEVOU_{name.upper()}")
            if raw is None or raw == "":
                continue
            try:
                values[name] = read(raw)
            except ValueError as error:
                raise SettingsError(
                    f"RANTEVOU_{name.upper()} is {raw!r}, but it must be {error}"
                    if name not in _SECRETS
                    else f"RANTEVOU_{name.upper()} is malformed: it must be {error}"
                ) from None
        settings = cls(**values)  # type: ignore[arg-type]
        if "public_url" not in values:
            object.__setattr__(settings, "public_url", f"http://{settings.host}:{settings.port}")
        if not settings.notification_url and settings.public_url.startswith("https://"):
            object.__setattr__(settings, "notification_url", settings.public_url)
        if not settings.database_url:
            path = (settings.data_dir / "rantevou.sqlite").absolute()
            object.__setattr__(settings, "database_url", f"sqlite:///{path}")
        return settings


def _text(raw: str) -> str:
    return raw.strip()


def _origin(raw: str) -> str:
    raw = raw.strip().rstrip("/")
    if not raw.startswith(("http://", "https://")):
        raise ValueError("an origin such as https://rantevou.example.gr")
    return raw


def _queue(raw: str) -> str:
    raw = raw.strip()
    if not raw.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(
            "an address such as redis://127.0.0.1:6379/0 or unix:///run/valkey/valkey.sock"
        )
    return raw


def _mail_server(raw: str) -> str:
    raw = raw.strip()
    if not raw.startswith(("smtp://", "smtps://", "smtp+starttls://")):
        raise ValueError("an address such as smtp+starttls://user:password@mail.example.gr:587")
    return raw


def _port(raw: str) -> int:
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise ValueError("a port number from 1 to 65535")
    return int(raw)


def _count(raw: str) -> int:
    if not raw.isdigit() or int(raw) < 1:
        raise ValueError("a whole number of at least 1")
    return int(raw)


def _number(raw: str) -> int:
    if not raw.isdigit():
        raise ValueError("a whole number")
    return int(raw)


def _sign_in(raw: str) -> SignIn:
    try:
        return SignIn(raw.strip().lower())
    except ValueError:
        raise ValueError("off, offered or required") from None


def _switch(raw: str) -> bool:
    if raw.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("yes or no")
    return raw.lower() in {"yes", "true", "1"}


def _seconds(raw: str) -> timedelta:
    try:
        seconds = float(raw)
    except ValueError:
        raise ValueError("a number of seconds") from None
    if not 0 <= seconds < 10**8:
        raise ValueError("a number of seconds, not negative")
    return timedelta(seconds=seconds)


_READERS: dict[str, Callable[[str], object]] = {
    "data_dir": Path,
    "database_url": _text,
    "redis_url": _queue,
    "host": _text,
    "port": _port,
    "public_url": _origin,
    "smtp_url": _mail_server,
    "mail_from": _text,
    "secret_key": _text,
    "encryption_keys": _text,
    "metrics_token": _text,
    "secure_cookies": _switch,
    "hold": _seconds,
    "hold_limit": _seconds,
    "holds_per_network": _count,
    "proxies": _number,
    "undo": _seconds,
    "deletion_grace": _seconds,
    "edit_settles": _seconds,
    "absence_patience": _seconds,
    "freshness_limit": _seconds,
    "view_refresh_every": _seconds,
    "view_deadline": _seconds,
    "placing_deadline": _seconds,
    "lease": _seconds,
    "poll_floor": _seconds,
    "poll_cap": _seconds,
    "full_comparison_every": _seconds,
    "sweep_floor": _seconds,
    "listing_every": _seconds,
    "provider_at_once": _count,
    "mailbox_at_once": _count,
    "notification_url": _origin,
    "draft_life": _seconds,
    "workers": _count,
    "web_threads": _count,
    "sign_in": _sign_in,
    "gsis_client_id": _text,
    "gsis_client_secret": _text,
    "gsis_authorize_url": _origin,
    "gsis_token_url": _origin,
    "gsis_userinfo_url": _origin,
    "gsis_logout_url": _origin,
}

_SECRETS = {
    "secret_key",
    "encryption_keys",
    "metrics_token",
    "smtp_url",
    "database_url",
    "redis_url",
    "gsis_client_secret",
}
