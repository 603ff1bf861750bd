"""A run of all promises on a mailbox that others use: nothing of it stays, nothing is disturbed."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from connectors.conformance import at_once, looking, reading, single_events
from connectors.conformance.checks import NotApplicable, PromiseBroken
from connectors.conformance.office import Office
from connectors.conformance.promises import Promise, of_module
from connectors.conformance.stage import Stage
from connectors.conformance.times import Times
from connectors.errors import ConnectorError, TryLater

PROMISES: Final = tuple(
    promise
    for module in (single_events, at_once, reading, looking)
    for promise in of_module(module)
    if promise.live
)
#: What the provider asks to wait for is waited for, once in a promise and so long at most.
_LONGEST_WAIT: Final = 120.0
#: Looks for what stayed behind; a request on its way may still take effect after the first.
_LOOKS: Final = 6
_PAUSE: Final = 2.0
_REPETITIONS: Final = 3
#: Time of one call (seconds).
_CALL: Final = 60.0

_Result = TypeVar("_Result")


class Verdict(enum.StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Outcome:
    promise: Promise
    verdict: Verdict
    why: str  #: what was broken, or the capability that lacks; nothing of anybody's events
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider did where its documentation is silent."""

    question: str
    answer: str


@dataclass
class Record:
    """What a run found out; times in UTC."""

    begun: datetime
    ended: datetime | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    swept: int = 0  #: events of earlier runs that were removed first
    left: str = ""  #: why something of this run may have stayed; "" where nothing did
    others: int = 0  #: events of others that were there
    touched: int = 0  #: of these, so many are another version now, or gone
    interrupted: bool = False
    trouble: str = ""  #: why the run did not begin or ended early
    waited: float = 0.0  #: longest time until a change was told (seconds)
    requests: int | None = None

    @property
    def good(self) -> bool:
        whole = not (self.interrupted or self.trouble or self.left)
        return whole and all(each.verdict is not Verdict.BROKEN for each in self.outcomes)


class Run:
    """One run; ``tell`` is called with each outcome and answer as it comes."""

    def __init__(
        self,
        stage: Stage,
        times: Times,
        *,
        tell: Callable[[Outcome | Answer], None],
        promises: Iterable[Promise] = PROMISES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._stage = stage
        self._tell = tell
        self._promises = tuple(promises)
        self._clock = clock
        self._before: Mapping[str, str] | None = None
        self._office = Office(
            connector=stage.connector,
            mailbox=stage.mailbox,
            staff=stage.staff,
            another=stage.another,
            times=times,
            missing=stage.missing,
            patience=stage.patience,
            seconds=_CALL,
        )
        self.record = Record(begun=clock())

    def go(self) -> Record:
        """Never raises for what the provider does; an interruption ends it, and it cleans up."""
        record = self.record
        try:
            self._try_all()
        except KeyboardInterrupt:
            record.interrupted = True
        except ConnectorError as error:
            record.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._clean_up()
            record.ended = self._clock()
            record.waited = self._office.waited
            if self._stage.requests is not None:
                record.requests = self._stage.requests()
        return record

    def _try_all(self) -> None:
        record, staff = self.record, self._stage.staff
        record.swept = _patiently(staff.sweep)
        self._before = before = _patiently(staff.others)
        record.others = len(before)
        for promise in self._promises:
            outcome = self._tried(promise)
            record.outcomes.append(outcome)
            self._tell(outcome)
        for question in self._stage.questions:
            _patiently(staff.sweep)
            try:
                told = question.ask()
            except ConnectorError as error:
                told = f"not to be found out: {error}"
            answer = Answer(question.text, told)
            record.answers.append(answer)
            self._tell(answer)

    def _tried(self, promise: Promise) -> Outcome:
        self._prepare()
        begun = time.monotonic()
        verdict, why = self._verdict(promise)
        if verdict is Verdict.BROKEN and self._prepare():
            # Somebody worked in this calendar meanwhile: that may have been all.
            begun = time.monotonic()
            verdict, why = self._verdict(promise)
        return Outcome(promise, verdict, why, time.monotonic() - begun)

    def _prepare(self) -> bool:
        """An empty stage; whether events of others are other ones than at the last time."""
        _patiently(self._stage.staff.sweep)
        return _patiently(self._office.meet_others)

    def _verdict(self, promise: Promise, *, again: bool = True) -> tuple[Verdict, str]:
        try:
            promise.keep(self._office)
        except NotApplicable as error:
            return Verdict.NOT_APPLICABLE, error.capability
        except PromiseBroken as error:
            return Verdict.BROKEN, str(error)
        except TryLater as error:
            if not again or error.retry_after is None or error.retry_after > _LONGEST_WAIT:
                return Verdict.BROKEN, f"TryLater: {error}"
            time.sleep(error.retry_after)
            self._prepare()
            return self._verdict(promise, again=False)
        except ConnectorError as error:
            return Verdict.BROKEN, f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001  # a fault of ours is a finding too
            # Its text could hold what stands in somebody's calendar.
            return Verdict.BROKEN, f"{type(error).__name__} in {_place(error)}"
        return Verdict.KEPT, ""

    def _clean_up(self) -> None:
        """Look until two looks in a row find nothing; then compare what belongs to others."""
        if self._before is None:
            return  # nothing was written
        record, staff = self.record, self._stage.staff
        empty, trouble = 0, ""
        for _ in range(_LOOKS):
            try:
                empty = 0 if _patiently(staff.sweep) else empty + 1
            except ConnectorError as error:
                trouble = str(error)
            if empty == 2:
                break
            time.sleep(min(_PAUSE, self._stage.patience))
        else:
            record.left = trouble or "events come back as fast as they are removed"
            return
        try:
            after = _patiently(staff.others)
        except ConnectorError as error:
            record.left = f"it could not be compared with the beginning: {error}"
            return
        record.touched = sum(after.get(name) != tag for name, tag in self._before.items())


def _patiently(action: Callable[[], _Result]) -> _Result:
    """Repeat what may be repeated, after the time that the provider asks for."""
    for _ in range(_REPETITIONS):
        try:
            return action()
        except TryLater as error:
            if error.retry_after is not None and error.retry_after > _LONGEST_WAIT:
                raise
            time.sleep(_PAUSE if error.retry_after is None else error.retry_after)
    return action()


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    module = trace.tb_frame.f_globals.get("__name__", "?")
    return f"{module}, line {trace.tb_lineno}"
