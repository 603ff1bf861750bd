"""Whatever happens in Outlook and on the way: who follows the changes knows what takes time."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import (
    BusyInterval,
    ChangeSet,
    Period,
    ResourceReading,
    SyncState,
)
from connectors.errors import SyncStateExpired, TryLater
from connectors.graph import reading as reading_module
from tests.connectors.outlook import Outlook
from tests.contract.office import WINDOW, Office, at, new_key, soon
from tests.servers.graph.faults import cut, gone, half_page, refused, reset, spurious_removed
from tests.servers.graph.switches import Switches, every

_NAMES = ("busy", "free", "tentative", "oof", "workingElsewhere")


class Follower:
    """Keeps readings as a replica does, with full comparisons where it is told to."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._state: SyncState | None = None
        self._readings: dict[str, ResourceReading] = {}

    def follow(self) -> None:
        """Raises TryLater with nothing changed."""
        known = {one.id: one.etag for one in self._readings.values()}
        try:
            found = self._office.changes(self._state, known)
        except SyncStateExpired:
            found = self._office.changes(None, known)
        self._take(found)

    def _take(self, found: ChangeSet) -> None:
        gone_now = set(found.gone)
        if found.listing is not None:
            gone_now |= set(self._readings) - found.listing
        for name in gone_now:
            self._readings.pop(name, None)
        self._readings |= {one.id: one for one in found.changed}
        self._state = found.sync_state

    @property
    def busy(self) -> list[tuple[datetime, datetime, str]]:
        return _sorted(
            one
            for each in self._readings.values()
            for one in each.intervals
            if one.period.overlaps(WINDOW)
        )


def _sorted(intervals: Any) -> list[tuple[datetime, datetime, str]]:
    found: list[BusyInterval] = list(intervals)
    return sorted((one.period.start, one.period.end, one.show_as.value) for one in found)


def _truth(outlook_office: Outlook) -> list[tuple[datetime, datetime, str]]:
    """From the inside of the stand-in."""
    shown = {"oof": "out_of_office", "workingElsewhere": "working_elsewhere"}
    return sorted(
        (
            _moment(each["start"]),
            _moment(each["end"]),
            shown.get(each["showAs"], each["showAs"]),
        )
        for each in outlook_office.box.instances(WINDOW.start, WINDOW.end)
    )


def _moment(value: dict[str, str]) -> datetime:
    return datetime.fromisoformat(value["dateTime"]).replace(tzinfo=UTC)


class Person:
    """Does one thing or another, by chance that a seed decides."""

    def __init__(self, outlook_office: Outlook, chance: random.Random) -> None:
        self._outlook, self._box, self._chance = outlook_office, outlook_office.box, chance
        self._singles: list[str] = []
        self._masters: list[str] = []

    def act(self) -> None:
        actions: list[Callable[[], None]] = [self._put, self._put_series, self._book]
        if self._singles:
            actions += [self._move, self._show, self._remove]
        if self._masters:
            actions += [self._drag, self._drop, self._shorten]
        self._chance.choice(actions)()

    def _period(self) -> Period:
        day = self._chance.randrange(1, 29)
        # Some of it stands outside the window.
        month = self._chance.choice([10, 11, 11, 11, 12])
        return at(day, self._chance.randrange(8, 18), month=month)

    def _put(self) -> None:
        period = self._period()
        name = self._chance.choice(_NAMES)
        self._singles.append(self._box.put(period.start, period.end, show_as=name))

    def _put_series(self) -> None:
        period = self._period()
        count = self._chance.randrange(2, 6)
        self._masters.append(self._box.put_series(period.start, period.end, weekly_count=count))

    def _book(self) -> None:
        self._singles.append(self._outlook.create(self._period(), new_key()).ref.id)

    def _move(self) -> None:
        period = self._period()
        self._box.move(self._chance.choice(self._singles), period.start, period.end)

    def _show(self) -> None:
        self._box.set_show_as(self._chance.choice(self._singles), self._chance.choice(_NAMES))

    def _remove(self) -> None:
        event_id = self._chance.choice(self._singles)
        self._singles.remove(event_id)
        self._box.remove(event_id)

    def _drag(self) -> None:
        master = self._chance.choice(self._masters)
        period = self._period()
        self._box.move_occurrence(
            master, 0, period.start, period.end + timedelta(minutes=self._chance.choice([0, 30]))
        )

    def _drop(self) -> None:
        master = self._chance.choice(self._masters)
        self._masters.remove(master)
        self._box.remove(master)

    def _shorten(self) -> None:
        self._box.shorten_series(self._chance.choice(self._masters), 1)


@pytest.mark.parametrize("seed", range(12))
def test_following_changes_leads_to_what_is_there(
    outlook_office: Outlook, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(reading_module, "_PAGE", chance.choice([2, 7, 500]))
    switches = outlook_office.graph.switches
    for name in ("delta_exception", "delta_shrunk_series", "sync_state_lost"):
        setattr(switches, name, chance.choice(every(name)))
    assert isinstance(switches, Switches)
    faults = outlook_office.graph.faults
    for effect in (
        cut(0.5),
        refused(503),
        refused(504),
        reset(after=False),
        half_page(faults),
        spurious_removed(),
    ):
        faults.add(effect, method="GET", probability=0.04, times=None, seed=chance.randrange(10**6))
    faults.add(gone(), path=r"/delta", probability=0.05, times=None, seed=seed)
    person, follower = Person(outlook_office, chance), Follower(outlook_office.office)
    for _ in range(15):
        for _ in range(chance.randrange(3)):
            person.act()
        try:
            follower.follow()
        except TryLater:
            continue
        assert follower.busy == _truth(outlook_office)
    faults.clear()
    follower.follow()
    assert follower.busy == _truth(outlook_office)


def test_a_change_that_delta_tells_late_is_not_lost(outlook_office: Outlook) -> None:
    follower = Follower(outlook_office.office)
    follower.follow()
    outlook_office.graph.switches.delta_delay = timedelta(minutes=1)
    outlook_office.office.staff.put(at(3, 9))
    follower.follow()
    assert follower.busy == []
    answer = outlook_office.connector.read_busy(
        mailboxes=[outlook_office.mailbox], window=at(3, 9), deadline=soon()
    )
    assert not isinstance(answer[outlook_office.mailbox], Exception)
    assert outlook_office.office.busy() == [at(3, 9)]
    outlook_office.graph.clock.advance(timedelta(minutes=2))
    follower.follow()
    assert follower.busy == _truth(outlook_office) != []
