"""``python -m benchmarks [--quick] [--only NAME…] [--json FILE]``; Linux, embedded extra."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import availability, bookings, freshness, notifications, polling, startup, town
from benchmarks.calendars import today
from benchmarks.report import Report
from benchmarks.site import Site, loopback_only

MEASURES = (
    "availability",
    "refreshing",
    "polling",
    "notifications",
    "bookings",
    "freshness",
    "startup",
    "history",
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
        _run(report, folder, set(arguments.only or MEASURES), quick=arguments.quick)
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
    parser.add_argument("--json", type=Path, help="write the lines to this file too")
    parser.add_argument("--keep", action="store_true", help="keep data and logs")
    return parser.parse_args()


def _run(report: Report, folder: Path, wanted: set[str], *, quick: bool) -> None:
    day = today()
    site = Site.make(folder / "plain")
    plain = town.build("plain", today=day, history=False, largest=town.POOLS[-1])
    town.store_calendars(plain, site.radicale_folder)
    with site.radicale() as radicale:
        ids = town.fill(site.desk(), plain, caldav_url=site.caldav_url)
        if "startup" in wanted:
            startup.run(report, site)
        if "polling" in wanted:
            polling.run(report, site, radicale, ids, rounds=3 if quick else 20)
        if "notifications" in wanted:
            notifications.run(report, site, ids, requests=200 if quick else 1000)
        if "refreshing" in wanted:
            availability.run_refreshing(report, site, radicale, plain, requests=10 if quick else 40)
        if "availability" in wanted:
            availability.run(report, site, plain, ids, requests=100 if quick else 500)
        if "bookings" in wanted:
            bookings.run(report, site, radicale, plain, count=15 if quick else 60)
        if "freshness" in wanted:
            freshness.run(report, site, plain, trials=3 if quick else 25)
    if "history" in wanted and not quick:
        old = Site.make(folder / "history")
        long = town.build("history", today=day, history=True, largest=town.POOLS[-1])
        town.store_calendars(long, old.radicale_folder)
        with old.radicale():
            availability.run_history(report, old, long, requests=500)


if __name__ == "__main__":
    sys.exit(main())
