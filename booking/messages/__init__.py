"""Mails to citizens: values in, ``OutgoingMail`` out; nothing here sends, reads or waits."""

from __future__ import annotations

from booking.messages.around import reminder_ahead
from booking.messages.invite import calendar_file
from booking.messages.mime import as_email
from booking.messages.model import Links, MessageKind, OutgoingMail, links_for
from booking.messages.render import render
from booking.messages.verification import verification

__all__ = [
    "Links",
    "MessageKind",
    "OutgoingMail",
    "as_email",
    "calendar_file",
    "links_for",
    "reminder_ahead",
    "render",
    "verification",
]
