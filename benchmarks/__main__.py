"""``python -m benchmarks [--quick] [--only NAME…] [--json FILE]``; Linux, embedded extra."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import (
    availability,
    bookings,
    capacity,
    freshness,
    graph_costs,
    graph_freshness,
    graph_idle,
    jobs,
    notifications,
    polling,
    rebuilding,
    startup,
    town,
)
from benchmarks.calendars import today
from benchmarks.outlook import OutlookSite, outlook_site
from benchmarks.report import Report
from benchmarks.site import Site, loopback_only

#: With the same calendars in our stand-in of Microsoft Graph.
OUTLOOK = (
    "graph-startup",
    "graph-jobs",
    "graph-views",
    "graph-bookings",
    "graph-freshness",
    "graph-idle",
)
MEASURES = (
    "availability",
    "refreshing",
    "polling",
    "notifications",
    "bookings",
    "capacity",
    "freshness",
    "startup",
    "jobs",
    "history",
    "rebuilding",
    *OUTLOOK,
)


def main() -> int:
    arguments = _parse()
    if not Path("/proc/self/stat").exists():
        print("The benchmarks read /proc: run them on Linux.", file=sys.stderr)
        return 2
    loopback_only()
    folder = Path(tempfile.mkdtemp(prefix="rantevou-benchmark-"))
    report = Report()
    try:
        wanted = set(arguments.only or MEASURES)
        if arguments.postgresql:
            _capacity_on_postgresql(report, folder, quick=arguments.quick)
            wanted -= {"capacity"}
        _run(report, folder, wanted, quick=arguments.quick)
    finally:
        if arguments.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        report.write(arguments.json)
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, no history")
    parser.add_argument("--only", action="append", choices=MEASURES, help="may be repeated")
    parser.add_argument("--postgresql", action="store_true", help="of --only capacity")
    parser.add_argument("--json", type=Path, help="write the lines to this file too")
    parser.add_argument("--keep", action="store_true", help="keep data and logs")
    return parser.parse_args()


def _capacity_on_postgresql(report: Report, folder: Path, *, quick: bool) -> None:
    from tests.servers.postgres import Postgres, create_database

    server = Postgres().start()
    try:
        url = create_database(server.server_url, "capacity")
        plain = town.build("plain", today=today(), history=False, largest=town.POOLS[-1])
        site = Site.make(folder / "postgresql", database_url=url)
        town.store_calendars(plain, site.radicale_folder)
        with site.radicale() as radicale:
            town.fill(site.desk(), plain, caldav_url=site.caldav_url)
            capacity.run(report, site, radicale, plain, count=60 if quick else 240)
    finally:
        server.stop()


def _run(report: Report, folder: Path, wanted: set[str], *, quick: bool) -> None:
    day = today()
    plain = town.build("plain", today=day, history=False, largest=town.POOLS[-1])
    if wanted & (set(MEASURES) - set(OUTLOOK) - {"history", "rebuilding"}):
        _run_plain(report, folder, plain, wanted, quick=quick)
    if "history" in wanted and not quick:
        old = Site.make(folder / "history")
        long = town.build("history", today=day, history=True, largest=town.POOLS[-1])
        town.store_calendars(long, old.radicale_folder)
        with old.radicale():
            availability.run_history(report, old, long, requests=500)
    if wanted & (set(OUTLOOK) - {"graph-idle"}):
        with outlook_site(folder / "graph", replace(plain, slug="outlook")) as there:
            _run_outlook(report, there, wanted, quick=quick)
    if "rebuilding" in wanted:
        rebuilding.run(report, folder / "rebuilding", quick=quick)
    if "graph-idle" in wanted:
        graph_idle.run(report, folder)


def _run_plain(
    report: Report, folder: Path, plain: town.Town, wanted: set[str], *, quick: bool
) -> None:
    site = Site.make(folder / "plain")
    town.store_calendars(plain, site.radicale_folder)
    with site.radicale() as radicale:
        ids = town.fill(site.desk(), plain, caldav_url=site.caldav_url)
        if "startup" in wanted:
            startup.run(report, site)
        if "polling" in wanted:
            polling.run(report, site, radicale, ids, rounds=3 if quick else 20)
        if "jobs" in wanted:
            jobs.run(report, site, ids, calendars="CalDAV", count=20 if quick else 100)
        if "notifications" in wanted:
            notifications.run(report, site, ids, requests=200 if quick else 1000)
        if "refreshing" in wanted:
            availability.run_refreshing(report, site, radicale, plain, requests=10 if quick else 40)
        if "availability" in wanted:
            availability.run(report, site, plain, ids, requests=100 if quick else 500)
        if "bookings" in wanted:
            bookings.run(report, site, radicale, plain, count=15 if quick else 60)
        if "capacity" in wanted:
            capacity.run(report, site, radicale, plain, count=60 if quick else 240)
        if "freshness" in wanted:
            freshness.run(report, site, plain, trials=3 if quick else 25)


def _run_outlook(report: Report, there: OutlookSite, wanted: set[str], *, quick: bool) -> None:
    if "graph-startup" in wanted:
        startup.run(report, there.site, calendars="Microsoft 365")
    if "graph-jobs" in wanted:
        count = 20 if quick else 100
        jobs.run(report, there.site, there.ids, calendars="Microsoft 365", count=count)
    if "graph-views" in wanted:
        graph_costs.run_views(report, there, requests=100 if quick else 300)
    if "graph-freshness" in wanted:
        called, lost = (4, 2) if quick else (25, 8)
        graph_freshness.run(report, there, called=called, lost=lost)
    if "graph-bookings" in wanted:
        graph_costs.run_bookings(report, there, count=15 if quick else 60)


if __name__ == "__main__":
    sys.exit(main())
