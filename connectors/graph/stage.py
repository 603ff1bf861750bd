"""The other side of a real Outlook calendar, by plain requests of the same application."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from connectors.conformance.stage import CountingGate, Stage
from connectors.conformance.times import Times
from connectors.contract import Connection, MailboxRef, Period, ShowAs
from connectors.gate import Gate
from connectors.graph.client import GraphClient
from connectors.graph.connector import GraphConnector
from connectors.graph.probes import questions
from connectors.graph.raw import Raw, is_marked

#: A change may take so long until calendarView/delta and searches tell of it (seconds).
_PATIENCE: Final = 60.0
_NAMES: Final = {
    ShowAs.FREE: "free",
    ShowAs.TENTATIVE: "tentative",
    ShowAs.BUSY: "busy",
    ShowAs.OUT_OF_OFFICE: "oof",
    ShowAs.WORKING_ELSEWHERE: "workingElsewhere",
}


def stage(
    connection: Connection,
    *,
    mailbox: MailboxRef,
    times: Times,
    gate: Gate,
    patience: float | None,
) -> Stage:
    """Raises ValueError where the connection cannot be right."""
    counting = CountingGate(gate)
    raw = Raw(GraphClient(connection, gate=counting), mailbox, times)
    patience = _PATIENCE if patience is None else patience

    def another() -> GraphConnector:
        return GraphConnector(connection, office_zone=times.zone, gate=counting)

    domain = mailbox.address.rpartition("@")[2]
    return Stage(
        connector=another(),
        mailbox=mailbox,
        missing=MailboxRef(f"no-such-mailbox-{secrets.token_hex(4)}@{domain}"),
        staff=LiveStaff(raw),
        another=another,
        patience=patience,
        libraries=("msgraph-sdk", "azure-identity", "httpx"),
        questions=questions(raw, patience=patience),
        requests=lambda: counting.passed,
    )


class LiveStaff:
    """Makes events that bear the mark of a run; everything else is never touched."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def put(self, period: Period, *, show_as: ShowAs = ShowAs.BUSY) -> str:
        return self._post({**self._raw.timed(period), "showAs": _NAMES[show_as]})

    def put_all_day(self, first: date, days: int) -> str:
        return self._post({**self._raw.whole_days(first, days), "showAs": "busy"})

    def put_series(self, first: Period, *, weeks: int, moved: Mapping[int, Period]) -> str:
        master = self._post(self._raw.series(first, weeks))
        instances = self._raw.instances(master) if moved else []
        for week, period in moved.items():
            self._raw.patch(str(instances[week]["id"]), self._raw.timed(period))
        return master

    def move(self, event_id: str, period: Period) -> None:
        self._raw.patch(event_id, self._raw.timed(period))

    def show(self, event_id: str, show_as: ShowAs) -> None:
        self._raw.patch(event_id, {"showAs": _NAMES[show_as]})

    def remove(self, event_id: str) -> None:
        self._raw.delete(event_id)

    def events(self) -> int:
        """By the view, which is exact at once, unlike the search."""
        return len({_master(each) for each in self._raw.view() if is_marked(each)})

    def others(self) -> Mapping[str, str]:
        return {
            str(each["id"]): str(each.get("changeKey", ""))
            for each in self._raw.view()
            if not is_marked(each)
        }

    def sweep(self) -> int:
        found = (each for each in (*self._raw.view(), *self._raw.marked()) if is_marked(each))
        ids = list(dict.fromkeys(_master(each) for each in found))
        if ids:
            self._raw.delete_all(ids)
        return len(ids)

    def _post(self, body: Mapping[str, Any]) -> str:
        return str(self._raw.post(body)["id"])


def _master(event: Mapping[str, Any]) -> str:
    return str(event.get("seriesMasterId") or event["id"])
