"""GSIS's OAuth2: where a citizen signs in, what their code is worth, and where they sign out.

Plain OAuth2 (code.gov.gr/docs/Authentication), not OpenID Connect: authorization code with state,
scope ``read``, the client's secret in the body of the token request, and then a document with the
person's data. Whether the server bears a challenge (PKCE) is nowhere written, so none is sent.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from booking.settings import Settings
from booking_web.register.answer import NotUnderstood, Person, person_of

_log = logging.getLogger(__name__)
T = TypeVar("T")

SCOPE = "read"
CALLBACK = "/taxisnet/callback"
#: Seconds for both requests together; the citizen waits.
PATIENCE = 10.0
#: Seconds to wait for the next byte, so that a thread that nobody waits for any more ends.
_SILENCE = 5.0
#: How many sign-ins may be on their way at GSIS: where it hangs, most threads go on serving.
AT_ONCE = 3
_LARGEST = 64 * 1024


class NoAnswer(Exception):
    """The register does not answer, or not in time; trying again may help."""


class Refused(Exception):
    """The register does not accept the code (used, too old, not ours); sign in again."""


def load_ahead(settings: Settings) -> None:
    """Whoever signs in first should not wait for libraries; nothing where nobody can."""
    if settings.gsis_client_id:
        _client(settings).close()


def authorize_url(settings: Settings, *, state: str) -> str:
    """Where the citizen signs in; ``state`` comes back with them."""
    with _client(settings) as client:
        url, _ = client.create_authorization_url(settings.gsis_authorize_url, state=state)
    return str(url)


def logout_url(settings: Settings, *, back: str) -> str:
    """Where the citizen's session with the register ends; it leads to ``back`` then."""
    base = settings.gsis_logout_url.rstrip("/")
    return f"{base}/{quote(settings.gsis_client_id, safe='')}/?{urlencode({'url': back})}"


class Register:
    """What one process asks of GSIS. ``patience`` is in seconds, for all of an exchange."""

    def __init__(self, *, patience: float = PATIENCE, at_once: int = AT_ONCE) -> None:
        self._patience = patience
        self._places = threading.BoundedSemaphore(at_once)

    def person(self, settings: Settings, *, code: str) -> Person:
        """Who signed in with this code, which is worth one try.

        Raises Refused, NoAnswer, and NotUnderstood.
        """
        return self._in_time(lambda: _person(settings, code))

    def _in_time(self, ask: Callable[[], T]) -> T:
        """A time-out of requests counts from byte to byte; this one counts in all."""
        if not self._places.acquire(timeout=self._patience / 2):
            raise NoAnswer("as many sign-ins as may wait for the register do")
        outcome: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcome.put((ask(), None))
            except Exception as error:  # noqa: BLE001 - raised where it is waited for
                outcome.put((None, error))
            finally:
                self._places.release()

        threading.Thread(target=run, name="register", daemon=True).start()
        try:
            found, error = outcome.get(timeout=self._patience)
        except queue.Empty:
            raise NoAnswer("the register did not answer in time") from None
        if error is not None:
            raise error
        assert found is not None
        return found


def _person(settings: Settings, code: str) -> Person:
    # Here, so that an installation without sign-in does not load it.
    from authlib.common.errors import AuthlibBaseError

    try:
        with _client(settings) as client:
            client.register_compliance_hook("access_token_response", _Answer.of)
            client.fetch_token(
                settings.gsis_token_url, grant_type="authorization_code", code=code, **_SENDING
            )
            answer = _Answer.of(
                client.get(settings.gsis_userinfo_url, headers={"Accept": "text/xml"}, **_SENDING)
            )
            answer.raise_for_status()
    except AuthlibBaseError as error:
        _log.warning("the register refused a code: %s", _plain(error.error))
        raise Refused("the register refused the code") from None
    except _Unexpected as error:
        raise (Refused if error.status < 500 else NoAnswer)(str(error)) from None
    except OSError as error:  # all of requests' errors are
        _log.warning("the register does not answer: %s", type(error).__name__)
        raise NoAnswer("the register does not answer") from None
    except (ValueError, KeyError, TypeError):
        raise NotUnderstood("the register's token is not one that we know") from None
    return person_of(answer.body)


def _plain(code: object) -> str:
    """An error code of the other side, fit for a line of a log."""
    return "".join(each for each in str(code)[:40] if each.isalnum() or each in "_-")


#: Nothing of an exchange is led elsewhere; bodies are read by ``_Answer``.
_SENDING: dict[str, Any] = {
    "allow_redirects": False,
    "stream": True,
    "timeout": (_SILENCE, _SILENCE),
}


class _Unexpected(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"the register answered {status}")
        self.status = status


class _Answer:
    """Status and body of an answer, not longer than any that we know."""

    def __init__(self, status_code: int, body: bytes) -> None:
        self.status_code = status_code
        self.body = body

    @classmethod
    def of(cls, response: Any) -> _Answer:
        with response:
            body = response.raw.read(_LARGEST + 1, decode_content=True)
        if len(body) > _LARGEST:
            raise ValueError("too long for an answer of the register")
        return cls(int(response.status_code), bytes(body))

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        if self.status_code != 200:
            raise _Unexpected(self.status_code)


def _client(settings: Settings) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        client_id=settings.gsis_client_id,
        client_secret=settings.gsis_client_secret,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106  (a method, not a secret)
        scope=SCOPE,
        redirect_uri=settings.public_url.rstrip("/") + CALLBACK,
        # GSIS gives the rest of a token's life, which may be short; we use it at once.
        leeway=0,
    )
