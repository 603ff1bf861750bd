"""What goes wrong on the way: a plan of faults, matched by method, path and how often.

    graph.faults.add(created_but(503), method="POST", path="/events$")          # the next one
    graph.faults.add(slow(2), path="/calendarView", times=None)                 # every one
    graph.faults.add(reset(after=True), method="POST", nth=3)                   # the third only
    graph.faults.add(created_but(504), probability=0.2, times=None, seed=7)

A fault is any ``effect(call, proceed) -> Answer``; several that match lie around one another,
the first added outermost. Requests inside a ``$batch`` meet faults as others do.
"""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from tests.servers.graph import ids
from tests.servers.graph.call import Answer, Call, Dropped, GraphError
from tests.servers.graph.world import Proceed, World

Effect = Callable[[Call, Proceed], Answer]

_SAID = {
    429: ("TooManyRequests", "Please retry again later."),
    500: ("InternalServerError", "An unexpected error has occurred."),
    502: ("BadGateway", "Bad gateway."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The request timed out on its way."),
}


@dataclass
class Rule:
    """``met`` counts the requests that matched, ``fired`` those that felt it."""

    effect: Effect
    method: str | None
    path: re.Pattern[str]
    nth: int | None
    times: int | None
    probability: float
    random: random.Random
    met: int = 0
    fired: int = 0
    ended: bool = field(default=False)

    def end(self) -> None:
        self.ended = True

    def applies(self, call: Call) -> bool:
        if self.ended or self.method not in (None, call.method):
            return False
        if not self.path.search(unquote(call.path)):
            return False
        if self.times is not None and self.fired >= self.times:
            return False
        self.met += 1
        if self.nth is not None and self.met != self.nth:
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.fired += 1
        return True


class FaultPlan:
    def __init__(self, world: World) -> None:
        self.world = world
        self._rules: list[Rule] = []
        self._lock = threading.Lock()
        #: What half pages have kept back, by the token of their link.
        self.rests: dict[str, dict[str, Any]] = {}
        self._aliases: dict[str, str] = {}  # told id → real id
        world.use(self._around, order=20)

    def add(
        self,
        effect: Effect,
        *,
        method: str | None = None,
        path: str = "",
        nth: int | None = None,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 0,
    ) -> Rule:
        """``path`` is a regular expression looked for in the decoded path behind the base.

        ``nth``: only the nth request that matches; ``times``: so often at most (None: always)."""
        rule = Rule(effect, method, re.compile(path), nth, times, probability, random.Random(seed))
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """No faults from now on; changed ids stay changed, they are no fault but a fact."""
        with self._lock:
            self._rules.clear()

    def change_id(self, event_id: str) -> str:
        """The event has another id from now on, in answers and in requests (archive, re-import)."""
        known = next((new for new, old in self._aliases.items() if old == event_id), None)
        meant = ids.meant_by(event_id)
        if known is not None or meant is None:
            raise ValueError("the event's own id is needed, once")
        new = ids.immutable_id(uuid.uuid4().hex, meant.original)
        self._aliases[new] = event_id
        return new

    def _around(self, call: Call, proceed: Proceed) -> Answer:
        if call.base != "/v1.0":
            return proceed(call)
        with self._lock:
            rules = [rule for rule in self._rules if rule.applies(call)]
        if (token := call.parameter("$skiptoken")) in self.rests:
            return Answer(200, self.rests[str(token)])
        inner: Proceed = self._with_aliases(proceed) if self._aliases else proceed
        for rule in reversed(rules):
            inner = _wrapped(rule.effect, inner)
        return inner(call)

    def _with_aliases(self, proceed: Proceed) -> Proceed:
        def through(call: Call) -> Answer:
            parts = [unquote(part) for part in call.path.split("/")]
            if set(parts) & set(self._aliases.values()):
                raise GraphError(
                    404, "ErrorItemNotFound", "The specified object was not found in the store."
                )
            changed = [self._aliases.get(part, part) for part in parts]
            if changed != parts:
                call.path = "/".join(quote(part, safe="()='") for part in changed)
            answer = proceed(call)
            answer.body = self._renamed(answer.body)
            return answer

        return through

    def _renamed(self, body: Any) -> Any:
        if isinstance(body, list):
            return [self._renamed(one) for one in body]
        if not isinstance(body, dict):
            return body
        new = {old: new for new, old in self._aliases.items()}
        return {
            k: new.get(v, v) if k in ("id", "seriesMasterId") else self._renamed(v)
            for k, v in body.items()
        }


def _wrapped(effect: Effect, inner: Proceed) -> Proceed:
    return lambda call: effect(call, inner)


def refused(
    status: int, code: str = "", message: str = "", *, retry_after: float | None = None
) -> Effect:
    """No effect, an error: ``refused(429, retry_after=3)``."""
    known = _SAID.get(status, ("UnknownError", ""))
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}

    def effect(call: Call, proceed: Proceed) -> Answer:
        raise GraphError(status, code or known[0], message or known[1], headers=headers)

    return effect


