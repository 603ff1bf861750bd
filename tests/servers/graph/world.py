"""The whole state of the stand-in, and the places where its parts hook in.

A part (``parts.py`` lists them) is a module with ``install(world)``, which may

* add routes: ``world.routes.add("POST", "/users/{user}/sendMail", handler)``;
* wrap every request: ``world.use(middleware, order=30)``, ``middleware(call, proceed) -> Answer``
  (the lowest order is outermost; ``GraphError`` and ``Dropped`` may be raised anywhere);
* hear of changes: ``world.on_change(listener)``, ``listener(change)``;
* keep something over restarts: ``world.persist("name", dump=…, load=…)``.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from tests.servers.graph.call import Answer, Call, Dropped, GraphError
from tests.servers.graph.clock import Clock
from tests.servers.graph.journal import Request, RequestLog
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.routes import Routes
from tests.servers.graph.switches import Switches

Proceed = Callable[[Call], Answer]
Middleware = Callable[[Call, Proceed], Answer]
Kind = Literal["created", "updated", "deleted"]


@dataclass(frozen=True)
class Change:
    """What happened to one event. ``mailbox`` tells address and object id."""

    mailbox: Mailbox
    event_id: str  #: immutable form
    plain_id: str  #: the form without ``Prefer: IdType``
    change_key: str
    kind: Kind
    at: datetime


class World:
    """Everything under one lock; ``changing()`` is the way to touch it."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory
        self.save_each = False  #: write the state after each change, not only at the end
        self.lock = threading.RLock()
        self.clock = Clock()
        self.switches = Switches()
        self.requests = RequestLog()
        self.routes = Routes()
        self.tenant = str(uuid.uuid5(uuid.NAMESPACE_DNS, "standin.example"))
        self.base_url = "http://127.0.0.1/v1.0"  #: the server sets it once it has its port
        self.join_base = "https://teams.microsoft.com/l/meetup-join/"
        self.mailboxes: dict[str, Mailbox] = {}
        #: Addresses the app may reach (RBAC for Applications); None: all of the tenant.
        self.scope: set[str] | None = None
        #: Teams meetings by join address: {"id", "joinUrl", "organizer", "subject", "start", …}.
        self.meetings: dict[str, dict[str, Any]] = {}
        #: Mails that events with attendees would have caused: (mailbox, recipient, reason).
        self.mails_to_attendees: list[tuple[str, str, str]] = []
        self.sequence = 0
        #: State of open delta rounds and of their ends, by opaque token.
        self.tokens: dict[str, dict[str, Any]] = {}
        self._middlewares: list[tuple[int, Middleware]] = []
        self._listeners: list[Callable[[Change], None]] = []
        self._sections: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {}
        self._kept: dict[str, Any] = {}
        self._pending: list[Change] = []
        self._depth = 0

    # Hooks

    def use(self, middleware: Middleware, *, order: int) -> None:
        """Wrap every request. Orders in use: 10 log, 20 faults, 30 throttling, 40 bearer."""
        self._middlewares.append((order, middleware))
        self._middlewares.sort(key=lambda pair: pair[0])

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Called after the change, outside the lock, in the thread that made it: be quick."""
        self._listeners.append(listener)

    def persist(self, name: str, *, dump: Callable[[], Any], load: Callable[[Any], None]) -> None:
        """``dump`` gives JSON, asked after each change; ``load`` gets it back at once, if kept."""
        self._sections[name] = (dump, load)
        if name in self._kept:
            load(self._kept.pop(name))

    # State

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock; at the end keep the state and tell the listeners."""
        changes: list[Change] = []
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    changes, self._pending = self._pending, []
                    if self.save_each:
                        self.save()
        for change in changes:
            for listener in self._listeners:
                listener(change)

    def tell(self, change: Change) -> None:
        """Note a change (inside ``changing()``) for the listeners."""
        self._pending.append(change)

    def next_number(self) -> int:
        self.sequence += 1
        return self.sequence

    def add_mailbox(self, mailbox: Mailbox) -> Mailbox:
        with self.changing():
            if mailbox.address.lower() in self.mailboxes:
                raise ValueError(f"{mailbox.address} is there already")
            self.mailboxes[mailbox.address.lower()] = mailbox
        return mailbox

    def mailbox(self, user: str) -> Mailbox | None:
        """By address or object id, in any case."""
        wanted = user.lower()
        if wanted in self.mailboxes:
            return self.mailboxes[wanted]
        return next((box for box in self.mailboxes.values() if box.object_id == wanted), None)

    def allowed(self, mailbox: Mailbox) -> bool:
        return self.scope is None or mailbox.address.lower() in {one.lower() for one in self.scope}

    # Requests

    def dispatch(self, call: Call) -> Answer:
        """Answer one request through all middlewares; also for the requests of a batch.

        Raises Dropped where no answer may be sent."""
        with self.requests.under_way():
            return self._answered(call)

    def _answered(self, call: Call) -> Answer:
        at = self.clock.now()
        path = unquote(call.path)
        try:
            answer = self._through(call, 0)
        except GraphError as error:
            answer = self.error_answer(call, error)
        except Dropped:
            self.requests.add(Request(call.method, path, 0, at, call.query_string, call.in_batch))
            raise
        if client := call.headers.get("client-request-id"):
            answer.headers.setdefault("client-request-id", client)
        answer.headers.setdefault("request-id", str(uuid.uuid4()))
        self.requests.add(
            Request(call.method, path, answer.status, at, call.query_string, call.in_batch)
        )
        return answer

    def error_answer(self, call: Call, error: GraphError) -> Answer:
        """The OData body of an error."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": self.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": call.headers.get("client-request-id") or request_id,
        }
        body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
        return Answer(error.status, body, {"request-id": request_id, **error.headers})

    def _through(self, call: Call, index: int) -> Answer:
        if index < len(self._middlewares):
            return self._middlewares[index][1](call, lambda inner: self._through(inner, index + 1))
        found = self.routes.find(call)
        if isinstance(found, tuple):
            handler, arguments = found
            return handler(call, **arguments)
        if found:
            raise GraphError(405, "BadRequest", "The HTTP method is not supported here.")
        if call.path.lower().startswith("/me/") or call.path.lower() == "/me":
            raise GraphError(
                400,
                "BadRequest",
                "/me request is only valid with delegated authentication flow.",
            )
        segment = unquote(call.path).rstrip("/").rsplit("/", 1)[-1]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")

    # Keeping

    def save(self) -> None:
        if self.directory is None:
            return
        kept = {
            "sequence": self.sequence,
            "mailboxes": [box.dump() for box in self.mailboxes.values()],
            "meetings": self.meetings,
            "tokens": self.tokens,
            "mails_to_attendees": self.mails_to_attendees,
            "sections": {name: dump() for name, (dump, _) in self._sections.items()} | self._kept,
        }
        target = self.directory / "graph.json"
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        fresh.replace(target)

    def restore(self) -> None:
        """Read what a former run has kept, if anything."""
        if self.directory is None:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        target = self.directory / "graph.json"
        if not target.exists():
            return
        kept = json.loads(target.read_text("utf-8"))
        self.sequence = kept["sequence"]
        self.meetings = kept["meetings"]
        self.tokens = kept["tokens"]
        self.mails_to_attendees = [tuple(one) for one in kept["mails_to_attendees"]]
        self._kept = kept["sections"]
        for one in kept["mailboxes"]:
            box = Mailbox.load(self, one)
            self.mailboxes[box.address.lower()] = box
