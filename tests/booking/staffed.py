"""Calendars in memory whose staff act at the worst moments, and the rounds that read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from booking.calendars.refresh import due
from booking.calendars.rounds import poll
from booking.store.mailboxes import MailboxRow
from connectors.contract import ChangeSet, MailboxRef, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError
from connectors.memory import MemoryConnector
from tests.booking.conftest import Office
from tests.booking.town import address


class Staffed(MemoryConnector):
    """Staff may act at the worst moments: before and after each answer."""

    def __init__(self) -> None:
        super().__init__(fingerprints=20, bounded=True)
        self.before: dict[str, Callable[[], object]] = {}
        self.after: dict[str, Callable[[], object]] = {}
        self.groups: list[int] = []
        self.special: dict[str, ConnectorError] = {}

    def fingerprints(
        self, *, mailboxes: Sequence[MailboxRef], window: Period, deadline: Deadline
    ) -> Mapping[MailboxRef, str | ConnectorError]:
        self.groups.append(len(mailboxes))
        self.before.pop("fingerprints", lambda: None)()
        found = dict(super().fingerprints(mailboxes=mailboxes, window=window, deadline=deadline))
        self.after.pop("fingerprints", lambda: None)()
        for ref in mailboxes:
            if ref.address in self.special:
                found[ref] = self.special[ref.address]
        return found

    def changes(self, **arguments: object) -> ChangeSet:
        self.before.pop("changes", lambda: None)()
        return super().changes(**arguments)  # type: ignore[arg-type]


def tick(office: Office, *, seconds: float = 30) -> Counter[str]:
    """What ticker and worker do together, some time later; the requests that it took."""
    office.clock.forward(seconds=seconds)
    before = Counter(office.memory.requests)
    for batch in due(office.desk, limit=1000):
        poll(office.desk, mailbox_ids=batch.mailbox_ids, deadline=Deadline.after(20))
    return Counter(office.memory.requests) - before


def row(office: Office, number: int = 1) -> MailboxRow:
    with office.desk.store.read() as uow:
        found = uow.mailboxes.get(office.mailbox_id(address(number)))
    assert found is not None
    return found


def blocked(office: Office, start: object, number: int = 1) -> bool:
    """Whether the replica of a mailbox says that it is busy at a start."""
    with office.desk.store.read() as uow:
        intervals = [
            each
            for stored in uow.replicas.resources(office.mailbox_id(address(number)))
            for each in stored.reading.intervals
        ]
    return any(each.period.start == start for each in intervals)
