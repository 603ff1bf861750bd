"""What changes from one state of a municipality's mapping to the next, in words for an admin."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from mapping.calendars import calendar_of, seat_of
from mapping.model import (
    Closure,
    Consent,
    Declaration,
    LocalHoliday,
    LocalText,
    Mailbox,
    Municipality,
    Opening,
    ServiceChannel,
)

_IDENTITY = ("key", "address", "name", "channel", "value")


class ChangeKind(enum.StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    #: Must not be imported: for example a consent that says something else under the same version.
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Change:
    """``where`` names the part, e.g. "services/housing-benefit"; ``text`` says it in words."""

    kind: ChangeKind
    where: str
    text: str


def describe_changes(old: Municipality | None, new: Municipality) -> tuple[Change, ...]:
    """Differences in the order of the file; none if both are equal."""
    if old is None:
        return tuple(_everything(new))
    changes: list[Change] = []
    if old.slug != new.slug:
        text = f"the slug is '{new.slug}', but this is the mapping of '{old.slug}'"
        changes.append(Change(ChangeKind.FAULT, "slug", text))
    changes.extend(_versions(old.consents, new.consents))
    changes.extend(_versions(old.declarations, new.declarations))
    changes.extend(_record("", old, new))
    changes.extend(_lost_mailboxes(old, new))
    changes.extend(_moved_mailboxes(old, new))
    return tuple(changes)


def faults(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(change for change in changes if change.kind is ChangeKind.FAULT)


def _everything(new: Municipality) -> Iterator[Change]:
    yield Change(ChangeKind.ADDED, new.slug, f"municipality '{new.name.el}' is new")
    for service in new.services:
        channels = ", ".join(each.channel.value for each in service.channels)
        text = f"service '{service.title.el}' ({service.duration_minutes} min; {channels})"
        yield Change(ChangeKind.ADDED, f"services/{service.key}", text)
    for mailbox in new.mailboxes:
        text = f"mailbox {mailbox.address} (staff {mailbox.staff})"
        yield Change(ChangeKind.ADDED, f"mailboxes/{mailbox.address}", text)


def _versions(
    old: Sequence[Consent | Declaration], new: Sequence[Consent | Declaration]
) -> Iterator[Change]:
    """What citizens agreed to is kept by version: another text needs another version."""
    before = {each.key: each for each in old}
    for value in new:
        known = before.get(value.key)
        if known is None or known == value or known.version != value.version:
            continue
        field = "consents" if isinstance(value, Consent) else "declarations"
        yield Change(
            ChangeKind.FAULT,
            f"{field}/{value.key}",
            f"the text changed, but the version is still '{value.version}'; write a new version",
        )


def _lost_mailboxes(old: Municipality, new: Municipality) -> Iterator[Change]:
    for mailbox in old.mailboxes:
        if new.mailbox(mailbox.address) is None:
            text = (
                f"mailbox {mailbox.address} takes no bookings any more; those that lie ahead in it "
                "stay in that calendar and are no longer followed:"
                " the office gets a task that lists them"
            )
            yield Change(ChangeKind.REMOVED, f"mailboxes/{mailbox.address}", text)


def _moved_mailboxes(old: Municipality, new: Municipality) -> Iterator[Change]:
    for mailbox in new.mailboxes:
        before = old.mailbox(mailbox.address)
        if before is None or _calendar(old, before) == _calendar(new, mailbox):
            continue
        text = (
            f"mailbox {mailbox.address} stands in another calendar: it is read anew, new bookings "
            "go there; those that lie ahead stay in the old calendar, their times stay taken, and "
            "citizens can still change or cancel them"
        )
        yield Change(ChangeKind.CHANGED, f"mailboxes/{mailbox.address}", text)


def _calendar(municipality: Municipality, mailbox: Mailbox) -> str:
    connection = municipality.connection(mailbox.connection)
    return calendar_of(
        provider=connection.provider if connection else "",
        url=seat_of(connection) if connection else "",
        calendar=mailbox.calendar,
        address=mailbox.address,
    )


def _record(where: str, old: Any, new: Any) -> Iterator[Change]:
    for field in dataclasses.fields(new):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        place = f"{where}/{field.name}" if where else field.name
        if _is_keyed(before) or _is_keyed(after):
            yield from _collection(place, before, after)
        elif dataclasses.is_dataclass(after) and not isinstance(after, LocalText) and before:
            yield from _record(place, before, after)
        else:
            text = f"{field.name}: {_say(before)} → {_say(after)}"
            yield Change(ChangeKind.CHANGED, place, text)


def _collection(place: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before = {_identity(each): each for each in old}
    after = {_identity(each): each for each in new}
    for name, value in before.items():
        # A lost mailbox is told once, with what it means for bookings.
        if name not in after and not isinstance(value, Mailbox):
            yield Change(ChangeKind.REMOVED, f"{place}/{name}", f"{_title(value)} is removed")
    for name, value in after.items():
        if name not in before:
            yield Change(ChangeKind.ADDED, f"{place}/{name}", f"{_title(value)} is new")
        elif before[name] != value:
            yield from _record(f"{place}/{name}", before[name], value)
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        yield Change(ChangeKind.CHANGED, place, f"order: {', '.join(after)}")


def _is_keyed(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and bool(value)
        and dataclasses.is_dataclass(value[0])
        and not isinstance(value[0], (LocalText, Opening, Closure, LocalHoliday))
    )


def _identity(value: Any) -> str:
    return str(next(getattr(value, name) for name in _IDENTITY if hasattr(value, name)))


def _title(value: Any) -> str:
    """A name for people: the Greek title or label where there is one, and the key."""
    kind = "channel" if isinstance(value, ServiceChannel) else type(value).__name__.lower()
    text = getattr(value, "title", None) or getattr(value, "label", None)
    return f"{kind} '{text.el if isinstance(text, LocalText) else _identity(value)}'"


def _say(value: Any) -> str:
    if value in ((), "", None) or value == LocalText("") or value == {}:
        return "nothing"
    if isinstance(value, LocalText):
        return _quoted(value.el) + (f" / {_quoted(value.en)}" if value.en else "")
    if isinstance(value, Opening):
        return f"{value.weekday.value} {value.start:%H:%M}-{value.end:%H:%M}"
    if isinstance(value, Closure):
        return f"{value.first} to {value.last} ({value.reason.el})"
    if isinstance(value, LocalHoliday):
        return f"{value.day:02}-{value.month:02} ({value.name.el})"
    if isinstance(value, tuple):
        return ", ".join(_say(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}={_say(each)}" for name, each in sorted(value.items()))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        parts = ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value))
        return ", ".join(f"{name}={_say(part)}" for name, part in parts)
    return _quoted(str(value)) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"«{line if len(line) <= 60 else line[:59] + '…'}»"
