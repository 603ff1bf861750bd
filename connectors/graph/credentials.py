"""Tokens of our application, fetched beside the event loop so that nobody else waits for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self

from azure.core.credentials import AccessToken
from azure.identity import CertificateCredential, ClientSecretCredential

from connectors.graph.board import name_of, shared
from connectors.graph.connection import GraphSettings
from connectors.graph.errors import NUMBER, TokenAnswer, TokenRefused
from connectors.graph.throttle import retry_after

#: A token is renewed this long before it ends (seconds).
_EARLY: Final = 300
_UNREADABLE: Final = (
    "the certificate or its private key cannot be read: the secret holds both in PEM form, the key "
    "without a password ('openssl pkey -in key.pem' takes it off)"
)
#: The credential's own HTTP, seconds; nobody waits longer than his deadline for it anyway.
_CONNECT: Final = 5
_READ: Final = 10


class Tokens:
    """The credential as the SDK wants it (``AsyncTokenCredential``), on azure-identity's own.

    One thread fetches, so that sixteen callers without a token ask for one; who finds a valid
    token does not meet that thread at all. Opened per process: after a fork a new one is made.
    """

    def __init__(self, settings: GraphSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="graph-token")
        self._lock = threading.Lock()
        self._credential: CertificateCredential | ClientSecretCredential | None = None
        self._token: AccessToken | None = None
        self._name = name_of(
            settings.authority,
            settings.tenant,
            settings.client_id,
            settings.secret,
            settings.scope,
        )
        self._answers: list[TokenAnswer] = []  #: refusals during the fetch, of its one thread

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **more: Any,
    ) -> AccessToken:
        """Raises TokenRefused."""
        known = self._known(claims)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        fetch = partial(self._fetch, *scopes, claims=claims, enable_cae=enable_cae)
        return await loop.run_in_executor(self._thread, fetch)

    def forget(self, refused: str) -> None:
        """The provider refused this token: the next call asks for another one.

        Who comes late with an old one takes the new one from nobody.
        """
        with self._lock:
            shared.drop(self._name, refused)
            if self._token is None or self._token.token != refused:
                return
            self._token = None
            # azure-identity keeps tokens of its own: a new credential has none.
            credential, self._credential = self._credential, None
        if credential is not None:
            with suppress(RuntimeError):  # ended meanwhile
                self._thread.submit(credential.close)  # behind a fetch that may still use it

    def end(self) -> None:
        """Whoever still waits for a token is not waited for."""
        with self._lock:
            credential, self._credential = self._credential, None
        self._thread.shutdown(wait=False, cancel_futures=True)
        if credential is not None:
            credential.close()

    async def close(self) -> None:
        self.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.end()

    def _known(self, claims: str | None) -> AccessToken | None:
        if claims is not None:
            return None
        with self._lock:
            if self._token is None or not _is_good(self._token):
                self._token = shared.get(self._name)
            token = self._token
        return token if token is not None and _is_good(token) else None

    def _fetch(self, *scopes: str, claims: str | None, enable_cae: bool) -> AccessToken:
        known = self._known(claims)
        if known is not None:
            return known
        with self._lock:
            if self._credential is None:
                self._credential = credential_for(self._settings, heard=self._heard)
            credential = self._credential
        self._answers.clear()
        try:
            token = credential.get_token(*scopes, claims=claims, enable_cae=enable_cae)
        except Exception as error:
            answer = self._answers[-1] if self._answers else TokenAnswer()
            raise TokenRefused(answer) from error
        with self._lock:
            self._token = token
            shared.put(self._name, token)
        return token

    def _heard(self, response: Any) -> None:
        """azure-identity tells of an answer in words only; its status and wait are wanted too."""
        answer = response.http_response
        if answer.status_code < 400:
            return
        found = NUMBER.search(answer.text())
        self._answers.append(
            TokenAnswer(
                status=answer.status_code,
                number=int(found[1]) if found else 0,
                retry_after=retry_after(answer.headers.get("Retry-After"), now=datetime.now(UTC)),
            )
        )


def _is_good(token: AccessToken) -> bool:
    return token.expires_on - time.time() > _EARLY


def credential_for(
    settings: GraphSettings, *, heard: Callable[[Any], None] | None = None
) -> CertificateCredential | ClientSecretCredential:
    """Certificate where the secret is one, else client secret. Opens nothing.

    ``heard`` is called with each answer of the token service.

    Raises ValueError for a certificate that cannot be read or an empty client id.
    """
    if not settings.client_id:
        raise ValueError("a Graph connection needs 'user': the application (client) id")
    if not settings.secret:
        raise ValueError("the Graph connection has no secret: set it with rantevou secret set")
    how: dict[str, Any] = {
        "authority": settings.authority,
        "disable_instance_discovery": settings.disable_instance_discovery,
        "connection_timeout": _CONNECT,
        "read_timeout": _READ,
        # Our own scheduler repeats; the caller's deadline leaves no room for repeats in here.
        "retry_total": 0,
        # Proxy and authorities come from the connection, not from the environment.
        "use_env_settings": False,
    }
    if heard is not None:
        how["raw_response_hook"] = heard
    if settings.ca_file:
        how["connection_verify"] = settings.ca_file
    if settings.proxy:
        how["proxies"] = {"https": settings.proxy, "http": settings.proxy}
    if settings.certificate:
        try:
            return CertificateCredential(
                settings.tenant,
                settings.client_id,
                certificate_data=settings.secret.encode(),
                **how,
            )
        except (TypeError, ValueError):  # TypeError: the key is locked with a password
            raise ValueError(_UNREADABLE) from None
    return ClientSecretCredential(settings.tenant, settings.client_id, settings.secret, **how)
