"""The contract on the in-memory connector, plain and with the abilities that Graph has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.contract import MailboxRef
from connectors.memory import MemoryConnector
from tests.contract.office import MemoryStaff, Office
from tests.contract.suite_events import EventPromises
from tests.contract.suite_looking import LookingPromises, Neighbour
from tests.contract.suite_reading import MissingCalendarPromises, ReadingPromises


def _office(connector: MemoryConnector) -> Office:
    mailbox = MailboxRef("maria@kalamata.example")
    return Office(connector, mailbox, MemoryStaff(connector, mailbox), lambda: connector)


@pytest.fixture
def missing(office: Office) -> MailboxRef:
    mailbox = MailboxRef("nobody@kalamata.example")
    assert isinstance(office.connector, MemoryConnector)
    office.connector.lose_mailbox(mailbox)
    return mailbox


class TestMemory(EventPromises, ReadingPromises, MissingCalendarPromises):
    @pytest.fixture
    def office(self) -> Office:
        return _office(MemoryConnector())


class TestMemoryThatLooks(EventPromises, ReadingPromises, MissingCalendarPromises, LookingPromises):
    @pytest.fixture
    def office(self) -> Office:
        return _office(MemoryConnector(fingerprints=20, exact_periods=True, bounded=True))

    @pytest.fixture
    def neighbours(self, office: Office) -> Callable[[int], list[Neighbour]]:
        connector = office.connector
        assert isinstance(connector, MemoryConnector)
        mailboxes = [MailboxRef(f"nikos{number}@kalamata.example") for number in range(60)]
        return lambda count: [
            Neighbour(each, MemoryStaff(connector, each)) for each in mailboxes[:count]
        ]
