"""What the address of a page chooses: municipality, group, service, channel."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import g, url_for

from booking import catalogue
from booking.model import BookingView, NotOffered
from booking.words import dates
from booking_web.current import desk, gettext, language
from mapping import flow
from mapping.model import Channel, Municipality, Service, ServiceChannel, service_id


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

    def url(self, endpoint: str, **values: object) -> str:
        """Address of one of the pages behind this choice."""
        return url_for(
            f"citizen.{endpoint}",
            slug=self.municipality.slug,
            service_key=self.service.key,
            channel_name=self.channel.channel.value,
            **values,  # type: ignore[arg-type]
        )


def municipality(slug: str) -> Municipality:
    """Raises NotOffered; the frame of the page shows what was found."""
    found = looked_up(slug)
    g.municipality = found
    return found


def looked_up(slug: str) -> Municipality:
    """Once a request: whether one has to sign in is asked before every page. Raises NotOffered."""
    known: dict[str, Municipality] = g.setdefault("looked_up", {})
    if slug not in known:
        known[slug], g.now = catalogue.look_up(desk(), slug)
    return known[slug]


def service(slug: str, key: str) -> tuple[Municipality, Service]:
    within = municipality(slug)
    found = within.service(key)
    if found is None or not flow.channels(found):
        raise NotOffered
    return within, found


def chosen(slug: str, service_key: str, channel_name: str) -> Chosen:
    within, found = service(slug, service_key)
    by = found.channel(Channel(channel_name))
    if by not in flow.channels(found):
        raise NotOffered
    return Chosen(municipality=within, service=found, channel=by)


def municipality_of(view: BookingView) -> Municipality:
    return catalogue.municipality(desk(), view.municipality)


def chosen_of(view: BookingView) -> Chosen:
    """What a booking was made for. Raises NotOffered where the service is not offered any more."""
    within, found = catalogue.service(desk(), view.service_id)
    by = found.channel(view.channel)
    if by is None:
        raise NotOffered
    return Chosen(municipality=within, service=found, channel=by)


@dataclass(frozen=True, slots=True)
class AboutService:
    """What a citizen should know before booking; ``documents`` may be empty."""

    title: str
    url: str  #: where booking it begins
    description: str
    duration: str
    documents: tuple[str, ...]
    channels: tuple[str, ...]


def about(within: Municipality, offered: Service) -> AboutService:
    return AboutService(
        title=offered.title.in_language(language()),
        url=url_for("citizen.channel", slug=within.slug, service_key=offered.key),
        description=offered.description.in_language(language()),
        duration=dates.duration(offered.duration_minutes, language=language()),
        documents=tuple(each.in_language(language()) for each in offered.documents),
        channels=tuple(channel_label(each.channel) for each in flow.channels(offered)),
    )


def channel_label(channel: Channel) -> str:
    """As the manuals' buttons name it."""
    return {
        Channel.IN_PERSON: gettext("Φυσική Παρουσία"),
        Channel.TELECONFERENCE: gettext("Τηλεδιάσκεψη"),
        Channel.TELEPHONE: gettext("Τηλεφωνική επικοινωνία"),
    }[channel]


def heading(within: Municipality | None) -> str:
    """«Εξυπηρέτηση με ραντεβού από τον Δήμο ΚΑΛΑΜΑΤΑΣ»."""
    if within is None:
        return gettext("Εξυπηρέτηση με ραντεβού από τον Δήμο")
    genitive = within.genitive.in_language(language())
    return gettext("Εξυπηρέτηση με ραντεβού από τον Δήμο %(name)s") % {"name": genitive}
