"""Recurrence: the appearances of an item in a window, in the series' own zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from dateutil import rrule

from tests.servers.graph.call import GraphError
from tests.servers.graph.items import Instance, Item, itself
from tests.servers.graph.zones import to_utc, zone_of

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_TYPES = {
    "daily": "daily",
    "weekly": "weekly",
    "absolutemonthly": "absoluteMonthly",
    "relativemonthly": "relativeMonthly",
    "absoluteyearly": "absoluteYearly",
    "relativeyearly": "relativeYearly",
}
_RANGES = {"enddate": "endDate", "numbered": "numbered", "noend": "noEnd"}


def normal(recurrence: Any, start: datetime, zone: str) -> dict[str, Any]:
    """A patternedRecurrence as the service gives it back. Raises GraphError 400."""
    try:
        pattern, limits = recurrence["pattern"], recurrence["range"]
        kind = _TYPES[str(pattern["type"]).lower()]
        limit = _RANGES[str(limits["type"]).lower()]
        days = [str(day).lower() for day in pattern.get("daysOfWeek") or []]
        result: dict[str, Any] = {
            "pattern": {
                "type": kind,
                "interval": int(pattern.get("interval") or 1),
                "month": int(pattern.get("month") or 0),
                "dayOfMonth": int(pattern.get("dayOfMonth") or 0),
                "daysOfWeek": days,
                "firstDayOfWeek": str(pattern.get("firstDayOfWeek") or "sunday").lower(),
                "index": str(pattern.get("index") or "first").lower(),
            },
            "range": {
                "type": limit,
                "startDate": limits.get("startDate") or start.date().isoformat(),
                "endDate": limits.get("endDate") or "0001-01-01",
                "recurrenceTimeZone": limits.get("recurrenceTimeZone") or zone,
                "numberOfOccurrences": int(limits.get("numberOfOccurrences") or 0),
            },
        }
        _dates(result, start.time(), start + timedelta(days=1))
    except (KeyError, TypeError, ValueError) as error:
        raise GraphError(
            400, "ErrorPropertyValidationFailure", f"The recurrence is not valid: {error}"
        ) from None
    if (not days and kind in {"weekly", "relativeMonthly", "relativeYearly"}) or (
        limit == "numbered" and result["range"]["numberOfOccurrences"] < 1
    ):
        raise GraphError(
            400, "ErrorPropertyValidationFailure", "The recurrence pattern is not complete."
        )
    return result


def instances(item: Item, start: datetime, end: datetime) -> list[Instance]:
    """Every appearance that overlaps [start, end), in order of time; a master never."""
    if item.recurrence is None:
        alone = itself(item)
        return [alone] if alone.touches(start, end) else []
    zone = zone_of(item.zone, every_iana_name=True)
    length = datetime.fromisoformat(item.end) - datetime.fromisoformat(item.start)
    margin = timedelta(days=2) + length
    first = (start - margin).replace(tzinfo=None)
    days = originals(item, first, (end + timedelta(days=2)).replace(tzinfo=None))
    regular = [day for day in days if day.isoformat() not in item.overrides]
    found = [_regular(item, day, length) for day in regular]
    for day, override in item.overrides.items():
        if day not in item.removed:
            begin = to_utc(datetime.fromisoformat(override["start"]), zone)
            finish = to_utc(datetime.fromisoformat(override["end"]), zone)
            found.append(Instance(item, begin, finish, date.fromisoformat(day), True))
    kept = [one for one in found if one.touches(start, end)]
    return sorted(kept, key=lambda one: (one.start, one.original or date.min))


def instance_of(item: Item, original: date) -> Instance | None:
    """The appearance that the rule puts on ``original``, changed or not; None if it is gone."""
    at = datetime.combine(original, time.min)
    if item.recurrence is None or original not in originals(item, at, at + timedelta(days=1)):
        return None
    if override := item.overrides.get(original.isoformat()):
        zone = zone_of(item.zone, every_iana_name=True)
        begin = to_utc(datetime.fromisoformat(override["start"]), zone)
        finish = to_utc(datetime.fromisoformat(override["end"]), zone)
        return Instance(item, begin, finish, original, True)
    length = datetime.fromisoformat(item.end) - datetime.fromisoformat(item.start)
    return _regular(item, original, length)


def originals(item: Item, first: datetime, last: datetime) -> list[date]:
    """Local dates of the rule between two wall times, without the deleted ones."""
    assert item.recurrence is not None
    at = datetime.fromisoformat(item.start).time()
    rule = _dates(item.recurrence, at, last)
    return [
        moment.date()
        for moment in rule.between(first, last, inc=True)
        if moment.date().isoformat() not in item.removed
    ]


def original_at(item: Item, index: int) -> date:
    """The ``index``-th date of the rule, counted over deleted ones too; IndexError beyond."""
    assert item.recurrence is not None
    at = datetime.fromisoformat(item.start).time()
    begin = datetime.fromisoformat(item.recurrence["range"]["startDate"])
    rule = _dates(item.recurrence, at, begin + timedelta(days=3660))
    found: datetime = rule[index]
    return found.date()


def _regular(item: Item, day: date, length: timedelta) -> Instance:
    zone = zone_of(item.zone, every_iana_name=True)
    wall = datetime.combine(day, datetime.fromisoformat(item.start).time())
    return Instance(item, to_utc(wall, zone), to_utc(wall + length, zone), day)


def _dates(recurrence: dict[str, Any], at: time, horizon: datetime) -> rrule.rrule:
    """The rule on wall times; without an end it stops at ``horizon``."""
    pattern, limits = recurrence["pattern"], recurrence["range"]
    kind, interval = pattern["type"], pattern["interval"]
    begin = datetime.combine(date.fromisoformat(limits["startDate"]), at)
    options: dict[str, Any] = {"dtstart": begin, "interval": interval}
    if limits["type"] == "numbered":
        options["count"] = limits["numberOfOccurrences"]
    elif limits["type"] == "endDate":
        last = date.fromisoformat(limits["endDate"])
        options["until"] = datetime.combine(last, time.max)
    else:
        options["until"] = max(horizon, begin)
    days = [_DAYS.index(day) for day in pattern["daysOfWeek"]]
    index = _INDEX[pattern["index"]]
    month_day = _month_day(pattern["dayOfMonth"] or begin.day)
    month = pattern["month"] or begin.month
    if kind == "daily":
        return rrule.rrule(rrule.DAILY, **options)
    if kind == "weekly":
        week = _DAYS.index(pattern["firstDayOfWeek"])
        return rrule.rrule(rrule.WEEKLY, byweekday=days or None, wkst=week, **options)
    if kind == "absoluteMonthly":
        return rrule.rrule(rrule.MONTHLY, **month_day, **options)
    if kind == "relativeMonthly":
        return rrule.rrule(rrule.MONTHLY, byweekday=days, bysetpos=index, **options)
    if kind == "absoluteYearly":
        return rrule.rrule(rrule.YEARLY, bymonth=month, **month_day, **options)
    return rrule.rrule(rrule.YEARLY, bymonth=month, byweekday=days, bysetpos=index, **options)


def _month_day(day: int) -> dict[str, Any]:
    """Exchange puts the 31st of a shorter month on its last day."""
    if day <= 28:
        return {"bymonthday": day}
    return {"bymonthday": list(range(28, day + 1)), "bysetpos": -1}
