"""One schedule: who goes on when, when the clock moves, and what goes wrong; all from one seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, getcurrent, greenlet

from connectors.contract import Period
from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    NotAuthorised,
    Rejected,
    TryLater,
)
from tests.simulation.calendars import Calendars
from tests.simulation.post import Post
from tests.simulation.push import Push
from tests.simulation.stage import MONDAY, Stage
from tests.simulation.violation import Violation

if TYPE_CHECKING:
    from tests.simulation.oracles import Oracles

#: Every turn takes this long.
_TICK = timedelta(milliseconds=1)
#: How the clock leaps (seconds): past a pause, a lease, a back-off, a hold.
_LEAPS = (0.5, 0.5, 3, 3, 12, 12, 35, 35, 65, 650)
#: A process that is stopped goes on after its leases have run out.
_PAUSE = timedelta(seconds=40)
#: No schedule takes more turns than this; whoever still acts then goes in circles.
_MOST_TURNS = 4000


@dataclass(frozen=True, slots=True)
class Fault:
    """``effect``: it happens all the same, only the answer is lost. ``late``: it happens so many
    seconds after the caller gave up."""

    error: ConnectorError
    effect: bool = False
    slow: float = 0.0
    late: float = 0.0


@dataclass
class Clock:
    now: datetime = MONDAY


@dataclass
class Actor:
    """Somebody who acts: real code on a stack of its own."""

    name: str
    stack: greenlet
    began: datetime = MONDAY  #: the operation that it is at
    at: str = ""  #: what it was about to do, or had done, when it last gave way
    outlived: bool = False  #: it hands a mail over although its deadline for that has passed
    looks: dict[str, datetime] = field(default_factory=dict)  #: its own live looks, by address
    created: datetime = MONDAY  #: when it last wrote a new event
    wakes: datetime = MONDAY
    alone: bool = False  #: may not be crashed
    on_crash: Callable[[], None] | None = None


@dataclass
class Habits:
    """How hard this schedule is, drawn from its seed."""

    sticky: float
    faults: float
    leaps: float
    crashes: float
    pauses: float
    staff: float

    @classmethod
    def draw(cls, rng: random.Random) -> Habits:
        return cls(
            sticky=rng.choice((0.0, 0.5, 0.8, 0.95)),
            faults=rng.choice((0.0, 0.05, 0.15, 0.3)),
            leaps=rng.choice((0.0, 0.02, 0.08)),
            crashes=rng.choice((0.0, 0.0, 0.02, 0.05)),
            pauses=rng.choice((0.0, 0.0, 0.02, 0.06)),
            staff=rng.choice((0.0, 0.03, 0.08)),
        )


class Schedule:
    """``trace`` tells every turn; the same seed gives the same trace."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.seed = stage, seed
        self.rng = random.Random(seed)
        self.ids = random.Random(seed + 1)
        self.clock = Clock()
        self.calendars = Calendars(self)
        self.calendars.like(stage.furnished)
        self.post = Post(self)
        self.push = Push(self, seed)
        self.habits = Habits.draw(self.rng)
        self.trace: list[tuple[Any, ...]] = []
        self.actors: list[Actor] = []
        self.graveyard: list[Actor] = []
        self.current: Actor | None = None
        self.faulty = False
        self.last_fault = MONDAY
        self.incidents: list[Callable[[], None]] = []  #: what may happen between turns
        self.oracles: Oracles | None = None
        self.read_version = -1  #: of the calendars, when all of them were read last
        self._later: list[tuple[datetime, int, Callable[[], object]]] = []
        self._hub = getcurrent()
        self._latest = 0
        self._over = False
        self._turns = 0

    # For the product.

    def monotonic(self) -> float:
        return (self.clock.now - MONDAY).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Others go on meanwhile."""
        if seconds <= 0:
            return
        # Whoever looks again every few milliseconds is spared most of it.
        until = self.clock.now + timedelta(seconds=max(seconds, 0.4))
        if self.current is None:
            self.forward(until)
            return
        self.current.wakes = until
        self.switch("sleeps")

    # For actors.

    def stand_still(self, seconds: float) -> None:
        """Right here, whoever acts; who takes no turns does not."""
        if seconds and self.current is not None:
            self._pause(self.current, timedelta(seconds=seconds))
            self.last_fault = max(self.last_fault, self.current.wakes)
            self.switch("goes on")

    def switch(self, label: str) -> None:
        """Somebody else may go on here."""
        if self._over:
            raise GreenletExit
        if self.current is None:
            self.forward(self.clock.now + _TICK)
            return
        self._hub.switch(label)
        if self._over:
            raise GreenletExit

    def note(self, *what: object) -> None:
        who = self.current.name if self.current else "-"
        self.trace.append((who, *what))

    def fault_of(self, name: str, writes: bool) -> Fault | None:
        """What goes wrong with a call, if anything does."""
        if not self.faulty or self.rng.random() >= self.habits.faults:
            return None
        self.faulted()
        fault = self._write_fault() if writes else self._read_fault(name)
        self.note("fault", name, type(fault.error).__name__, fault.effect, fault.late)
        return fault

    def _write_fault(self) -> Fault:
        lost = TryLater("no answer", outcome_unknown=True)
        draw = self.rng.random()
        if draw < 0.45:
            return Fault(lost, effect=True)
        if draw < 0.6:
            return Fault(lost)
        if draw < 0.7:
            return Fault(lost, effect=self.rng.random() < 0.5, slow=60.0)
        if draw < 0.78:
            return Fault(lost, late=self.rng.choice((0.5, 3.0, 20.0)))
        if draw < 0.88:
            return Fault(TryLater("too many requests", retry_after=self.rng.choice((1.0, 20.0))))
        if draw < 0.94:
            return Fault(Conflict("in another version"))
        if draw < 0.97:
            return Fault(Rejected("refused"))
        return Fault(NotAuthorised("not allowed"))

    def _read_fault(self, name: str) -> Fault:
        draw = self.rng.random()
        if draw < 0.5:
            return Fault(TryLater("no answer"))
        if draw < 0.7:
            return Fault(TryLater("no answer"), slow=60.0)
        if draw < 0.85:
            return Fault(TryLater("too many requests", retry_after=self.rng.choice((1.0, 20.0))))
        if draw < 0.92:
            return Fault(ConnectorError("an answer that nobody understands"))
        return Fault(NotAuthorised("not allowed"))

    def faulted(self) -> None:
        self.last_fault = max(self.last_fault, self.clock.now)

    def later(self, seconds: float, effect: Callable[[], object], *, fault: bool = True) -> None:
        """A request that is still on its way takes effect after its caller gave up."""
        at = self.clock.now + timedelta(seconds=seconds)
        self._latest += 1
        heapq.heappush(self._later, (at, self._latest, effect))
        if fault:
            self.last_fault = max(self.last_fault, at)

    def looked(self, address: str, at: datetime) -> None:
        if self.current is not None:
            self.current.looks[address] = at

    def creating(self, address: str, period: Period, key: str) -> None:
        if self.oracles is not None:
            self.oracles.before_write(address, period, key)
        if self.current is not None:
            self.current.looks.pop(address, None)
            self.current.created = self.clock.now

    def changed(self, address: str) -> None:
        """A calendar is another one than it was."""
        self.push.changed(address)

    def operation(self) -> None:
        """The actor begins something new."""
        if self.current is not None:
            self.current.began = self.clock.now
            self.current.outlived = False
            self.current.looks.clear()
        self.switch("begins")

    # The course of events.

    def add(
        self,
        name: str,
        script: Callable[[], None],
        *,
        on_crash: Callable[[], None] | None = None,
    ) -> None:
        actor = Actor(name, greenlet(script, parent=self._hub), on_crash=on_crash)
        actor.began = actor.created = actor.wakes = self.clock.now
        self.actors.append(actor)

    def play(self) -> None:
        """Until everybody is done."""
        self.faulty = True
        last: Actor | None = None
        while self.actors:
            self._turns += 1
            if self._turns > _MOST_TURNS:
                raise Violation(f"S4: {self._turns} turns and still at work: {self.actors[0].name}")
            if self.incidents and self.rng.random() < self.habits.staff:
                self.incidents.pop()()
                self._judge()
            if self.rng.random() < self.habits.leaps:
                self.forward(self.clock.now + timedelta(seconds=self.rng.choice(_LEAPS)))
            actor = self._next(last)
            if last is actor and self.rng.random() < self.habits.crashes:
                self._crash(actor)
                last = None
                continue
            last = actor
            if self.rng.random() < self.habits.pauses:
                self._pause(actor, _PAUSE)
                continue
            self._turn(actor)
        for incident in self.incidents:
            incident()
        self.faulty = False

    def _pause(self, actor: Actor, time: timedelta) -> None:
        """The machine has no time for this process; its leases run out meanwhile."""
        actor.wakes = self.clock.now + time
        self.trace.append((actor.name, "is paused"))
        self.faulted()

    def _next(self, last: Actor | None) -> Actor:
        awake = [each for each in self.actors if each.wakes <= self.clock.now]
        if not awake:
            self.forward(min(each.wakes for each in self.actors))
            awake = [each for each in self.actors if each.wakes <= self.clock.now]
        if last in awake and self.rng.random() < self.habits.sticky:
            assert last is not None
            return last
        return awake[self.rng.randrange(len(awake))] if len(awake) > 1 else awake[0]

    def _turn(self, actor: Actor) -> None:
        self.forward(self.clock.now + _TICK)
        self.current = actor
        label = actor.at = actor.stack.switch()
        self.current = None
        if actor.stack.dead:
            self.actors.remove(actor)
            label = "done"
        self.trace.append((actor.name, label))
        self._judge()

    def _crash(self, actor: Actor) -> None:
        """The process is gone: nothing after this point happens, its leases run out."""
        self.trace.append((actor.name, "crashes"))
        self.actors.remove(actor)
        self.graveyard.append(actor)
        self.faulted()
        if actor.on_crash is not None:
            actor.on_crash()

    def forward(self, to: datetime) -> None:
        while self._later and self._later[0][0] <= to:
            at, _, effect = heapq.heappop(self._later)
            self.clock.now = max(self.clock.now, at)
            self.trace.append(("-", "later"))
            with suppress(EventGone, Conflict):
                effect()
            self._judge()
        self.clock.now = max(self.clock.now, to)

    def _judge(self) -> None:
        if self.oracles is not None:
            self.oracles.after_step()

    def close(self) -> None:
        """Whoever was crashed is let go; what is left of its stack does nothing any more."""
        self._over = True
        for actor in (*self.graveyard, *self.actors):
            if actor.stack and not actor.stack.dead:
                with suppress(BaseException):  # the dead have nothing to say
                    actor.stack.throw(GreenletExit)
        self.graveyard.clear()
        self.actors.clear()
