"""The contract on the in-memory connector, plain and with the abilities that Graph has."""

from __future__ import annotations

import pytest

from connectors.conformance.office import Neighbour
from connectors.contract import MailboxRef
from connectors.memory import MemoryConnector
from tests.contract.office import MemoryStaff, Office
from tests.contract.suite import EventPromises, LookingPromises, ReadingPromises


def _office(connector: MemoryConnector) -> Office:
    mailbox, missing = (MailboxRef(f"{name}@kalamata.example") for name in ("maria", "nobody"))
    connector.lose_mailbox(missing)

    def neighbours(count: int) -> list[Neighbour]:
        mailboxes = [MailboxRef(f"nikos{number}@kalamata.example") for number in range(count)]
        return [Neighbour(each, MemoryStaff(connector, each)) for each in mailboxes]

    return Office(
        connector=connector,
        mailbox=mailbox,
        staff=MemoryStaff(connector, mailbox),
        another=lambda: connector,
        missing=missing,
        neighbours=neighbours,
    )


class TestMemory(EventPromises, ReadingPromises):
    @pytest.fixture
    def office(self) -> Office:
        return _office(MemoryConnector())


class TestMemoryThatLooks(EventPromises, ReadingPromises, LookingPromises):
    @pytest.fixture
    def office(self) -> Office:
        return _office(MemoryConnector(fingerprints=20, exact_periods=True, bounded=True))
