"""From the instances of a calendar view to resources: single events, and whole series."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import BusyInterval, Ours, Period, ResourceReading
from connectors.errors import TryLater
from connectors.graph import properties
from connectors.graph.moments import Span, span_of
from connectors.graph.remote import ref_of, shown, text

#: The service decides by its own idea of a local day what a window touches; we decide again.
MARGIN: Final = timedelta(days=1)

#: What an instance must be asked for.
SELECT: Final = (
    "id",
    "changeKey",
    "start",
    "end",
    "isAllDay",
    "originalStartTimeZone",
    "showAs",
    "isCancelled",
    "type",
    "seriesMasterId",
)

_Instance = tuple[Mapping[str, Any], Span]


def resources_of(
    instances: Iterable[Mapping[str, Any]], *, window: Period, office_zone: ZoneInfo
) -> dict[str, ResourceReading]:
    """Everything within ``window`` by resource id.

    A series is one resource under the id of its master; its version tag says what time its
    instances take in the window, and nothing else. Raises TryLater where an instance has no id.
    """
    singles: dict[str, _Instance] = {}
    series: dict[str, dict[str, _Instance]] = {}
    for event in instances:
        span = span_of(event, office_zone=office_zone)
        if span.period is not None and not span.period.overlaps(window):
            continue
        event_id, master = text(event.get("id")), text(event.get("seriesMasterId"))
        if not event_id:
            raise TryLater("the answer is incomplete: an event without id")
        kind = text(event.get("type")).casefold()
        if master or kind in {"occurrence", "exception", "seriesmaster"}:
            # Pages may overlap where something changed in between: the later one counts.
            series.setdefault(master or event_id, {})[event_id] = (event, span)
        else:
            singles[event_id] = (event, span)
    return {
        **{event_id: _single(event, span) for event_id, (event, span) in singles.items()},
        **{master: _series(master, list(found.values())) for master, found in series.items()},
    }


def _single(event: Mapping[str, Any], span: Span) -> ResourceReading:
    ref = ref_of(event)
    interval = _interval(event, span)
    return ResourceReading(
        id=ref.id,
        etag=ref.etag,
        intervals=() if interval is None else (interval,),
        understood=span.readable,
        warnings=(span.warning,) if span.warning else (),
    )


def _series(master: str, found: list[_Instance]) -> ResourceReading:
    intervals = tuple(
        sorted(
            (one for one in (_interval(*each) for each in found) if one is not None),
            key=lambda one: (one.period, one.show_as),
        )
    )
    understood = all(span.readable for _, span in found)
    return ResourceReading(
        id=master,
        etag=digest([repr(one) for one in intervals] + [str(understood)]),
        intervals=intervals,
        recurring=True,
        understood=understood,
        warnings=tuple(dict.fromkeys(span.warning for _, span in found if span.warning)),
    )


def _interval(event: Mapping[str, Any], span: Span) -> BusyInterval | None:
    if span.period is None or event.get("isCancelled") is True:
        return None
    key = properties.read(event).get(properties.KEY)
    return BusyInterval(
        period=span.period,
        show_as=shown(event.get("showAs")),
        all_day=span.all_day,
        ours=Ours.YES if key else Ours.NO,
        key=key,
        certain=span.certain,
    )


def digest(lines: Iterable[str]) -> str:
    """A short text that is the same for the same lines in any order."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]
