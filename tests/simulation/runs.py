"""Running schedules: one with its trace, or many over the processors of the machine."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking import housekeeping, outbox
from booking.store.columns import from_microseconds, to_microseconds
from connectors.deadline import Deadline
from tests.simulation import line, rarities
from tests.simulation.endings import PROMISED, TWINS
from tests.simulation.machines import LONG, Accidents, Housekeeper, Reader, Worker, read_all
from tests.simulation.mutants import load, planted
from tests.simulation.oracles import Oracles
from tests.simulation.people import Citizen, Employee, Told, Visitor
from tests.simulation.post import short_mails
from tests.simulation.schedule import Schedule
from tests.simulation.stage import MONDAY, Stage, worldly
from tests.simulation.violation import Violation

#: When the last thing that anybody is owed is over: an undo, the audits of an unknown outcome.
_QUIET = timedelta(minutes=45)
_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """``broken``: the promise that was, empty where all held. ``digest`` names the trace."""

    seed: int
    broken: str
    digest: bytes
    trace: tuple[tuple[Any, ...], ...] = ()


def run(stage: Stage, seed: int, *, keep_trace: bool = False) -> Outcome:
    """One schedule, from its first turn to the last check."""
    schedule = Schedule(stage, seed)
    stage.begin(schedule)
    told = Told()
    schedule.oracles = Oracles(schedule, told)
    broken = ""
    try:
        schedule.push.begin()
        _cast(schedule, told)
        schedule.play()
        _settle(schedule)
    except Violation as violation:
        broken = str(violation)
    except Exception as error:  # noqa: BLE001 - an accident of the product is a finding too
        broken = "".join(traceback.format_exception(error)[-3:])
    finally:
        if broken and keep_trace:
            schedule.trace += evidence(schedule)
        schedule.current = None
        schedule.close()
        stage.end()
    digest = hashlib.blake2b(repr(schedule.trace).encode(), digest_size=8).digest()
    return Outcome(seed, broken, digest, tuple(schedule.trace) if keep_trace else ())


_EVIDENCE = tuple(
    f"SELECT '{table}', {columns} FROM {table}"
    for table, columns in {
        "booking": "id, state, version, starts_at, mailbox_id, pending_starts_at, reason",
        "placement": "key, state, mailbox_id, starts_at, outcome, event_id, etag, seen, shared",
        "outbox": "name, tries, fence, not_before, done_at, outcome",
        "claim": "mailbox_id, first_cell, end_cell, hold_id, booking_id",
        "mailbox": "id, last_success, error_code, failures, brake_reason",
    }.items()
)


def evidence(schedule: Schedule) -> list[tuple[Any, ...]]:
    """What stood in tables and calendars when a promise was broken."""
    raw, calm = schedule.stage.raw, schedule.clock.now
    found: list[tuple[Any, ...]] = [("now", calm.isoformat(" ", "milliseconds"))]
    for query in _EVIDENCE:
        found += [tuple(map(_legible, row)) for row in raw.execute(query)]
    for address, box in schedule.calendars.boxes.items():
        for stood in box.values():
            event = stood.event
            if stood.since > MONDAY or event.key:
                period = event.period and event.period.start.strftime("%d %H:%M")
                found.append(("event", address, event.ref.id, event.ref.etag, period, event.key))
    return found


def _legible(value: Any) -> Any:
    """Instants of the tables as one reads them."""
    if isinstance(value, int) and value > 10**14:
        return from_microseconds(value).strftime("%d/%H:%M:%S.%f")[:-3]
    return value


def _cast(schedule: Schedule, told: Told) -> None:
    """Who takes part."""
    rng = schedule.rng
    for number in range(rng.choice((1, 2, 2, 3))):
        citizen = Citizen(schedule, number, told)
        schedule.add(citizen.name, citizen.act, on_crash=citizen.crashed)
    for number in range(rng.choice((1, 1, 2))):
        schedule.add(f"worker{number}", Worker(schedule).act)
    for number in range(rng.choice((0, 1, 1, 2))):
        schedule.add(f"reader{number}", Reader(schedule).act)
    if rng.random() < 0.3:
        schedule.add("housekeeper", Housekeeper(schedule).act)
    if rng.random() < 0.4:
        schedule.add("visitor", Visitor(schedule).act)
    incidents = Employee(schedule).plan(rng.choice((0, 1, 2, 4)))
    incidents += Accidents(schedule).plan(rng.choice((0, 0, 1, 2)))
    rng.shuffle(incidents)
    schedule.incidents = incidents
    line.join(schedule, told)
    rarities.open_bin(schedule)
    rarities.stall_post(schedule, told)


def _settle(schedule: Schedule) -> None:
    """No faults any more: workers, readers and the housekeeper go on until all is quiet."""
    stage, oracles = schedule.stage, schedule.oracles
    assert oracles is not None
    endings = oracles.endings
    desk = stage.desk
    schedule.forward(max(schedule.clock.now, schedule.last_fault))
    calm = schedule.clock.now
    read_all(schedule)
    checks: list[tuple[timedelta, Callable[[], None]]] = [
        (PROMISED, endings.promised),
        (TWINS, endings.twins),
        (_QUIET, endings.quiet),
    ]
    for after, check in checks:
        _drain_until(schedule, calm + after)
        schedule.forward(calm + after)
        if check == endings.promised:
            _read_changes(schedule)
        elif check == endings.quiet:
            housekeeping.tend(desk)
            read_all(schedule)
            _look_after(schedule)
        _drain(schedule)
        oracles.after_step()
        check()
        if check == endings.twins and endings.by_hand():
            # Only now, so that nothing but the audits takes a second event away before.
            read_all(schedule)
            housekeeping.tend(desk)


def _look_after(schedule: Schedule) -> None:
    """What a reading found is looked at after half a minute, perhaps handed over; and then the
    next reading finds that."""
    for _ in range(4):
        for _ in range(3):
            schedule.forward(schedule.clock.now + timedelta(seconds=35))
            _drain(schedule)
        _read_changes(schedule)
        if _next_due(schedule.stage) is None:
            return


def _drain_until(schedule: Schedule, end: datetime) -> None:
    """Whatever is owed by then is carried out when its time comes."""
    idle: datetime | None = None
    for _ in range(_ROUNDS):
        due = _next_due(schedule.stage, after=idle)
        if due is None or due > end:
            return
        if due > schedule.clock.now:
            schedule.forward(max(due, schedule.clock.now + timedelta(seconds=1)))
        # What waits for another step is due, and yet cannot be done.
        idle = None if _drain(schedule) else schedule.clock.now


def _drain(schedule: Schedule) -> int:
    """How many steps were carried out or tried."""
    due = _next_due(schedule.stage)
    if due is None or due > schedule.clock.now:
        return 0
    report = outbox.drain(
        schedule.stage.desk, mailer=schedule.post, limit=100, deadline=Deadline.after(LONG)
    )
    if schedule.oracles is not None:
        schedule.oracles.after_step()
    return report.done + report.failed


def _read_changes(schedule: Schedule) -> None:
    """What was written or taken away since the last reading is seen soon after."""
    if schedule.calendars.version != schedule.read_version:
        read_all(schedule)


def _next_due(stage: Stage, *, after: datetime | None = None) -> datetime | None:
    """When the next step is due, or the next one ``after`` a time."""
    row = stage.raw.execute(
        "SELECT min(due) FROM (SELECT max(not_before, coalesce(lease_until, 0)) AS due FROM outbox"
        " WHERE done_at IS NULL) WHERE due > ?",
        (0 if after is None else to_microseconds(after),),
    ).fetchone()
    return None if row[0] is None else from_microseconds(row[0])


@contextmanager
def opened() -> Iterator[Stage]:
    """A stage in this process, which should do nothing else: its clock is the schedule's."""
    with ExitStack() as stack:
        stage = Stage()
        stack.enter_context(worldly(stage))
        stack.enter_context(short_mails())
        stack.enter_context(line.short_offers())
        yield stage


def rehearse(seeds: Iterable[int], *, bug: str = "", keep_trace: bool = False) -> Iterator[Outcome]:
    """Schedule after schedule; ``bug``: name of a planted one."""
    load()
    with opened() as stage, planted(bug) if bug else nullcontext():
        for seed in seeds:
            yield run(stage, seed, keep_trace=keep_trace)
