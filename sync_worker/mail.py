"""Sends mails by SMTP and sorts what goes wrong into "later" and "never"."""

from __future__ import annotations

import io
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from booking.desk import MailLater, MailRefused
from booking.messages import OutgoingMail, as_email
from connectors.deadline import Deadline

TIMEOUT = 15.0  #: seconds for each answer of the server
_LEAST = 0.01  #: none would be a socket that never waits
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails go, as ``RANTEVOU_SMTP_URL`` names it."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """``smtp://``, ``smtps://`` (TLS at once) or ``smtp+starttls://user:password@host:port``.

        Raises ValueError saying which form is expected; the text never repeats the password.
        """
        form = "RANTEVOU_SMTP_URL must look like smtp+starttls://user:password@mail.example.gr:587"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError(form) from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(form)
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class SmtpMailer:
    """Hands one mail at a time to an SMTP server. Nothing is kept open between two mails."""

    def __init__(self, server: SmtpServer, *, timeout: float = TIMEOUT) -> None:
        self._server = server
        self._timeout = timeout

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        """Raises MailLater (try again) or MailRefused (this mail will never be taken).

        The whole conversation ends at the deadline, however the server sends its bytes.
        """
        deliver(
            as_email(message),
            recipient=message.recipient,
            connect=lambda: self._connect(deadline),
        )

    def _connect(self, deadline: Deadline) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        timeout = max(min(self._timeout, deadline.remaining()), _LEAST)
        if server.scheme == "smtps":
            client: smtplib.SMTP = _TlsClient(
                server.host, server.port, timeout=timeout, context=context, deadline=deadline
            )
        else:
            client = _Client(server.host, server.port, timeout=timeout, deadline=deadline)
        try:
            if server.scheme == "smtp+starttls":
                client.starttls(context=context)
            if server.user:
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client


class _TimedReader(io.RawIOBase):
    """Reads of one connection, each within what is left: a time-out of ``smtplib`` counts from
    byte to byte, so that a server which drips never ends it."""

    def __init__(self, sock: socket.socket, *, timeout: float, deadline: Deadline) -> None:
        self._sock = sock
        self._timeout = timeout
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._deadline.remaining()
        if left <= 0:
            raise TimeoutError("the conversation took too long")
        self._sock.settimeout(min(self._timeout, left))
        return self._sock.recv_into(buffer)


class _Client(smtplib.SMTP):
    def __init__(self, host: str, port: int, *, deadline: Deadline, **more: Any) -> None:
        self._deadline = deadline
        super().__init__(host, port, **more)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:  # new, or TLS since the last answer
            reader = _TimedReader(self.sock, timeout=self.timeout, deadline=self._deadline)
            self.file = io.BufferedReader(reader)
        return super().getreply()


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """The same for ``smtps``."""


class NoMailer:
    """Where no SMTP server is configured: every mail waits until there is one."""

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        raise MailLater("no mail server is configured: set RANTEVOU_SMTP_URL")


def mailer_for(smtp_url: str) -> SmtpMailer | NoMailer:
    """Raises ValueError for a malformed URL."""
    return SmtpMailer(SmtpServer.from_url(smtp_url)) if smtp_url else NoMailer()


def deliver(message: EmailMessage, *, recipient: str, connect: Callable[[], smtplib.SMTP]) -> None:
    """Raises MailLater or MailRefused; their texts hold the SMTP code, never an address."""
    try:
        client = connect()
    except smtplib.SMTPAuthenticationError as error:
        # Like all that goes wrong before the mail is handed over, ours to mend: it waits for that.
        raise MailLater(f"the mail server refused our login ({error.smtp_code})") from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailLater(f"the mail server cannot do what its URL asks: {error}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailLater(f"the mail server does not answer ({type(error).__name__})") from None
    try:
        client.send_message(message, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code = next((answer[0] for answer in error.recipients.values()), 550)
        raise _sorted(code, "the recipient was refused") from None
    except smtplib.SMTPResponseException as error:
        raise _sorted(error.smtp_code, "the mail server refused the mail") from None
    except smtplib.SMTPNotSupportedError:
        raise MailRefused("the mail server cannot carry this address (no SMTPUTF8)") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailLater(f"the mail server does not answer ({type(error).__name__})") from None
    finally:
        # The mail is taken or not by now; how the parting goes changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
        client.close()


def _sorted(code: int, what: str) -> MailLater | MailRefused:
    """RFC 5321, 4.2.1: 4yz answers are transient, 5yz permanent."""
    text = f"{what} ({code})"
    return MailRefused(text) if 500 <= code < 600 else MailLater(text)
