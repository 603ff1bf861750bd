"""A database that is backed up, lived with, and restored: what an administrator does, in a test."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

from booking import catalogue
from booking.model import BookingView
from booking.office.rebuilding import Outcome, Report, rebuild
from booking.store import Store
from booking.store.engine import Database
from tests.booking.conftest import Office


@dataclass
class Drill:
    """``office`` works on a SQLite file."""

    office: Office
    path: Path
    copy: Path

    def back_up(self) -> None:
        with sqlite3.connect(self.path) as source, sqlite3.connect(self.copy) as target:
            source.backup(target)
        source.close()
        target.close()

    def restore(self) -> None:
        """Everything since the backup is gone, but for what stands in the calendars."""
        store = self.office.desk.store
        store.close()
        for rest in ("-wal", "-shm"):
            Path(f"{self.path}{rest}").unlink(missing_ok=True)
        shutil.copy(self.copy, self.path)
        fresh = Store(Database(f"sqlite:///{self.path}"), store.keys, self.office.clock)
        with fresh.read() as uow:
            revision = uow.catalogue.revision(self.office.town.slug)
        assert revision is not None
        catalogue.prime(fresh, municipality=self.office.town, revision=revision)
        self.office.desk = replace(self.office.desk, store=fresh)

    def rebuild(self, *, apply: bool = True) -> Report:
        return rebuild(self.office.desk, apply=apply)

    def known(self, reference: str) -> BookingView | None:
        with self.office.desk.store.read() as uow:
            row = uow.bookings.by_reference(reference)
        return None if row is None else row.view()


def drill_on(office: Office, sqlite_url: str) -> Drill:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    return Drill(office, path, path.with_name("backup.sqlite"))


def counted(report: Report) -> dict[str, int]:
    return {outcome.name: count for outcome, count in report.counts.items() if count}


def of(report: Report, outcome: Outcome) -> list[str]:
    """References of what came out so."""
    return sorted(line.reference for line in report.lines if line.outcome is outcome)
