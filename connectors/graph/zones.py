"""Names of time zones as Graph gives them: Windows names and IANA names."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

#: CLDR gives one city for each Windows name; ours is another one with the same clocks.
_HERE: Final = {"gtb standard time": "Europe/Athens"}
_UTC: Final = frozenset({"utc", "tzone://microsoft/utc", "coordinated universal time"})


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of a Windows or IANA name, in any case for the former; None for any other text."""
    wanted = name.strip().casefold()
    if wanted in _UTC:
        return ZoneInfo("UTC")
    if wanted in _HERE:
        return ZoneInfo(_HERE[wanted])
    iana = _windows().get(wanted, name.strip())
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _windows() -> dict[str, str]:
    return {name.casefold(): iana for name, iana in get_global("windows_zone_mapping").items()}


def windows_name(zone: ZoneInfo) -> str:
    """The Windows name of a zone, as Outlook writes it into events; its own name where none is."""
    for name, city in _HERE.items():
        if city == zone.key:
            return name.title().replace("Gtb", "GTB")
    names = (name for name, iana in get_global("windows_zone_mapping").items() if iana == zone.key)
    return next(names, zone.key)
