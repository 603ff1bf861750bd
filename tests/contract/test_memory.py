"""The contract on the in-memory connector."""

from __future__ import annotations

import pytest

from connectors.contract import MailboxRef
from connectors.memory import MemoryConnector
from tests.contract.office import MemoryStaff, Office
from tests.contract.suite_events import EventPromises
from tests.contract.suite_reading import MissingCalendarPromises, ReadingPromises


@pytest.fixture
def office() -> Office:
    connector = MemoryConnector()
    mailbox = MailboxRef("maria@kalamata.example")
    return Office(connector, mailbox, MemoryStaff(connector, mailbox), lambda: connector)


@pytest.fixture
def missing(office: Office) -> MailboxRef:
    mailbox = MailboxRef("nobody@kalamata.example")
    assert isinstance(office.connector, MemoryConnector)
    office.connector.lose_mailbox(mailbox)
    return mailbox


class TestMemory(EventPromises, ReadingPromises, MissingCalendarPromises):
    pass
