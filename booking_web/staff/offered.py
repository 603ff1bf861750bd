"""What the office may book for somebody: the services of its own municipality, by each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from booking import catalogue
from booking.model import BookingView, NotOffered
from booking.office.accounts import Account
from booking_web.current import desk, gettext, language
from booking_web.staff.shown import CHANNELS
from mapping import flow
from mapping.model import Channel, Municipality, Service, ServiceChannel, service_id

#: One service by one channel in an address; a route takes what stands behind it.
CHOICE = "/book/<service_id>/<any(in_person, teleconference, telephone):channel_name>"
#: What a time in a form may say; beyond, calendars and clocks overflow.
YEARS = range(2000, 2101)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One service by one channel."""

    municipality: Municipality
    service: Service
    channel: ServiceChannel

    @property
    def service_id(self) -> str:
        return service_id(self.municipality, self.service)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.municipality.time_zone)

    @property
    def title(self) -> str:
        return self.service.title.in_language(language())

    @property
    def channel_label(self) -> str:
        return gettext(CHANNELS[self.channel.channel])

    @property
    def url(self) -> str:
        """Address of its times."""
        return f"/staff/book/{self.service_id}/{self.channel.channel.value}"


def municipalities(account: Account) -> tuple[Municipality, ...]:
    """Those for which an account may book, by name."""
    if account.role == "admin":
        found = catalogue.municipalities(desk())
    else:
        found = (catalogue.municipality(desk(), account.municipality or ""),)
    return tuple(sorted(found, key=lambda each: each.name.in_language(language())))


def services(within: Municipality) -> list[tuple[str, list[Chosen]]]:
    """By group, each service by each of its channels, in the file's order."""
    return [
        (
            group.title.in_language(language()),
            [
                Chosen(within, service, channel)
                for service in flow.services(within, group.key)
                for channel in flow.channels(service)
            ],
        )
        for group in flow.groups(within)
    ]


def chosen(account: Account, wanted: str, channel_name: str) -> Chosen:
    """Raises NotOffered, also for a service of another municipality."""
    slug = wanted.partition(".")[0]
    if account.role != "admin" and slug != account.municipality:
        raise NotOffered("there is no such service")
    within, service = catalogue.service(desk(), wanted)
    return _by(within, service, Channel(channel_name))


def chosen_of(view: BookingView, *, channel: Channel | None = None) -> Chosen:
    """What a booking was made for, or the same by another channel. Raises NotOffered."""
    within, service = catalogue.service(desk(), view.service_id)
    return _by(within, service, channel or view.channel)


def zone_of(view: BookingView) -> ZoneInfo:
    """Of the municipality, also where it does not offer the service any more."""
    return ZoneInfo(catalogue.municipality(desk(), view.municipality).time_zone)


def _by(within: Municipality, service: Service, channel: Channel) -> Chosen:
    delivered = service.channel(channel)
    if delivered is None or not delivered.mailboxes:
        raise NotOffered("this service is not offered by this channel")
    return Chosen(within, service, delivered)


def start_of(form: Mapping[str, str]) -> datetime | None:
    """The posted start of a time (UTC); None where it is not one."""
    try:
        moment = datetime.fromisoformat(form.get("ora", ""))
    except ValueError:
        return None
    if moment.tzinfo is None or moment.year not in YEARS:
        return None
    return moment.astimezone(UTC)


def value_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
