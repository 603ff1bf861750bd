"""Every request and every answer is held to Microsoft's contract; what departs is a violation.

Where the OpenAPI subset lies beside the repository (``shared/graph/openapi-subset.yaml``; another
place of ``shared`` by ``RANTEVOU_TEST_SHARED``) openapi-core judges what is not plainly right;
else one answer and request of each operation is parsed into the SDK's models, in which no unknown
property may be left over.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

import yaml

from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.contract_quick import Quick
from tests.servers.graph.deliveries import Delivery
from tests.servers.graph.world import Proceed, World

if TYPE_CHECKING:
    from tests.servers.graph.contract_slow import Slow

_REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Violation:
    side: str  #: "request": the client's fault; "answer" and "notification": the stand-in's
    what: str  #: "POST /users/…/events → 201"
    why: str

    def __str__(self) -> str:
        return f"{self.side} of {self.what}: {self.why}"


class Judge(Protocol):
    at_once: bool  #: False: too slow to judge while the client waits

    def request(self, call: Call) -> Iterable[str]: ...

    def answer(self, call: Call, answer: Answer) -> Iterable[str]: ...

    def notification(self, delivery: Delivery) -> Iterable[str]: ...


def contract_file() -> Path | None:
    """The subset, or None where this clone stands alone."""
    shared = Path(os.environ.get("RANTEVOU_TEST_SHARED") or _REPOSITORY.parent / "shared")
    path = shared / "graph" / "openapi-subset.yaml"
    return path if path.exists() else None


def judge() -> Judge:
    """By the subset where it is, else by the SDK's models."""
    path = contract_file()
    if path is not None:
        return OpenApiJudge(path)
    from tests.servers.graph.contract_models import ModelJudge

    return ModelJudge()


class Contract:
    """Watches a world from the outside. Faults are not judged: they are what they are."""

    def __init__(self, world: World, judge: Judge, *, log: Path | None = None) -> None:
        """``log``: where each violation is told at once, a line each."""
        self._log = log
        self._violations: list[Violation] = []
        self._open: list[tuple[str, str, Iterable[str]]] = []
        self._world, self._judge = world, judge
        self._lock = threading.Lock()
        # Inside of the faults, so that their broken answers pass; outside of sign-in.
        world.use(self._around, order=35)

    def _around(self, call: Call, proceed: Proceed) -> Answer:
        if call.base != "/v1.0":
            return proceed(call)
        self._note("request", f"{call.method} {unquote(call.path)}", self._judge.request(call))
        try:
            answer = proceed(call)
        except GraphError as error:
            self._judged(call, self._world.error_answer(call, error))
            raise
        self._judged(call, answer)
        return answer

    def _judged(self, call: Call, answer: Answer) -> None:
        what = f"{call.method} {unquote(call.path)} → {answer.status}"
        self._note("answer", what, self._judge.answer(call, answer))

    def violations(self, deliveries: Iterable[Delivery]) -> list[Violation]:
        """All so far, each once; ``deliveries`` are what was sent to the product."""
        for one in deliveries:
            if one.notifications:
                what = f"POST {one.url}"
                self._note("notification", what, self._judge.notification(one))
        with self._lock:
            waiting, self._open = self._open, []
        for side, what, reasons in waiting:
            self._settle(side, what, reasons)
        return list(dict.fromkeys(self._violations))

    def _note(self, side: str, what: str, reasons: Iterable[str]) -> None:
        if self._judge.at_once:
            self._settle(side, what, reasons)
        else:
            with self._lock:
                self._open.append((side, what, reasons))

    def _settle(self, side: str, what: str, reasons: Iterable[str]) -> None:
        found = [Violation(side, what, why) for why in reasons]
        with self._lock:
            self._violations.extend(found)
            if found and self._log is not None:
                with self._log.open("a", encoding="utf-8") as file:
                    file.writelines(f"{each}\n" for each in found)


class OpenApiJudge:
    at_once = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.quick = Quick(_described(path))

    @property
    def slow(self) -> Slow:
        return _slow(self._path)

    def request(self, call: Call) -> Iterable[str]:
        if not self.quick.request(call):
            yield from self.slow.request(call)
        yield from self._unknown_options(call)

    def answer(self, call: Call, answer: Answer) -> Iterable[str]:
        if not self.quick.answer(call, answer):
            yield from self.slow.answer(call, answer)

    def notification(self, delivery: Delivery) -> Iterable[str]:
        if not self.quick.notification(delivery):
            yield from self.slow.notification(delivery)

    def _unknown_options(self, call: Call) -> Iterable[str]:
        known = self.quick.options(call)
        for name, _ in call.query if known else ():
            bare = name.lower().removeprefix("$")
            if bare not in known:
                yield f"the query option {name} is not in the contract"
            elif known[bare]:
                yield f"the query option {name} is documented as not supported here"


@cache
def _described(path: Path) -> dict[str, Any]:
    """Once per process: 0.2 s."""
    read: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return read


@cache
def _slow(path: Path) -> Slow:
    from tests.servers.graph.contract_slow import Slow

    return Slow(_described(path))
