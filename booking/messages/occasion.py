"""The values that one mail is about, read in the language of its booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from booking.messages.model import Links, MessageKind
from booking.messages.plain import line
from booking.model import BookingView
from connectors.contract import Period
from mapping.model import Channel, LocalText, Municipality, Service, ServiceChannel


@dataclass(frozen=True, slots=True)
class Occasion:
    """``previous``: where it stood before a change; ``alternatives``: free periods to offer."""

    kind: MessageKind
    booking: BookingView
    municipality: Municipality
    service: Service
    links: Links
    previous: Period | None
    alternatives: tuple[Period, ...]
    answers_read: bool  #: the sender's address is read by the municipality
    has_calendar: bool
    previous_channel: Channel | None = None  #: before a change, where it was another one
    reminded: bool = False  #: another mail will remind of it
    until: datetime | None = None  #: how long what is offered is kept
    last_offer: bool = False  #: no other time is offered after this one
    link_awaited: bool = False  #: the meeting stands, but nobody knows yet where to join it

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.municipality.time_zone)

    @property
    def language(self) -> str:
        return self.booking.language

    @property
    def channel(self) -> ServiceChannel | None:
        return self.service.channel(self.booking.channel)

    def say(self, text: LocalText) -> str:
        return line(text.in_language(self.language))

    def paragraphs(self, text: str) -> tuple[str, ...]:
        """``text`` in its paragraphs, each on one line; empty lines part them."""
        return tuple(filter(None, map(line, text.split("\n\n"))))

    @property
    def title(self) -> str:
        """The bookable name: the channel's title, else the service's."""
        channel = self.channel
        return (self.say(channel.title) if channel else "") or self.say(self.service.title)

    @property
    def join(self) -> str:
        online = self.booking.channel is Channel.TELECONFERENCE
        return self.links.join if online and not self.link_awaited else ""