def created_but(status: int, *, retry_after: float | None = None) -> Effect:
    """The request takes effect, and its answer is an error all the same (503, 504)."""
    error = refused(status, retry_after=retry_after)

    def effect(call: Call, proceed: Proceed) -> Answer:
        proceed(call)
        return error(call, proceed)

    return effect


def reset(*, after: bool) -> Effect:
    """The connection ends without an answer, before or after the request took effect."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        if after:
            proceed(call)
        raise Dropped

    return effect


def cut(share: float = 0.5) -> Effect:
    """Only the first part of the answer's body arrives, then the connection ends."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        answer.cut_at = int(len(answer.encoded()[0]) * share)
        return answer

    return effect


def slow(seconds: float, *, after: bool = True) -> Effect:
    """Real time passes, after the request took effect or before."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        if not after:
            time.sleep(seconds)
        answer = proceed(call)
        if after:
            time.sleep(seconds)
        return answer

    return effect


def waits_for(gate: threading.Event, *, after: bool = True, seconds: float = 30) -> Effect:
    """The answer waits until a test opens the gate: slow without a clock."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        if not after:
            gate.wait(seconds)
        answer = proceed(call)
        if after:
            gate.wait(seconds)
        return answer

    return effect


def half_page(plan: FaultPlan) -> Effect:
    """A page with the first half only; the rest follows behind its ``@odata.nextLink``."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        entries = answer.body.get("value") if isinstance(answer.body, dict) else None
        if answer.status != 200 or not isinstance(entries, list) or len(entries) < 2:
            return answer
        token, half = uuid.uuid4().hex, len(entries) // 2
        plan.rests[token] = answer.body | {"value": entries[half:]}
        links = ("@odata.nextLink", "@odata.deltaLink")
        first = {name: value for name, value in answer.body.items() if name not in links}
        first["value"] = entries[:half]
        first["@odata.nextLink"] = f"{plan.world.base_url}{call.path}?$skiptoken={token}"
        return Answer(200, first, answer.headers)

    return effect


def gone(code: str = "syncStateNotFound", *, status: int = 410) -> Effect:
    """The delta token is not known any more."""
    return refused(status, code, "The sync state generation is not found; please resync.")


def spurious_removed(*event_ids: str) -> Effect:
    """A delta page also tells of events as removed that are still there (or never were)."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        if answer.status == 200 and isinstance(answer.body, dict) and "value" in answer.body:
            told = event_ids or (ids.immutable_id(uuid.uuid4().hex),)
            answer.body["value"] = answer.body["value"] + [
                {"id": one, "@removed": {"reason": "deleted"}} for one in told
            ]
        return answer

    return effect


def without_link() -> Effect:
    """The event is created (201) without an online meeting."""
    return _flagged("no_link")


def late_link() -> Effect:
    """The event is created, its join link appears with a later read."""
    return _flagged("late_link")


def _flagged(flag: str) -> Effect:
    def effect(call: Call, proceed: Proceed) -> Answer:
        call.flags.add(flag)
        return proceed(call)

    return effect
