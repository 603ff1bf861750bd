"""Time zones as Graph takes and gives them: Windows names, and a fixed list of IANA names."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from tests.servers.graph.call import GraphError

# CLDR: Windows name → IANA name; its targets are the "additional time zones" that
# learn.microsoft.com/graph/api/resources/datetimetimezone lists (Europe/Athens is not one).
_WINDOWS: dict[str, str] = dict(get_global("windows_zone_mapping"))
_WINDOWS_LOWER = {name.lower(): iana for name, iana in _WINDOWS.items()}
_FIXED = re.compile(r"Etc/(GMT([+-]\d{1,2})?|UTC)$", re.IGNORECASE)
_LISTED = {iana.lower(): iana for iana in _WINDOWS.values()}
_ALL = {name.lower(): name for name in available_timezones()}


@cache
def zone_of(name: str | None, *, every_iana_name: bool = False) -> ZoneInfo:
    """Raises GraphError 400 for a name that the calendar API does not take."""
    key = (name or "UTC").lower()
    if key in {"utc", "tzone://microsoft/utc"}:
        return ZoneInfo("UTC")
    if key in _WINDOWS_LOWER:
        return ZoneInfo(_WINDOWS_LOWER[key])
    if key in _LISTED:
        return ZoneInfo(_LISTED[key])
    if key in _ALL and (every_iana_name or _FIXED.match(key)):
        return ZoneInfo(_ALL[key])
    raise GraphError(
        400,
        "TimeZoneNotSupportedException" if not name else "InvalidTimeZone",
        f"A valid TimeZone value must be specified. The following TimeZone value is not"
        f" supported: '{name}'.",
    )


def windows_names() -> list[str]:
    """For supportedTimeZones."""
    return sorted(_WINDOWS)


def iana_names() -> list[str]:
    return sorted(set(_WINDOWS.values()))


def read_wall(text: Any) -> datetime:
    """``dateTime`` of a dateTimeTimeZone as wall time: naive; an offset at its end is refused."""
    if not isinstance(text, str):
        raise _unreadable(text)
    cleaned = re.sub(r"(\.\d{6})\d+", r"\1", text.strip()).removesuffix("Z")
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        raise _unreadable(text) from None
    # With an offset the service converts; the zone beside it then only names the display zone.
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_moment(text: str | None, name: str) -> datetime:
    """startDateTime and endDateTime of a view: with an offset, else UTC."""
    cleaned = re.sub(r"(\.\d{6})\d+", r"\1", (text or "").strip()).replace(" ", "+")
    try:
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        raise GraphError(
            400,
            "ErrorInvalidParameter",
            f"The value '{text}' of parameter '{name}' is invalid.",
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def written(moment: datetime, zone: ZoneInfo, name: str) -> dict[str, str]:
    """A dateTimeTimeZone with seven digits behind the seconds, as the service writes it."""
    wall = moment.astimezone(zone).replace(tzinfo=None)
    return {"dateTime": wall.isoformat(timespec="microseconds") + "0", "timeZone": name}


def stamp(moment: datetime) -> str:
    """A DateTimeOffset, as in createdDateTime."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _unreadable(value: Any) -> GraphError:
    return GraphError(
        400, "RequestBodyRead", f"The value '{value}' is not a valid value for a date and time."
    )
