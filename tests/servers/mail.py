"""A real SMTP server for the tests, which keeps what it is given and refuses what it is told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.waiting import free_port, wait_until


@dataclass
class MailServer:
    """Mails in ``received``, oldest first.

    ``refuse`` maps a recipient to the SMTP answer it gets; ``answer`` is what every mail gets.
    """

    received: list[EmailMessage] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    answer: str = "250 kept"
    login: tuple[str, str] | None = None
    port: int = 0
    _controller: Any = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> MailServer:
        self.port = free_port()
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate if self.login else None,
            auth_require_tls=False,
            ready_timeout=60,
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        with suppress(AssertionError):  # a client that hangs on loses its connection
            wait_until(lambda: not asyncio.all_tasks(self._controller.loop), seconds=2)
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802  (aiosmtpd looks for this name)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.login and not session.authenticated:
            return "530 log in first"
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 go on"

    async def handle_DATA(  # noqa: N802  (likewise)
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        if self.answer.startswith("2"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.received.append(message)
        return self.answer

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        given = (
            (data.login.decode(), data.password.decode())
            if isinstance(data, LoginPassword)
            else None
        )
        return AuthResult(success=given == self.login, handled=False)
