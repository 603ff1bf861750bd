"""Free/busy of many mailboxes at once: ``getSchedule``, which knows default calendars only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.contract import BusyInterval, BusyReading, MailboxRef, Ours, Period
from connectors.deadline import Deadline
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
)
from connectors.graph.errors import from_code
from connectors.graph.moments import Span, days, span_of, utc_value
from connectors.graph.place import Place, items_of
from connectors.graph.remote import shown, text
from connectors.graph.window import MARGIN, digest

#: Mailboxes in one request (calendar-getschedule, "limits").
GROUP: Final = 20
#: A request must ask for less than 62 days.
_LONGEST: Final = timedelta(days=61)
#: A digit of the view may stand for 5 minutes to a day.
_SHORTEST_VIEW: Final = 5
_LONGEST_VIEW: Final = 1440

Items = list[Mapping[str, Any]]
PlaceOf = Callable[[MailboxRef], Place]


class Schedules:
    """Asks for ``mailboxes`` in the name of one of them."""

    def __init__(self, place_of: PlaceOf, *, office_zone: ZoneInfo) -> None:
        self._place_of = place_of
        self._zone = office_zone

    def busy(
        self, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> dict[MailboxRef, BusyReading | ConnectorError]:
        """Without ids: whose an entry is cannot be told."""
        wider = Period(window.start - MARGIN, window.end + MARGIN)
        return {
            mailbox: items
            if isinstance(items, ConnectorError)
            else reading_of(items, window=window, office_zone=self._zone)
            for mailbox, items in self._items(mailboxes, wider, deadline)
        }

    def fingerprints(
        self, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> dict[MailboxRef, str | ConnectorError]:
        return {
            mailbox: items
            if isinstance(items, ConnectorError)
            else digest(_line(item) for item in items)
            for mailbox, items in self._items(mailboxes, window, deadline)
        }

    def _items(
        self, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Iterator[tuple[MailboxRef, Items | ConnectorError]]:
        for first in range(0, len(mailboxes), GROUP):
            group = mailboxes[first : first + GROUP]
            found: dict[MailboxRef, Items] = {mailbox: [] for mailbox in group}
            failed: dict[MailboxRef, ConnectorError] = {}
            for part in parts(window):
                asked = [mailbox for mailbox in group if mailbox not in failed]
                for mailbox, items in self._asked(asked, part, deadline).items():
                    if isinstance(items, ConnectorError):
                        failed[mailbox] = items
                    else:
                        found[mailbox] += items
            yield from ((mailbox, failed.get(mailbox, found[mailbox])) for mailbox in group)

    def _asked(
        self, mailboxes: Sequence[MailboxRef], part: Period, deadline: Deadline
    ) -> dict[MailboxRef, Items | ConnectorError]:
        """One request; where the mailbox that asks is itself the fault, another one asks."""
        answers: dict[MailboxRef, Items | ConnectorError] = {}
        for number, asking in enumerate(mailboxes):
            rest = mailboxes[number:]
            body = {
                "schedules": [mailbox.address for mailbox in rest],
                "startTime": utc_value(part.start),
                "endTime": utc_value(part.end),
                "availabilityViewInterval": _view_minutes(part),
            }
            try:
                answer = self._place_of(asking).schedules(body, deadline=deadline)
                by_address = {
                    text(entry.get("scheduleId")).casefold(): entry for entry in items_of(answer)
                }
            except (MailboxNotFound, NotAuthorised) as error:
                answers[asking] = error
                continue
            except ConnectorError as error:
                return answers | dict.fromkeys(rest, error)
            return answers | {
                mailbox: schedule_items(by_address.get(mailbox.address.casefold()))
                for mailbox in rest
            }
        return answers


def parts(window: Period) -> Iterator[Period]:
    """``window`` in equal stretches that one request may ask for."""
    count = -(-window.duration // _LONGEST)
    step = window.duration / count
    edges = [window.start + number * step for number in range(count)]
    for start, end in pairwise([*edges, window.end]):
        yield Period(start, end)


def schedule_items(entry: Mapping[str, Any] | None) -> Items | ConnectorError:
    """The entries of one ``scheduleInformation``; what it does not tell is unknown, never free."""
    if entry is None:
        return TryLater("the server did not answer for this mailbox")
    if entry.get("error"):
        error = entry["error"]
        code = text(error.get("responseCode")) if isinstance(error, Mapping) else ""
        return from_code(code)
    items = entry.get("scheduleItems")
    if not isinstance(items, list) or not all(isinstance(each, Mapping) for each in items):
        return TryLater("the server's answer for this mailbox is incomplete")
    if not items and text(entry.get("availabilityView")).strip("0"):
        return TryLater("the server hides what takes time in this mailbox")
    return items


def reading_of(items: Items, *, window: Period, office_zone: ZoneInfo) -> BusyReading:
    intervals: dict[BusyInterval, None] = {}
    warnings: dict[str, None] = {}
    understood = True
    for item in items:
        span = _span(item, office_zone)
        understood &= span.readable
        if span.warning:
            warnings[span.warning] = None
        if span.period is not None and span.period.overlaps(window):
            interval = BusyInterval(
                span.period,
                shown(item.get("status")),
                all_day=span.all_day,
                ours=Ours.UNKNOWN,
                certain=span.certain,
            )
            intervals[interval] = None
    return BusyReading(tuple(intervals), understood=understood, warnings=tuple(warnings))


def _span(item: Mapping[str, Any], office_zone: ZoneInfo) -> Span:
    """Entries do not say whether they are all-day: whole days are told by their midnights.

    Midnights of UTC are days without a zone, or instants of an office elsewhere: both are taken.
    """
    span = span_of(item, office_zone=office_zone)
    if span.period is None:
        return span
    start, end = span.period.start, span.period.end
    if _midnights(start, end):
        local = days(start.date(), end.date(), office_zone)
        both = Period(min(start, local.start), max(end, local.end))
        return Span(both, all_day=True, certain=span.certain)
    whole = _midnights(start.astimezone(office_zone), end.astimezone(office_zone))
    return Span(span.period, all_day=whole, certain=span.certain, warning=span.warning)


def _view_minutes(part: Period) -> int:
    """As coarse as may be: the view in digits is not what we read."""
    minutes = part.duration // timedelta(minutes=1)
    return max(_SHORTEST_VIEW, min(minutes, _LONGEST_VIEW))


def _midnights(start: datetime, end: datetime) -> bool:
    return start.time() == end.time() == time.min


def _line(item: Mapping[str, Any]) -> str:
    start, end = item.get("start") or {}, item.get("end") or {}
    return repr(
        (
            text(item.get("status")).casefold(),
            *((each.get("dateTime"), each.get("timeZone")) for each in (start, end)),
        )
    )
