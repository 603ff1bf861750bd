"""The single-value extended properties by which an event of ours is recognised.

Graph does not echo them when an event is written; they are read with ``$expand`` and found with
``$filter`` (https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SET: Final = "String {7a3f6c1e-52d4-4b0e-9a61-0c6d4f0e8b57} Name "

KEY: Final = _SET + "RantevouKey"
REFERENCE: Final = _SET + "RantevouReference"
SEQUENCE: Final = _SET + "RantevouSequence"
MEETING_URL: Final = _SET + "RantevouMeetingUrl"
BODY: Final = _SET + "RantevouBody"
ABOUT: Final = _SET + "RantevouAbout"

_NAME: Final = "singleValueExtendedProperties"


def expanding(*wanted: str) -> str:
    """The value of ``$expand`` that brings these properties, and no others, along."""
    return f"{_NAME}($filter={' or '.join(f'id eq {quoted(each)}' for each in wanted)})"


def with_key(key: str) -> str:
    """The value of ``$filter`` that finds the events of ``key``."""
    return f"{_NAME}/Any(ep: ep/id eq {quoted(KEY)} and ep/value eq {quoted(key)})"


def quoted(text: str) -> str:
    """A string literal of OData 4.0 (ABNF, 7: a quote inside is doubled)."""
    return "'" + text.replace("'", "''") + "'"


def written(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Properties as a request carries them."""
    return [{"id": name, "value": value} for name, value in values.items()]


def read(event: Mapping[str, Any]) -> dict[str, str]:
    """Our properties by the names above; the service may spell the GUID its own way."""
    found = {}
    for each in event.get(_NAME) or ():
        if isinstance(each, Mapping) and isinstance(each.get("value"), str):
            name = _OURS.get(str(each.get("id", "")).casefold())
            if name is not None:
                found[name] = each["value"]
    return found


_OURS: Final = {
    name.casefold(): name for name in (KEY, REFERENCE, SEQUENCE, MEETING_URL, BODY, ABOUT)
}
