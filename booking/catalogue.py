"""What is offered: the current mapping of each municipality, read once per process and revision."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from booking.desk import Desk
from booking.model import NotOffered
from booking.store import Store, UnitOfWork
from mapping.file import MappingFileError, read_mapping
from mapping.model import (
    Channel,
    Mailbox,
    Municipality,
    Service,
    ServiceChannel,
    ShowAsPolicy,
    StaffMember,
)
from mapping.policy import policy_of

#: What candidate starts are cached by: service, channel, staff member, first and last day.
StartsKey = tuple[str, Channel, str, date, date]


@dataclass(slots=True)
class Entry:
    """One municipality at one revision, with what was computed from it."""

    municipality: Municipality
    revision: int
    mailbox_ids: dict[str, str] = field(default_factory=dict)  #: by address
    starts: dict[StartsKey, int] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.municipality.time_zone)


@dataclass(frozen=True, slots=True)
class Offered:
    """One service by one channel, with the mailboxes that deliver it."""

    entry: Entry
    service: Service
    channel: ServiceChannel
    pool: tuple[tuple[str, Mailbox, StaffMember], ...]  #: (mailbox id, mailbox, staff member)

    @property
    def municipality(self) -> Municipality:
        return self.entry.municipality

    @property
    def policy(self) -> ShowAsPolicy:
        return policy_of(self.municipality, self.channel)

    @property
    def mailbox_ids(self) -> tuple[str, ...]:
        return tuple(mailbox_id for mailbox_id, _, _ in self.pool)

    def by(self, mailbox_id: str) -> Offered:
        """The same with nobody else in the pool; empty where that one is not of it."""
        return replace(self, pool=tuple(each for each in self.pool if each[0] == mailbox_id))


_ENTRIES: weakref.WeakKeyDictionary[Store, dict[int, Entry]] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()
_READING = threading.Lock()


def _unlocked() -> None:
    """In the child of a fork: whoever held the locks does not live there."""
    global _LOCK, _READING
    _LOCK, _READING = threading.Lock(), threading.Lock()


os.register_at_fork(after_in_child=_unlocked)


def municipalities(desk: Desk) -> tuple[Municipality, ...]:
    """All municipalities at their current revisions, in order of their slugs."""
    with desk.store.read() as uow:
        current = uow.catalogue.revisions()
        return tuple(_entry(desk, uow, *each).municipality for each in current.items())


def municipality(desk: Desk, slug: str) -> Municipality:
    """Raises NotOffered."""
    with desk.store.read() as uow:
        return entry_of(desk, uow, slug).municipality


def look_up(desk: Desk, slug: str) -> tuple[Municipality, datetime]:
    """With the instant (aware, UTC) at which the store was asked. Raises NotOffered."""
    with desk.store.read() as uow:
        return entry_of(desk, uow, slug).municipality, uow.now


def service(desk: Desk, service_id: str) -> tuple[Municipality, Service]:
    """Raises NotOffered."""
    with desk.store.read() as uow:
        entry, found = _service(desk, uow, service_id)
        return entry.municipality, found


def once_offered(desk: Desk, service_id: str) -> tuple[Municipality, Service]:
    """What a booking was made for: as it is, or as it was last where it is offered no more.

    How mail is sent is the present mapping's affair all the same. Raises NotOffered where no
    mapping knows it that is kept.
    """
    slug, _, key = service_id.partition(".")
    with desk.store.read() as uow:
        now = entry_of(desk, uow, slug).municipality
        for version in chain([now], former(desk, uow, slug, limit=_FORMER)):
            found = version.service(key)
            if found is not None:
                return replace(version, mail=now.mail, connections=now.connections), found
    raise NotOffered("there never was such a service")


#: So many revisions back is a service looked for that is offered no more.
_FORMER = 50


def offered(desk: Desk, uow: UnitOfWork, *, service_id: str, channel: Channel) -> Offered:
    """Raises NotOffered where the service is unknown or not delivered by this channel."""
    entry, found = _service(desk, uow, service_id)
    delivered = found.channel(channel)
    if delivered is None:
        raise NotOffered("this service is not offered by this channel")
    pool = []
    for address in delivered.mailboxes:
        mailbox = entry.municipality.mailbox(address)
        staff = entry.municipality.staff_member(mailbox.staff) if mailbox else None
        mailbox_id = entry.mailbox_ids.get(address)
        if mailbox is not None and staff is not None and mailbox_id is not None:
            pool.append((mailbox_id, mailbox, staff))
    return Offered(entry, found, delivered, tuple(pool))


def entry_of(desk: Desk, uow: UnitOfWork, slug: str) -> Entry:
    """Raises NotOffered."""
    revision = uow.catalogue.revision(slug)
    if revision is None:
        raise NotOffered("there is no such municipality")
    return _entry(desk, uow, slug, revision)


def former(desk: Desk, uow: UnitOfWork, slug: str, *, limit: int) -> Iterator[Municipality]:
    """What the municipality's mapping was, youngest first; what cannot be read is left out."""
    for revision in uow.catalogue.former(slug, limit=limit):
        try:
            yield _entry(desk, uow, slug, revision).municipality
        except MappingFileError:
            continue


def _entry(desk: Desk, uow: UnitOfWork, slug: str, revision: int) -> Entry:
    known = _of_store(desk.store)
    entry = known.get(revision)
    if entry is None:
        text = uow.catalogue.text(revision)
        # Reading takes a second: one thread does it, the others wait for it.
        with _READING:
            entry = known.get(revision)
            if entry is None:
                name = f"revision {revision} of {slug}"
                entry = Entry(read_mapping(text, name=name), revision)
                known[revision] = entry
    if not entry.mailbox_ids and entry.municipality.mailboxes:
        entry.mailbox_ids = uow.mailboxes.ids(slug)
    return entry


def prime(store: Store, *, municipality: Municipality, revision: int) -> None:
    """Remember what a revision reads as, where it has just been read."""
    _of_store(store)[revision] = Entry(municipality, revision)


def _service(desk: Desk, uow: UnitOfWork, service_id: str) -> tuple[Entry, Service]:
    slug, _, key = service_id.partition(".")
    entry = entry_of(desk, uow, slug)
    found = entry.municipality.service(key)
    if found is None:
        raise NotOffered("there is no such service")
    return entry, found


def _of_store(store: Store) -> dict[int, Entry]:
    with _LOCK:
        return _ENTRIES.setdefault(store, {})
