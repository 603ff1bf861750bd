"""Every method of the connectors' contract, ready to be called under a fault."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from connectors.contract import BusyReading, CheckReport, Connector, MailboxRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater
from tests.contract.office import WINDOW, at, draft, new_key
from tests.faults.bounded import Call, Ended

READS = ("read_busy", "changes", "get", "find", "check")
WRITES = ("create", "update", "delete")


@dataclass
class Prepared:
    """Three events of ours that the calls may read, change and delete, and a key for a new one."""

    connector: Connector
    mailbox: MailboxRef
    read: RemoteEvent
    changed: RemoteEvent
    deleted: RemoteEvent
    key: str

    @classmethod
    def on(cls, connector: Connector, mailbox: MailboxRef) -> Prepared:
        made = [
            connector.create(
                mailbox=mailbox,
                draft=draft(at(3, hour)),
                key=new_key(),
                deadline=Deadline.after(20),
            )
            for hour in (9, 10, 11)
        ]
        return cls(connector, mailbox, *made, new_key())

    def calls(self) -> dict[str, Call]:
        one, mailbox = self.connector, self.mailbox
        return {
            "read_busy": partial(one.read_busy, mailboxes=[mailbox], window=WINDOW),
            "changes": partial(
                one.changes, mailbox=mailbox, sync_state=None, known={}, window=WINDOW
            ),
            "get": partial(one.get, mailbox=mailbox, event_id=self.read.ref.id),
            "find": partial(one.find, mailbox=mailbox, key=self.read.key or ""),
            "check": partial(one.check, mailbox=mailbox),
            "create": partial(
                one.create, mailbox=mailbox, draft=draft(at(4, 9)), key=self.key
            ),
            "update": partial(
                one.update, mailbox=mailbox, ref=self.changed.ref, draft=draft(at(4, 11))
            ),
            "delete": partial(one.delete, mailbox=mailbox, ref=self.deleted.ref),
        }  # fmt: skip

    def look(self) -> None:
        """What every caller can do when nothing is wrong."""
        found = self.connector.get(
            mailbox=self.mailbox, event_id=self.read.ref.id, deadline=Deadline.after(20)
        )
        assert found.key == self.read.key

    def effects(self) -> set[str]:
        """Which of the writing calls have taken effect."""
        one, mailbox, soon = self.connector, self.mailbox, Deadline.after(20)
        changed = one.find(mailbox=mailbox, key=self.changed.key or "", deadline=soon)
        assert changed is not None
        found = {
            "create": one.find(mailbox=mailbox, key=self.key, deadline=soon) is not None,
            "update": changed.ref.etag != self.changed.ref.etag,
            "delete": one.find(mailbox=mailbox, key=self.deleted.key or "", deadline=soon) is None,
        }
        return {name for name, done in found.items() if done}


def refusal(name: str, ended: Ended) -> ConnectorError:
    """The error of the contract that ``ended`` says, in whatever form; AssertionError if none."""
    value = ended.value
    if name == "read_busy" and isinstance(value, dict):
        (value,) = value.values()
        assert not isinstance(value, BusyReading)
    if name == "check" and isinstance(value, CheckReport):
        wrong = [finding for finding in value.findings if not finding.ok]
        assert wrong
        assert all(finding.remedy for finding in wrong)
        assert not value.readable
        return TryLater("said in the report")
    assert isinstance(value, TryLater), f"{name}: {value!r}"
    return value
