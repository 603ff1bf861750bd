"""What the calendar page shows: the month, the hours of one day, and how well they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import request

from booking import offer
from booking.model import Availability
from booking.words import dates
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.hours import month as months
from booking_web.citizen.hours import zones
from booking_web.citizen.hours.month import Month
from booking_web.current import desk, gettext, language, now, translation
from connectors.contract import Period

#: Days that one question to the calendars covers (the API's limit as well).
WINDOW = 62
#: What a date in an address may say; beyond, calendars and clocks overflow.
YEARS = range(2000, 2101)
#: Days of the list that one page shows.
DAYS_LISTED = 5


@dataclass(frozen=True, slots=True)
class Hour:
    """One time to choose. ``value``: its start, RFC 3339 in UTC; ``beside``: the visitor's time."""

    id: str
    value: str
    day: str
    clock: str
    beside: str


@dataclass(frozen=True, slots=True)
class DayOfHours:
    title: str
    count: str
    note: str  #: on which clock these times are read, with the true offset of that day
    hours: tuple[Hour, ...]


@dataclass(frozen=True, slots=True)
class Picker:
    """All that the calendar page and its list need."""

    month: Month
    day: DayOfHours | None
    first: tuple[str, str] | None  #: address and words of the first available time
    note: str  #: that of the day, or of today
    zone_options: tuple[tuple[str, str], ...]
    zone: str
    unreachable: bool  #: none of the calendars can be read now
    partly: bool  #: some cannot
    nothing_free: bool


def month_asked() -> date | None:
    """``?minas=2026-12``; None where absent or malformed."""
    return _parsed(request.args.get("minas", "") + "-01")


def day_asked() -> date | None:
    """``?imera=2026-12-10``."""
    return _parsed(request.args.get("imera", ""))


