"""The disk is full: 503, nothing acknowledged that is not written, and all goes on afterwards."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from booking.model import BookingState, Submission
from booking.store import StoreUnavailable
from booking_web.app import create_app
from tests.booking.conftest import Office
from tests.booking.town import SERVICE, TUESDAY
from tests.crashes.recovery import recover, rows, violations

SMALL = 3_000_000  #: bytes of the small file system
CAP_SYS_ADMIN = 21


def _may_mount() -> bool:
    status = Path("/proc/self/status")
    if shutil.which("mount") is None or not status.exists():
        return False
    (line,) = [each for each in status.read_text().splitlines() if each.startswith("CapEff")]
    return bool(int(line.split()[1], 16) >> CAP_SYS_ADMIN & 1)


class Disk:
    """Where the database lies; ``full`` leaves no room as long as the block runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self) -> Iterator[None]:
        """No file of this process may be written any more."""
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            signal.signal(signal.SIGXFSZ, before)


class SmallDisk(Disk):
    """A file system of a few megabytes, which is filled up by somebody else."""

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (65536, 4096, 512):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue
        try:
            yield
        finally:
            filler.unlink()


@pytest.fixture(params=["small disk", "no room"] if _may_mount() else ["no room"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "no room":
        yield Disk(tmp_path)
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "small", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def database_url(sqlite_template: Path, disk: Disk) -> str:
    shutil.copy(sqlite_template, disk.folder / "rantevou.sqlite")
    return f"sqlite:///{disk.folder}/rantevou.sqlite"


def post(office: Office, start: datetime, key: str) -> Any:
    body = {
        "service_id": SERVICE,
        "channel": "in_person",
        "starts_at": start.isoformat(),
        "citizen": {"name": "Μαρία Καναρίνη", "email": "m@example.com", "phone": "+306941234567"},
        "answers": {"subject": "Οικογενειακή κατάσταση", "afm": "090000045"},
        "declarations": {"resident": "yes"},
        "consent_version": "1",
    }
    client = create_app(office.desk, audiences=(("booking_web.api", False),)).test_client()
    return client.post("/api/v1/bookings", json=body, headers={"Idempotency-Key": key})


def test_nothing_is_acknowledged_that_is_not_written(office: Office, disk: Disk) -> None:
    slots = [slot.start for slot in office.free()]
    with disk.full():
        # Room that SQLite has taken already may still do for one or two.
        answers = [post(office, start, start.strftime("%H%M")) for start in slots]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 202, 503}, statuses
    assert statuses[-1] == 503
    assert all("Retry-After" in each.headers for each in answers if each.status_code == 503)
    recover(office)
    kept = {row.reference for row in rows(office) if row.state is BookingState.CONFIRMED}
    acknowledged = {each.json["reference"] for each in answers if each.status_code < 300}
    assert acknowledged <= kept
    assert violations(office) == []

    again = [post(office, start, start.strftime("%H%M")) for start in slots]
    assert [each.status_code for each in again] == [201] * len(slots)
    recover(office)
    assert len(rows(office)) == len(slots)
    assert violations(office) == []


def test_a_disk_that_fills_up_between_thank_you_and_the_calendar(
    office: Office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The booking is written, its event too; that the event is there finds no room."""
    create, full = office.memory.create, disk.full()

    def then_full(**arguments: Any) -> Any:
        made = create(**arguments)
        full.__enter__()
        return made

    monkeypatch.setattr(office.memory, "create", then_full)
    start = office.free(TUESDAY)[0].start
    answer = post(office, start, "key")
    full.__exit__(None, None, None)
    monkeypatch.undo()
    assert answer.status_code in (202, 503)
    recover(office)
    (row,) = rows(office)
    assert row.state is BookingState.CONFIRMED
    assert violations(office) == []


def test_housekeeping_and_workers_wait_for_room(
    make_office: Callable[..., Office], disk: Disk
) -> None:
    office = make_office()
    done: Submission = office.book(office.free()[0].start)
    with disk.full():
        for _ in range(20):
            try:
                office.drain(seconds=1)
            except StoreUnavailable:
                break
    recover(office)
    assert office.view(done.booking.id).state is BookingState.CONFIRMED
    assert violations(office) == []
