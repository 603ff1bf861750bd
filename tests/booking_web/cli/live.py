"""An administrator with one mailbox on the stand-in for Graph and one on Radicale, both in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from booking.office import importing
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys, upgrade
from booking_web.cli.conformance import conformance, times_of
from booking_web.cli.demo.samples import CALDAV_SECRET, GRAPH_SECRET, Addresses, fitted
from booking_web.wiring import desk_from
from connectors.conformance.times import Times
from mapping.file import read_mapping
from mapping.samples import sample_text
from tests.contract.office import CalDavStaff, GraphStaff
from tests.servers.caldav_server import CalDavServer
from tests.servers.graph import GraphServer

OUTLOOK, CALDAV, TESTS = (
    f"{name}@kavala.example" for name in ("grafeio1", "grafeio3", "rantevou-test")
)
Snapshot = Callable[[], object]


@dataclass(frozen=True)
class Live:
    """``outlook`` and ``caldav`` tell everything that stands in a calendar, byte for byte."""

    environment: dict[str, str]
    graph: GraphServer
    server: CalDavServer
    url: str
    times: Times

    def run(self, *arguments: str) -> Result:
        result = CliRunner(env=self.environment).invoke(conformance, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def outlook(self) -> list[dict[str, Any]]:
        return sorted(self.graph.mailbox(OUTLOOK).events(), key=lambda each: str(each["id"]))

    def caldav(self) -> dict[str, str]:
        answer = self.server.request("PROPFIND", self.url, headers={"Depth": "1"})
        names = [
            part.split("</")[0] for part in answer.text.replace("href>", "href>\n").split("\n")
        ]
        paths = [name for name in names if name.endswith(".ics")]
        home = self.server.home.split("/", 3)
        root = "/".join(home[:3])
        return {path: self.server.request("GET", f"{root}{path}").text for path in paths}


def administrator(folder: Path, graph: GraphServer, server: CalDavServer) -> Live:
    environment = {
        **{name: "" for name in os.environ if name.startswith("RANTEVOU_")},
        "RANTEVOU_DATA_DIR": str(folder),
        "RANTEVOU_ENCRYPTION_KEYS": Keys.generate(),
    }
    settings = Settings.from_environment(environment)
    upgrade(settings.database_url)
    desk = desk_from(settings)
    text = fitted(
        sample_text("kavala"),
        Addresses(
            caldav_url=server.home,
            graph_url=graph.base_url,
            authority=graph.authority,
            ca_file=str(graph.ca_file),
            tenant=graph.tenant,
            client_id=graph.client_id,
        ),
    )
    text = text.replace(f"{CALDAV}/rantevou/", "grafeio3/")
    municipality = read_mapping(text, name="kavala.yaml")
    importing.import_mapping(desk, text=text, municipality=municipality, by="test")
    stored_secrets.set_secret(desk, name=CALDAV_SECRET, value=server.password)
    stored_secrets.set_secret(desk, name=GRAPH_SECRET, value=graph.client_secret)
    graph.meetings.granted = True
    for address in (OUTLOOK, TESTS):
        graph.add_mailbox(address)
    url = server.make_calendar("grafeio3")
    live = Live(environment, graph, server, url, times_of(datetime.now(UTC).date()))
    _work(GraphStaff(graph.mailbox(OUTLOOK)), live.times)
    _work(CalDavStaff(server, url), live.times)
    return live


def _work(staff: GraphStaff | CalDavStaff, times: Times) -> None:
    """Events of others: at the very times of the promises, around them, and today."""
    staff.put(times.at(15, 9))
    staff.put(times.at(15, 10, minutes=90))
    staff.put_all_day(times.day(5), 3)
    staff.put_series(times.at(2, 9), weeks=30, moved={1: times.at(10, 14)})
    today: date = datetime.now(UTC).date()
    staff.put_all_day(today + timedelta(days=1), 1)
