"""An ``OutgoingMail`` as the MIME message that travels (RFC 5322, RFC 6047 for the invitation)."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from booking.messages.model import OutgoingMail
from booking.messages.plain import address, line

#: Name of the attached calendar file.
CALENDAR_NAME = "rantevou.ics"


def as_email(mail: OutgoingMail) -> EmailMessage:
    """multipart/mixed(alternative(text, HTML, calendar), rantevou.ics); without a calendar file
    multipart/alternative alone.

    Only a recipient that has no ASCII form needs a server with SMTPUTF8. Raises ValueError for an
    address that is not a single one and for line breaks in the Message-ID.
    """
    sender, recipient = address(mail.sender), address(mail.recipient)
    plain_addresses = sender.isascii() and recipient.isascii()
    message = EmailMessage(policy=SMTP if plain_addresses else SMTPUTF8)
    message["From"] = _mailbox(sender, line(mail.sender_name))
    message["To"] = _mailbox(recipient)
    message["Subject"] = line(mail.subject)
    if mail.stamp is not None:
        message["Date"] = format_datetime(mail.stamp)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to this
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same, said to Exchange
    message["Content-Language"] = mail.language
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    if mail.calendar is not None:
        _add_calendar(message, mail.calendar, mail.calendar_method or "REQUEST")
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
