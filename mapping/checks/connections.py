"""Connections: provider, address, secret by name, and what each of them is asked for."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mapping.checks import graph
from mapping.checks.addresses import url_fault
from mapping.checks.names import is_address, is_key
from mapping.model import CalendarConnection, Channel, HoursFrom, Municipality
from mapping.problem import Path, Problem

_PLACEHOLDER = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Providers:
    """What the calling program can connect to."""

    known: frozenset[str]
    with_meeting_links: frozenset[str] = frozenset()  #: make their own link for each meeting
    with_mail: frozenset[str] = frozenset()  #: send mail in the name of a mailbox
    with_working_hours: frozenset[str] = frozenset()  #: tell when the owner of a mailbox works


def check(municipality: Municipality, providers: Providers | None) -> Iterator[Problem]:
    for index, connection in enumerate(municipality.connections):
        yield from _connection(("connections", index), connection, providers)
    for index, mailbox in enumerate(municipality.mailboxes):
        found = municipality.connection(mailbox.connection)
        if found is not None and found.provider == graph.PROVIDER:
            yield from graph.mailbox(("mailboxes", index), mailbox)
        elif "://" in mailbox.calendar:
            fault = url_fault(mailbox.calendar, plain_http=bool(found and _allows_http(found)))
            if fault:
                yield Problem(("mailboxes", index, "calendar"), fault)
    yield from _sender(municipality)
    if providers is not None:
        yield from _meetings(municipality, providers)
        yield from _mail(municipality, providers)
        yield from _working_hours(municipality, providers)


def _connection(
    path: Path, connection: CalendarConnection, providers: Providers | None
) -> Iterator[Problem]:
    if providers is not None and connection.provider not in providers.known:
        known = sorted(providers.known)
        close = difflib.get_close_matches(connection.provider.lower(), known, n=1)
        remedy = f"did you mean '{close[0]}'?" if close else f"write one of: {', '.join(known)}"
        message = f"'{connection.provider}' is not a known provider; {remedy}"
        yield Problem((*path, "provider"), message)
    elif connection.provider == graph.PROVIDER:
        yield from graph.connection(path, connection)
    elif providers is not None and not connection.url:
        message = "nothing says where the calendars are; add url: https://calendar.example.gr/"
        yield Problem(path, message)
    if connection.user and not connection.secret and connection.provider != graph.PROVIDER:
        message = "a user without a password; name it: 'secret: NAME' and 'rantevou secret set'"
        yield Problem(path, message, warning=True)
    fault = url_fault(connection.url, plain_http=_allows_http(connection))
    if fault:
        yield Problem((*path, "url"), fault)
    if connection.secret and not is_key(connection.secret):
        # The value itself must not be repeated here: it may be a real password.
        yield Problem(
            (*path, "secret"),
            "write the name of a secret here (small letters, digits, hyphens), never its value; "
            "set the value with 'rantevou secret set NAME'",
        )
    for name in connection.options:
        if re.search("secret|password|token", name, re.IGNORECASE):
            message = (
                f"'{name}' does not belong into the file; use 'secret' and 'rantevou secret set'"
            )
            yield Problem((*path, "options", name), message)
    yield from _meeting_link((*path, "meeting_link"), connection.meeting_link)


def _meeting_link(path: Path, link: str) -> Iterator[Problem]:
    if not link:
        return
    placeholders = _PLACEHOLDER.findall(link)
    fault = url_fault(_PLACEHOLDER.sub("room", link))
    if placeholders != ["{room}"]:
        message = (
            "the link must contain {room} once; write for example https://meet.example.gr/{room}"
        )
        yield Problem(path, message)
    elif fault:
        yield Problem(path, fault)


def _meetings(municipality: Municipality, providers: Providers) -> Iterator[Problem]:
    """A teleconference needs a link from the provider or from ``meeting_link``."""
    wanting: set[str] = set()
    for service in municipality.services:
        channel = service.channel(Channel.TELECONFERENCE)
        for address in channel.mailboxes if channel else ():
            mailbox = municipality.mailbox(address)
            if mailbox:
                wanting.add(mailbox.connection)
    for index, connection in enumerate(municipality.connections):
        linked = connection.meeting_link or connection.provider in providers.with_meeting_links
        if connection.name in wanting and not linked:
            yield Problem(
                ("connections", index),
                "teleconferences are delivered here, but nothing gives them a link; "
                "add meeting_link: https://meet.example.gr/{room}",
            )


def _sender(municipality: Municipality) -> Iterator[Problem]:
    if municipality.mail is not None and not is_address(municipality.mail.sender):
        message = "this is no mail address; write the mailbox that sends, e.g. info@town.example"
        yield Problem(("mail", "sender"), message)


def _mail(municipality: Municipality, providers: Providers) -> Iterator[Problem]:
    if municipality.mail is None:
        return
    connection = municipality.connection(municipality.mail.connection)
    if connection is None or connection.provider not in providers.known:
        return  # told elsewhere
    if connection.provider not in providers.with_mail:
        able = (
            ", ".join(sorted(providers.with_mail & providers.known)) or "none of those known here"
        )
        yield Problem(
            ("mail", "connection"),
            f"'{connection.provider}' sends no mail (these do: {able}); name another connection, "
            "or leave 'mail' out and mails go through RANTEVOU_SMTP_URL",
        )


def _working_hours(municipality: Municipality, providers: Providers) -> Iterator[Problem]:
    """Hours that no calendar tells would mean that the staff member never serves."""
    for index, member in enumerate(municipality.staff):
        if member.working_hours is not HoursFrom.CALENDAR:
            continue
        for mailbox in municipality.mailboxes:
            connection = municipality.connection(mailbox.connection)
            if mailbox.staff != member.key or connection is None:
                continue
            unable = connection.provider in providers.known - providers.with_working_hours
            if unable:
                yield Problem(
                    ("staff", index, "working_hours"),
                    f"'{connection.provider}' tells no working hours (mailbox {mailbox.address}); "
                    "write opening_hours here instead",
                )
                break


def _allows_http(connection: CalendarConnection) -> bool:
    allowed = connection.options.get("allow_plain_http", "").lower() in {"yes", "true"}
    return allowed and connection.provider != graph.PROVIDER
