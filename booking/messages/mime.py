"""An ``OutgoingMail`` as the MIME message that travels (RFC 5322, RFC 6047 for the invitation)."""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from booking.messages.model import OutgoingMail
from booking.messages.plain import address, line

#: Name of the attached calendar file.
CALENDAR_NAME = "rantevou.ics"


class HouseFolding(EmailPolicy):
    """SMTP policy whose encoded words keep their spaces (RFC 2047, 6.2).

    Python's own folding drops the space where it breaks a long Greek subject into encoded words
    (seen in 3.11: «σας:Τετάρτη»); the older ``Header`` does not.
    """

    def fold(self, name: str, value: Any) -> str:
        return self._encoded(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self._encoded(name, value).encode("ascii") or super().fold_binary(name, value)

    def _encoded(self, name: str, value: Any) -> str:
        if self.utf8 or str(value).isascii():
            return ""
        addresses = getattr(value, "addresses", None)
        if addresses is None:
            return f"{name}: {self._words(name, str(value))}{self.linesep}"
        boxes = [
            f"{self._words(name, each.display_name)}{self.linesep} <{each.addr_spec}>"
            if each.display_name
            else str(each.addr_spec)
            for each in addresses
        ]
        return f"{name}: {f',{self.linesep} '.join(boxes)}{self.linesep}"

    def _words(self, name: str, text: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


_POLICY = HouseFolding(linesep="\r\n", max_line_length=78)


def as_email(mail: OutgoingMail) -> EmailMessage:
    """multipart/mixed(alternative(text, HTML, calendar), rantevou.ics); without a calendar file
    multipart/alternative alone.

    Only a recipient that has no ASCII form needs a server with SMTPUTF8. Raises ValueError for an
    address that is not a single one and for line breaks in the Message-ID.
    """
    sender, recipient = address(mail.sender), address(mail.recipient)
    plain_addresses = sender.isascii() and recipient.isascii()
    message = EmailMessage(policy=_POLICY if plain_addresses else _POLICY.clone(utf8=True))
    message["From"] = _mailbox(sender, line(mail.sender_name))
    message["To"] = _mailbox(recipient)
    if mail.reply_to:
        message["Reply-To"] = _mailbox(address(mail.reply_to))
    message["Subject"] = line(mail.subject)
    if mail.stamp is not None:
        message["Date"] = format_datetime(mail.stamp)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same, said to Exchange
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    if mail.calendar is not None:
        _add_calendar(message, mail.calendar, mail.calendar_method or "REQUEST")
    # Last: it would move into the first part with all that describes content.
    message["Content-Language"] = mail.language
    return message


def _add_calendar(message: EmailMessage, calendar: bytes, method: str) -> None:
    # RFC 6047, 2.4: the parameter equals METHOD in the body, or mail programs ignore the update.
    message.add_alternative(
        calendar,
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"charset": "utf-8", "method": method},
    )
    message.add_attachment(
        calendar, maintype="application", subtype="ics", filename=CALENDAR_NAME, cte="base64"
    )


def _mailbox(spec: str, name: str = "") -> Address:
    username, _, domain = spec.rpartition("@")
    return Address(display_name=name, username=username, domain=domain)