def _parsed(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None


def start_chosen(value: str | None) -> datetime | None:
    """The posted start of a time; None where it is not one."""
    try:
        moment = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    if moment.tzinfo is None or moment.year not in YEARS:
        return None
    return moment.astimezone(UTC)


def value_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def count_words(count: int) -> str:
    words = translation().ngettext("%(num)d διαθέσιμη ώρα", "%(num)d διαθέσιμες ώρες", count)
    return words % {"num": count}


def hour(period: Period, *, home: ZoneInfo, visitor: ZoneInfo | None, prefix: str = "t") -> Hour:
    value = value_of(period.start)
    local_day = dates.local(period.start, zone=home).date()
    return Hour(
        id=prefix + "".join(each for each in value if each.isalnum()),
        value=value,
        day=dates.day(local_day, language=language(), year=False),
        clock=dates.clock(period.start, zone=home, language=language()),
        beside=zones.beside(period.start, home=home, visitor=visitor),
    )


def by_day(slots: Iterable[Period], *, zone: ZoneInfo) -> dict[date, list[Period]]:
    """``slots``, which are in order, by their local days."""
    found: dict[date, list[Period]] = {}
    ends: datetime | None = None
    periods: list[Period] = []
    for period in slots:
        if ends is None or period.start >= ends:
            day = period.start.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
            ends = midnight.astimezone(UTC)
            periods = found.setdefault(day, [])
        periods.append(period)
    return found


class Calendar:
    """The offer of one service by one channel, asked for once per page."""

    def __init__(self, chosen: Chosen, *, exclude_booking: str | None = None) -> None:
        self.chosen = chosen
        self.zone = chosen.zone
        self.visitor = zones.visitors_zone()
        self.exclude_booking = exclude_booking
        self.today = dates.local(now(), zone=self.zone).date()
        self.latest = self.today + timedelta(days=chosen.service.horizon_days)

    def ask(self, first: date, *, refresh: bool = True) -> Availability:
        """What is offered on the ``WINDOW`` days from ``first``."""
        last = min(first + timedelta(days=WINDOW - 1), self.latest)
        return offer.available(
            desk(),
            service_id=self.chosen.service_id,
            channel=self.chosen.channel.channel,
            first=first,
            last=max(first, last),
            refresh=refresh,
            exclude_booking=self.exclude_booking,
        )

    def picker(
        self,
        *,
        url: Callable[..., str],
        month: date | None,
        day: date | None,
    ) -> Picker:
        """The calendar page. ``url`` builds addresses of this page from ``minas`` or ``imera``."""
        month, day = self._within(month), self._within(day)
        start = self.today
        wanted = months.first_of(day) if day else month
        # Usually one question answers everything; a far month needs its own.
        if wanted and months.last_of(wanted) >= self.today + timedelta(days=WINDOW):
            start = max(self.today, wanted)
        answer = self.ask(start)
        days = by_day(answer.slots, zone=self.zone)
        shown = wanted or months.first_of(min(days, default=self.today))
        in_month = sorted(each for each in days if months.first_of(each) == shown)
        if day is None or day not in days:
            day = in_month[0] if in_month else None
        table = months.build(
            shown,
            counts={each: len(periods) for each, periods in days.items()},
            chosen=day,
            earliest=self.today,
            latest=self.latest,
            day_url=lambda each: url(imera=each.isoformat()) + "#ores",
            month_url=lambda each: url(minas=each.isoformat()[:7]) + "#minas",
            count_words=count_words,
            language=language(),
        )
        return Picker(
            month=table,
            day=self._hours_of(day, days[day]) if day else None,
            first=self._first(answer, url) if start == self.today else None,
            note=self._note(days[day]) if day else self._note(),
            zone_options=zones.options(),
            zone=self.visitor.key if self.visitor else "",
            unreachable=answer.readable == 0,
            partly=0 < answer.readable < answer.total,
            nothing_free=answer.readable > 0 and not answer.slots,
        )

    def listed(self, first: date | None) -> tuple[Availability, list[DayOfHours], date | None]:
        """The next days with free times from ``first``, and where the list goes on."""
        start = self._within(first) or self.today
        answer = self.ask(start)
        days = sorted(by_day(answer.slots, zone=self.zone).items())
        shown = [self._hours_of(day, periods) for day, periods in days[:DAYS_LISTED]]
        if len(days) > DAYS_LISTED:
            return answer, shown, days[DAYS_LISTED][0]
        further = start + timedelta(days=WINDOW)
        return answer, shown, further if further <= self.latest else None

    def hours(self, periods: Iterable[Period], *, prefix: str) -> tuple[Hour, ...]:
        return tuple(
            hour(each, home=self.zone, visitor=self.visitor, prefix=prefix) for each in periods
        )

    def common_note(self, days: list[DayOfHours]) -> str:
        """What holds for all ``days``; empty where the clocks change in between."""
        notes = {day.note for day in days} or {self._note()}
        return notes.pop() if len(notes) == 1 else ""

    def _within(self, day: date | None) -> date | None:
        if day is None or months.last_of(months.first_of(day)) < self.today or day > self.latest:
            return None
        return day

    def _hours_of(self, day: date, periods: list[Period]) -> DayOfHours:
        return DayOfHours(
            title=dates.day(day, language=language()),
            count=count_words(len(periods)),
            note=self._note(periods),
            hours=self.hours(periods, prefix="t"),
        )

    def _first(self, answer: Availability, url: Callable[..., str]) -> tuple[str, str] | None:
        if not answer.slots:
            return None
        start = answer.slots[0].start
        day = dates.local(start, zone=self.zone).date()
        words = dates.day_and_clock(start, zone=self.zone, language=language(), year=False)
        return url(imera=day.isoformat()) + "#ores", words

    def _note(self, periods: list[Period] | None = None) -> str:
        """The zone of these times (of now without any), and the visitor's own if asked for."""
        said = gettext("Όλες οι ώρες είναι σε %(zone)s.") % {
            "zone": _label(self.zone, periods).replace(" ", "\u00a0")
        }
        if self.visitor is None:
            return said
        own = _label(self.visitor, periods)
        beside = gettext("Δίπλα βλέπετε τη δική σας ώρα: %(zone)s.") % {"zone": own}
        return f"{said} {beside}"


def _label(zone: ZoneInfo, periods: list[Period] | None) -> str:
    """With its offset, where one holds for all of ``periods``."""
    moments = [each.start for each in periods] if periods else [now()]
    labels = {dates.zone_label(each, zone=zone, language=language()) for each in moments}
    return labels.pop() if len(labels) == 1 else dates.zone_name(zone, language=language())
