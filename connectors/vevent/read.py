"""From the text of one calendar object to the time it takes; what is not understood is said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event

from connectors.contract import BusyInterval, Period, ResourceReading
from connectors.vevent.expand import TooMany, occurrences
from connectors.vevent.identity import key_of, ours
from connectors.vevent.irregular import doubtful, lenient
from connectors.vevent.parse import (
    Unreadable,
    bounds,
    broken_times,
    dt_of,
    parse,
    to_utc,
    unknown_zone,
)
from connectors.vevent.shown import cancelled, free_busy_type, show_as
from connectors.vevent.tame import is_tame
from connectors.vevent.timebox import TimeIsUp, time_box

#: Seconds for one resource; the contract of the reader is "under a second, whatever it is".
TIME_BOX: Final = 0.6


def read_resource(
    raw: str, *, resource_id: str, etag: str, window: Period, office_zone: ZoneInfo
) -> ResourceReading:
    """Never raises, never takes a second. ``understood`` is False where time may be missing."""
    reader = _Reader(window=window, office_zone=office_zone)
    try:
        with nullcontext() if is_tame(raw) else time_box(TIME_BOX):
            reader.read(raw)
    except TimeIsUp:
        reader.give_up("took_too_long")
    except Unreadable as error:
        reader.give_up(str(error))
    except Exception as error:  # noqa: BLE001 - libraries raise a dozen kinds; none may stop the rest
        reader.give_up(f"failed_{type(error).__name__}")
    return ResourceReading(
        id=resource_id,
        etag=etag,
        intervals=tuple(sorted(reader.intervals, key=lambda item: item.period)),
        recurring=reader.recurring,
        understood=reader.understood,
        warnings=tuple(dict.fromkeys(reader.warnings)),
    )


class _Reader:
    """Collects what is known of one resource, so that a failure half way keeps what was found."""

    def __init__(self, *, window: Period, office_zone: ZoneInfo) -> None:
        self.window = window
        self.office_zone = office_zone
        self.intervals: list[BusyInterval] = []
        self.warnings: list[str] = []
        self.recurring = False
        self.understood = True
        self._late = False  #: the time box has struck; it does so once

    def give_up(self, warning: str) -> None:
        self.understood = False
        self.warnings.append(warning)

    def read(self, raw: str) -> None:
        calendars = parse(raw)
        self.warnings.extend(lenient(raw))
        for code in doubtful(raw):
            self.give_up(code)
        for calendar in calendars:
            events = [item for item in calendar.walk("VEVENT") if isinstance(item, Event)]
            timed = [event for event in events if self._usable(event)]
            guessed = any(unknown_zone(event) for event in timed)
            if guessed:
                self.warnings.append("unknown_tzid")
            for series in _by_uid(timed):
                self._read_series(calendar, series, certain=not guessed)
            for component in calendar.walk("VFREEBUSY"):
                self._read_free_busy(component)
            if calendar.walk("VAVAILABILITY"):
                self.warnings.append("availability_ignored")

    def _usable(self, event: Event) -> bool:
        """Note what is wrong with the event; False where no time can be read from it at all."""
        for name in broken_times(event):
            self.give_up(f"unreadable_{name.lower().replace('-', '_')}")
            event.pop(name, None)
        if event.get("DTSTART") is None:
            if self.understood:
                self.warnings.append("no_dtstart")
            return False
        if isinstance(event["DTSTART"], list):
            self.give_up("repeated_dtstart")
            event["DTSTART"] = event["DTSTART"][0]
        return True

    def _read_series(self, calendar: Calendar, events: list[Event], *, certain: bool) -> None:
        for event in events:
            self._straighten(event)
        if not any(_recurs(event) for event in events):
            for event in events:
                self._add(self._single(event, certain=certain))
            return
        self.recurring = True
        if self._late:
            self._keep_known(events, "took_too_long")
            return
        part = Calendar()
        part.subcomponents = list(events)
        try:
            found = list(occurrences(part, window=self.window, office_zone=self.office_zone))
        except TooMany:
            self._keep_known(events, "rule_too_long")
        except TimeIsUp:
            self._late = True
            self._keep_known(events, "took_too_long")
        except Exception as error:  # noqa: BLE001 - see above; what is known stays blocked
            self._keep_known(events, f"series_{type(error).__name__}")
        else:
            self.intervals.extend(_uncertain(item) if not certain else item for item in found)

    def _keep_known(self, events: list[Event], warning: str) -> None:
        self.give_up(warning)
        for event in events:
            self._add(self._single(event, certain=False))

    def _straighten(self, event: Event) -> None:
        """An end before the start blocks nothing; the library would swap the two."""
        limits = bounds(event, self.office_zone)
        if limits is not None and limits[1] < limits[0]:
            self.warnings.append("end_before_start")
            event.pop("DURATION", None)
            event["DTEND"] = event["DTSTART"]

    def _single(self, event: Event, *, certain: bool) -> BusyInterval | None:
        limits = bounds(event, self.office_zone)
        if limits is None or limits[1] <= limits[0] or cancelled(event):
            return None
        return BusyInterval(
            period=Period(*limits),
            show_as=show_as(event),
            all_day=not isinstance(dt_of(event, "DTSTART"), datetime),
            ours=ours(event),
            key=key_of(event),
            certain=certain,
        )

    def _add(self, interval: BusyInterval | None) -> None:
        if interval is not None:
            self.intervals.append(interval)

    def _read_free_busy(self, component: Component) -> None:
        """RFC 5545, 3.6.4: periods block unless their FBTYPE says FREE."""
        lines = component.get("FREEBUSY")
        if lines is None:
            return
        for line in lines if isinstance(lines, list) else [lines]:
            shown = free_busy_type(str(line.params.get("FBTYPE", "BUSY")))
            for period in line if isinstance(line, (list, tuple)) else [line]:
                start, end = period.dt
                begins = to_utc(start, self.office_zone)
                ends = begins + end if isinstance(end, timedelta) else to_utc(end, self.office_zone)
                if begins < ends:
                    self.intervals.append(BusyInterval(Period(begins, ends), show_as=shown))


def _by_uid(events: list[Event]) -> Iterator[list[Event]]:
    groups: dict[str, list[Event]] = {}
    for number, event in enumerate(events):
        uid = event.get("UID")
        groups.setdefault(f"#{number}" if uid is None else str(uid), []).append(event)
    yield from groups.values()


def _recurs(event: Event) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"))


def _uncertain(item: BusyInterval) -> BusyInterval:
    return BusyInterval(item.period, item.show_as, item.all_day, item.ours, item.key, certain=False)
