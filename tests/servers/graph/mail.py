"""sendMail: in MIME form (base64 in text/plain) and as JSON; 202, and the mail is kept."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from tests.servers.graph.access import mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.world import World


@dataclass(frozen=True)
class SentMail:
    """``content`` is the whole message as it was handed over (RFC 5322)."""

    sender: str
    at: datetime
    content: bytes

    @property
    def message(self) -> EmailMessage:
        message = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def recipients(self) -> list[str]:
        names = ("to", "cc", "bcc")
        lines = [str(line) for name in names for line in self.message.get_all(name, [])]
        return [address for _, address in getaddresses(lines)]


class Mail:
    """``sent``: all mails, oldest first; also as ``mails/*.eml`` where the stand-in has a folder.

    ``permitted`` False: the application lacks Mail.Send."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[SentMail] = []
        self.permitted = True
        world.routes.add("POST", "/users/{user}/sendMail", self._send)
        world.persist("mails", dump=self._dump, load=self._load)

    def _send(self, call: Call, user: str) -> Answer:
        if not self.permitted:
            raise GraphError(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
            )
        box = mailbox_of(self.world, user)
        kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/plain":
            content = _decoded(call.body)
        elif kind == "application/json":
            content = _from_json(box, call.json())
        else:
            raise GraphError(415, "UnsupportedMediaType", "Send application/json or text/plain.")
        mail = SentMail(box.address, self.world.clock.now(), content)
        _check(box, mail)
        with self.world.changing():
            self.sent.append(mail)
            if self.world.directory is not None:
                folder = self.world.directory / "mails"
                folder.mkdir(exist_ok=True)
                (folder / f"{len(self.sent):04}.eml").write_bytes(content)
        return Answer(202)

    def _dump(self) -> list[list[str]]:
        return [
            [one.sender, one.at.isoformat(), base64.b64encode(one.content).decode()]
            for one in self.sent
        ]

    def _load(self, kept: list[list[str]]) -> None:
        self.sent = [
            SentMail(sender, datetime.fromisoformat(at), base64.b64decode(content))
            for sender, at, content in kept
        ]


def _decoded(body: bytes) -> bytes:
    try:
        content = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise GraphError(
            400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."
        ) from None
    if not content:
        raise GraphError(400, "ErrorMimeContentInvalid", "The MIME content is empty.")
    return content


def _check(box: Mailbox, mail: SentMail) -> None:
    message = mail.message
    senders = getaddresses([str(line) for line in message.get_all("from", [])])
    for _, address in senders:
        if address.lower() != box.address.lower():
            raise GraphError(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right "
                "to send mail on behalf of the specified sending account.",
            )
    if not mail.recipients or not all("@" in address for address in mail.recipients):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")


def _from_json(box: Mailbox, wish: dict[str, Any]) -> bytes:
    given = next((value for name, value in wish.items() if name.lower() == "message"), None)
    if not isinstance(given, dict):
        raise GraphError(400, "ErrorInvalidRequest", "The parameter message is missing.")
    message = EmailMessage()
    message["From"] = box.address
    message["Subject"] = str(given.get("subject") or "")
    for name, header in (("toRecipients", "To"), ("ccRecipients", "Cc"), ("bccRecipients", "Bcc")):
        addresses = [one["emailAddress"]["address"] for one in given.get(name) or []]
        if addresses:
            message[header] = ", ".join(addresses)
    for one in given.get("internetMessageHeaders") or []:
        if not one["name"].lower().startswith("x-"):
            raise GraphError(
                400, "InvalidInternetMessageHeader", "Header names must begin with 'x-'."
            )
        message[one["name"]] = one["value"]
    body = given.get("body") or {}
    is_html = str(body.get("contentType", "text")).lower() == "html"
    message.set_content(str(body.get("content") or ""), subtype="html" if is_html else "plain")
    for one in given.get("attachments") or []:
        kind = str(one.get("contentType") or "application/octet-stream").partition(";")[0]
        main, _, sub = kind.partition("/")
        message.add_attachment(
            base64.b64decode(one["contentBytes"]), maintype=main, subtype=sub, filename=one["name"]
        )
    return message.as_bytes()
