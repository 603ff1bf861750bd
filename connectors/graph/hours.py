"""When the owner of a mailbox works, as set in Outlook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from connectors.abilities import WorkingHours
from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import EventGone, NotAuthorised, Rejected
from connectors.graph import errors
from connectors.graph.client import GraphClient, json_request
from connectors.graph.zones import zone_of

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: The last moment of a day that can be told; times are multiples of five minutes.
_LATE: Final = time(23, 55)


class Hours:
    """See ``connectors.abilities.WorkingHoursTelling``."""

    def __init__(
        self, client: GraphClient, *, office_zone: ZoneInfo, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._zone = office_zone
        self._clock = clock

    def of(self, mailbox: MailboxRef, *, deadline: Deadline) -> WorkingHours | None:
        """From the mailbox's settings; free/busy tells them too, where those may not be read.

        Raises Rejected for a time zone that no clock here knows.
        """
        try:
            found = self._settings(mailbox, deadline)
        except (NotAuthorised, EventGone):
            found = self._schedule(mailbox, deadline)
        return working_hours(found, office_zone=self._zone, now=self._clock())

    def _settings(self, mailbox: MailboxRef, deadline: Deadline) -> object:
        answer = self._client.request(
            lambda graph: graph.users.by_user_id(
                mailbox.address
            ).mailbox_settings.to_get_request_information(),
            mailbox=mailbox.address,
            deadline=deadline,
            writing=False,
        )
        return answer.json.get("workingHours")

    def _schedule(self, mailbox: MailboxRef, deadline: Deadline) -> object:
        start = self._clock().astimezone(UTC).replace(microsecond=0, tzinfo=None)
        body = {
            "schedules": [mailbox.address],
            "startTime": {"dateTime": start.isoformat(), "timeZone": "UTC"},
            "endTime": {"dateTime": (start + timedelta(days=1)).isoformat(), "timeZone": "UTC"},
            "availabilityViewInterval": 1440,
        }
        answer = self._client.request(
            lambda graph: json_request(
                "POST",
                "{+baseurl}/users/{user}/calendar/getSchedule",
                {"user": mailbox.address},
                body,
            ),
            mailbox=mailbox.address,
            deadline=deadline,
            writing=False,
        )
        for entry in answer.json.get("value") or ():
            if isinstance(entry.get("error"), Mapping):
                raise errors.from_code(str(entry["error"].get("responseCode") or ""))
            return entry.get("workingHours")
        return None


def working_hours(told: object, *, office_zone: ZoneInfo, now: datetime) -> WorkingHours | None:
    """From a ``workingHours`` of Graph; None where none are set. Raises Rejected (see above)."""
    if not isinstance(told, Mapping) or not told.get("daysOfWeek"):
        return None
    if not isinstance(told["daysOfWeek"], list):
        raise Rejected(
            "the working hours of this mailbox cannot be read: set them anew in Outlook (Settings "
            "> Calendar > Work hours)"
        )
    start, end = _time(told.get("startTime")), _time(told.get("endTime"))
    if start is None or end is None or start == end:
        return None
    zone = _zone(told.get("timeZone"), office_zone, now)
    if zone is None:
        raise Rejected(
            "the working hours of this mailbox stand in a time zone that is not known here: set "
            "the time zone anew in Outlook (Settings > Calendar > Work hours)"
        )
    return WorkingHours(zone.key, tuple(sorted(_parts(told["daysOfWeek"], start, end))))


def _parts(days: Any, start: time, end: time) -> Iterator[tuple[int, time, time]]:
    for name in {str(each).casefold() for each in days}:
        if name not in _DAYS:
            continue
        day = _DAYS.index(name)
        if start < end:
            yield day, start, end
            continue
        yield day, start, _LATE
        if end > time.min:
            yield (day + 1) % 7, time.min, end


def _time(value: object) -> time | None:
    """ "08:00:00.0000000", to the minute."""
    try:
        return time.fromisoformat(str(value)).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _zone(told: object, office_zone: ZoneInfo, now: datetime) -> ZoneInfo | None:
    if not isinstance(told, Mapping):
        return office_zone
    if "bias" in told:
        try:
            return _custom(told, office_zone, now)
        except (AttributeError, OverflowError, TypeError, ValueError):
            return None  # not what the contract says
    return zone_of(str(told.get("name") or ""))


def _custom(told: Mapping[str, Any], office_zone: ZoneInfo, now: datetime) -> ZoneInfo | None:
    """A ``customTimeZone``: the office's zone where its clock fits, else any with such a clock.

    Exchange gives the bias as UTC minus local time (Pacific: 480), the documentation says the
    opposite; the office's zone is recognised either way.
    """
    bias, summer = int(told.get("bias") or 0), told.get("daylightOffset") or {}
    winter_months = told.get("standardOffset") or {}
    saving = abs(int(summer.get("daylightBias") or 0))
    southern = int(summer.get("month") or 0) > int(winter_months.get("month") or 0)
    for sign, zones in ((-1, (office_zone,)), (1, (office_zone,)), (-1, _all_zones())):
        standard = sign * bias
        january = standard + (saving if southern else 0)
        july = standard + (0 if southern else saving)
        for zone in zones:
            if _offsets(zone, now.year) == (january, july):
                return zone
    return None


def _all_zones() -> Iterator[ZoneInfo]:
    return (ZoneInfo(name) for name in sorted(available_timezones()) if "/" in name)


def _offsets(zone: ZoneInfo, year: int) -> tuple[int, int]:
    """Minutes that local time is ahead of UTC in January and in July."""
    both = (datetime(year, month, 15, 12, tzinfo=zone).utcoffset() for month in (1, 7))
    january, july = (int((offset or timedelta()).total_seconds() // 60) for offset in both)
    return january, july
