"""Plain requests to one mailbox, as a program that is not Rantevou would send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from kiota_abstractions.request_information import RequestInformation

from connectors.conformance.office import REFERENCE, SUBJECT
from connectors.conformance.times import Times
from connectors.contract import MailboxRef, Period
from connectors.deadline import Deadline
from connectors.graph import batch, properties
from connectors.graph.client import GraphAnswer, GraphClient, json_request
from connectors.graph.moments import utc_value
from connectors.graph.zones import windows_name

_SECONDS: Final = 60.0
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Raw:
    """Requests about events of ``mailbox``, built by hand. Raises what ``GraphClient`` raises."""

    def __init__(self, client: GraphClient, mailbox: MailboxRef, times: Times) -> None:
        self._client = client
        self._mailbox = mailbox
        self.times = times

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> GraphAnswer:
        """``path`` follows the mailbox, percent-encoded, with its query."""

        def build(_: object) -> RequestInformation:
            rest = f"users/{quote(self._mailbox.address, safe='')}/{path}"
            info = json_request(method, "{+baseurl}/{+rest}", {"rest": rest}, body)
            for name, value in (headers or {}).items():
                info.headers.add(name, value)
            return info

        return self._client.request(
            build,
            mailbox=self._mailbox.address,
            deadline=Deadline.after(_SECONDS),
            writing=method != "GET",
        )

    def follow(self, link: str) -> GraphAnswer:
        return self._client.follow(
            link, mailbox=self._mailbox.address, deadline=Deadline.after(_SECONDS)
        )

    def post(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A new event that bears the mark of a run."""
        marked = {
            "subject": SUBJECT,
            "singleValueExtendedProperties": properties.written({properties.REFERENCE: REFERENCE}),
        }
        return self.send("POST", f"{self._calendar}/events", {**marked, **body}).json

    def patch(
        self, event_id: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return self.send("PATCH", _event(event_id), body, headers).json

    def get(self, event_id: str) -> dict[str, Any]:
        return self.send("GET", f"{_event(event_id)}?$select=id,subject,start,end").json

    def cancel(self, event_id: str) -> None:
        self.send("POST", f"{_event(event_id)}/cancel", {"comment": ""})

    def delete(self, event_id: str, headers: Mapping[str, str] | None = None) -> None:
        self.send("DELETE", _event(event_id), None, headers)

    def delete_all(self, event_ids: Sequence[str]) -> None:
        """Many in few requests; what is gone already is content."""
        user = quote(self._mailbox.address, safe="")
        parts = [batch.Part("DELETE", f"/users/{user}/{_event(each)}") for each in event_ids]
        batch.send(self._client, parts, writing=True, deadline=Deadline.after(_SECONDS))

    def instances(self, master: str) -> list[dict[str, Any]]:
        """Occurrences of a series in the order of their times."""
        query = f"{_between(self.times.around)}&$top=100&$select=id,start,end"
        found = self.pages(f"{_event(master)}/instances?{query}")
        return sorted(found, key=lambda each: str(each["start"]["dateTime"]))

    def view(self) -> list[dict[str, Any]]:
        """Everything near the times of a run, with the mark of those that bear it."""
        query = f"{_between(self.times.around)}&$top=500&{_WITH_MARK}"
        return self.pages(f"{self._calendar}/calendarView?{query}")

    def marked(self) -> list[dict[str, Any]]:
        """Events of runs as the search by our property finds them, which may lag behind."""
        name, value = properties.quoted(properties.REFERENCE), properties.quoted(REFERENCE)
        wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq {name} and ep/value eq {value})"
        return self.pages(f"{self._calendar}/events?$filter={quote(wanted)}&$top=100&{_WITH_MARK}")

    def pages(self, path: str) -> list[dict[str, Any]]:
        answer = self.send("GET", path).json
        items: list[dict[str, Any]] = list(answer["value"])
        while link := answer.get("@odata.nextLink"):
            answer = self.follow(str(link)).json
            items += answer["value"]
        return items

    def round(self, link: str = "") -> tuple[list[dict[str, Any]], str]:
        """One round of calendarView/delta from ``link`` or from the beginning; its deltaLink."""
        first = f"{self._calendar}/calendarView/delta?{_between(self.times.window)}"
        answer = (self.follow(link) if link else self.send("GET", first)).json
        items: list[dict[str, Any]] = list(answer["value"])
        while further := answer.get("@odata.nextLink"):
            answer = self.follow(str(further)).json
            items += answer["value"]
        return items, str(answer["@odata.deltaLink"])

    def timed(self, period: Period) -> dict[str, Any]:
        return {"start": utc_value(period.start), "end": utc_value(period.end), "isAllDay": False}

    def whole_days(self, first: date, days: int) -> dict[str, Any]:
        zone = windows_name(self.times.zone)
        start, end = (f"{day:%Y-%m-%d}T00:00:00" for day in (first, first + timedelta(days=days)))
        return {
            "start": {"dateTime": start, "timeZone": zone},
            "end": {"dateTime": end, "timeZone": zone},
            "isAllDay": True,
        }

    def series(self, first: Period, weeks: int) -> dict[str, Any]:
        """Weekly by the clock of the office."""
        name = windows_name(self.times.zone)
        start, end = (each.astimezone(self.times.zone) for each in (first.start, first.end))
        return {
            "start": {"dateTime": _wall(start), "timeZone": name},
            "end": {"dateTime": _wall(end), "timeZone": name},
            "recurrence": {
                "pattern": {
                    "type": "weekly",
                    "interval": 1,
                    "daysOfWeek": [_DAYS[start.weekday()]],
                    "firstDayOfWeek": "monday",
                },
                "range": {
                    "type": "numbered",
                    "startDate": f"{start:%Y-%m-%d}",
                    "numberOfOccurrences": weeks,
                    "recurrenceTimeZone": name,
                },
            },
        }

    @property
    def _calendar(self) -> str:
        calendar = self._mailbox.calendar
        return f"calendars/{quote(calendar, safe='')}" if calendar else "calendar"


def is_marked(event: Mapping[str, Any]) -> bool:
    """Whether an event is of a run, this one or an earlier one."""
    reference = properties.read(event).get(properties.REFERENCE)
    return reference == REFERENCE or event.get("subject") == SUBJECT


def _event(event_id: str) -> str:
    return f"events/{quote(event_id, safe='')}"


def _between(period: Period) -> str:
    return f"startDateTime={_utc(period.start)}&endDateTime={_utc(period.end)}"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _wall(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


_WITH_MARK: Final = "$select=id,changeKey,subject,seriesMasterId,type&$expand=" + quote(
    properties.expanding(properties.REFERENCE)
)
