"""A mailbox of the stand-in for Graph: our connector, its owner, and what goes wrong."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import EventDraft, MailboxRef, Period, RemoteEvent
from connectors.deadline import Deadline
from connectors.graph.connector import GraphConnector
from tests.contract.office import ZONE, GraphStaff, Office, draft, soon
from tests.servers.graph import GraphServer
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.faults import Effect
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.switches import Switches
from tests.servers.graph.world import Proceed

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Outlook:
    graph: GraphServer
    box: Mailbox
    office: Office
    connector: GraphConnector

    @property
    def mailbox(self) -> MailboxRef:
        return self.office.mailbox

    def another(self) -> GraphConnector:
        """As another process has it: with nothing in memory of what was sent."""
        made = self.office.another()
        assert isinstance(made, GraphConnector)
        return made

    def create(
        self,
        period: Period,
        key: str,
        *,
        by: GraphConnector | None = None,
        deadline: Deadline | None = None,
        **changes: object,
    ) -> RemoteEvent:
        return (by or self.connector).create(
            mailbox=self.mailbox,
            draft=draft(period, **changes),
            key=key,
            deadline=deadline or soon(),
        )

    def update(self, event: RemoteEvent, wanted: EventDraft) -> RemoteEvent:
        return self.connector.update(
            mailbox=self.mailbox, ref=event.ref, draft=wanted, deadline=soon()
        )

    def event(self, event_id: str) -> dict[str, Any]:
        """What stands in the mailbox, as Graph shows it."""
        return next(each for each in self.box.events() if each["id"] == event_id)

    @contextmanager
    def an_hour_ago(self) -> Iterator[None]:
        """What happens in the block happened an hour ago by the service's clock."""
        self.graph.clock.set(datetime.now(UTC) - timedelta(hours=1))
        try:
            yield
        finally:
            self.graph.clock.run()

    def requests(self) -> list[str]:
        """Method and last part of the path of each request since the last call."""
        found = [f"{each.method} {each.path.rsplit('/', 1)[-1]}" for each in self.graph.requests]
        self.graph.requests.clear()
        return found


@contextmanager
def outlook(graph: GraphServer, connector: GraphConnector, **options: Any) -> Iterator[Outlook]:
    """A new mailbox on ``graph``, which forgets switches and faults afterwards."""
    address = f"eleni{next(_numbers)}@kavala.example"
    box = graph.add_mailbox(address, **options)
    office = Office(
        connector=connector,
        mailbox=MailboxRef(address),
        staff=GraphStaff(box),
        another=lambda: GraphConnector(graph.connection(), office_zone=ZONE),
    )
    graph.requests.settle()
    graph.requests.clear()
    try:
        yield Outlook(graph, box, office, connector)
    finally:
        graph.world.switches = Switches()
        graph.faults.clear()
        graph.clock.run()


def seen(bodies: list[dict[str, Any]]) -> Effect:
    """Note what requests say."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        bodies.append(json.loads(call.body))
        return proceed(call)

    return effect


def meanwhile(act: Any, *, after: bool = False) -> Effect:
    """A person does something just before (or after) a request takes effect."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        if not after:
            act()
        answer = proceed(call)
        if after:
            act()
        return answer

    return effect


def changed(change: Any) -> Effect:
    """The answer's body arrives as ``change`` leaves it."""

    def effect(call: Call, proceed: Proceed) -> Answer:
        answer = proceed(call)
        answer.body = change(answer.body)
        return answer

    return effect
