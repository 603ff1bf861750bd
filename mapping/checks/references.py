"""References inside the file: that each leads somewhere and nothing lies idle."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from mapping.calendars import calendar_of, seat_of
from mapping.model import Channel, Municipality, Service
from mapping.problem import Path, Problem

_STEPS = ("group", "service", "channel")


def check(municipality: Municipality) -> Iterator[Problem]:
    for field in ("groups", "services", "consents", "connections", "staff", "mailboxes"):
        if not getattr(municipality, field):
            yield Problem((field,), f"there are no {field}; at least one is needed")
    for index, step in enumerate(municipality.always_ask):
        yield from _known(("always_ask", index), step, _STEPS, "a step that can be asked", ())
    for index, service in enumerate(municipality.services):
        yield from _service(municipality, ("services", index), service)
    staff = [each.key for each in municipality.staff]
    connections = [each.name for each in municipality.connections]
    for index, mailbox in enumerate(municipality.mailboxes):
        path: Path = ("mailboxes", index)
        yield from _known((*path, "staff"), mailbox.staff, staff, "a staff member", ("staff",))
        yield from _known(
            (*path, "connection"),
            mailbox.connection,
            connections,
            "a connection",
            ("connections",),
        )
    if municipality.mail is not None:
        yield from _known(
            ("mail", "connection"),
            municipality.mail.connection,
            connections,
            "a connection",
            ("connections",),
        )
    yield from _shared_calendars(municipality)
    yield from _idle(municipality)


def _service(municipality: Municipality, path: Path, service: Service) -> Iterator[Problem]:
    groups = [each.key for each in municipality.groups]
    consents = [each.key for each in municipality.consents]
    declarations = [each.key for each in municipality.declarations]
    yield from _known((*path, "group"), service.group, groups, "a group", ("groups",))
    yield from _known((*path, "consent"), service.consent, consents, "a consent", ("consents",))
    for index, key in enumerate(service.declarations):
        place = (*path, "declarations", index)
        yield from _known(place, key, declarations, "a declaration", ("declarations",))
        if key in service.declarations[:index]:
            yield Problem(place, f"'{key}' is listed twice; keep one")
    if not service.channels:
        yield Problem((*path, "channels"), "no channel; add at least one, e.g. in_person")
    yield from _channels(municipality, path, service)


def _channels(municipality: Municipality, path: Path, service: Service) -> Iterator[Problem]:
    addresses = [each.address for each in municipality.mailboxes]
    for index, channel in enumerate(service.channels):
        place = (*path, "channels", index)
        if channel.channel in {each.channel for each in service.channels[:index]}:
            yield Problem(
                (*place, "channel"),
                f"'{channel.channel}' is listed twice for this service; put the mailboxes together",
            )
        if channel.calls_from and channel.channel is not Channel.TELEPHONE:
            message = "the office calls nobody who is served by this channel; remove it"
            yield Problem((*place, "calls_from"), message)
        if not channel.mailboxes:
            message = "no mailbox delivers this channel; name at least one address"
            yield Problem((*place, "mailboxes"), message)
        for number, address in enumerate(channel.mailboxes):
            below = (*place, "mailboxes", number)
            yield from _known(below, address, addresses, "a mailbox", ("mailboxes",))
            if address in channel.mailboxes[:number]:
                yield Problem(below, f"'{address}' is listed twice; keep one")


def _shared_calendars(municipality: Municipality) -> Iterator[Problem]:
    """One calendar behind two addresses would be promised to two citizens at the same time."""
    first: dict[str, str] = {}
    for index, mailbox in enumerate(municipality.mailboxes):
        connection = municipality.connection(mailbox.connection)
        if connection is None:
            continue
        named = calendar_of(
            provider=connection.provider,
            url=seat_of(connection),
            calendar=mailbox.calendar,
            address=mailbox.address,
        )
        other = first.setdefault(named, mailbox.address)
        if other != mailbox.address:
            yield Problem(
                ("mailboxes", index, "calendar") if mailbox.calendar else ("mailboxes", index),
                f"this is the calendar of {other} already; name each calendar once, and where two "
                "services share it, name the same mailbox in both",
                relies_on=(("connections",),),
            )


def _idle(municipality: Municipality) -> Iterator[Problem]:
    """Warnings for what nothing uses."""
    services = municipality.services
    serving = {
        address
        for service in services
        for channel in service.channels
        for address in channel.mailboxes
    }
    busy = {each.staff for each in municipality.mailboxes if each.address in serving}
    used: tuple[tuple[str, str, list[str], set[str]], ...] = (
        (
            "groups",
            "this group has no service, so it is not shown",
            [each.key for each in municipality.groups],
            {each.group for each in services},
        ),
        (
            "consents",
            "no service uses this consent",
            [each.key for each in municipality.consents],
            {each.consent for each in services},
        ),
        (
            "declarations",
            "no service uses this declaration",
            [each.key for each in municipality.declarations],
            {key for each in services for key in each.declarations},
        ),
        (
            "staff",
            "this staff member serves nothing: no mailbox of theirs delivers a service",
            [each.key for each in municipality.staff],
            busy,
        ),
        (
            "mailboxes",
            "this mailbox delivers no service; add it to a channel or remove it",
            [each.address for each in municipality.mailboxes],
            serving,
        ),
        (
            "connections",
            "no mailbox uses this connection",
            [each.name for each in municipality.connections],
            {each.connection for each in municipality.mailboxes}
            | {municipality.mail.connection if municipality.mail else ""},
        ),
    )
    for field, message, names, wanted in used:
        for index, name in enumerate(names):
            if name not in wanted:
                yield Problem((field, index), message, warning=True, relies_on=(("services",),))


def _known(
    path: Path, name: str, known: Collection[str], what: str, where: Path
) -> Iterator[Problem]:
    if name in known:
        return
    close = difflib.get_close_matches(name, list(known), n=1)
    remedy = f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known) or 'none'}"
    yield Problem(path, f"'{name}' is not {what}; {remedy}", relies_on=(where,) if where else ())
