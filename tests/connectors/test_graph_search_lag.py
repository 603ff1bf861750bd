"""A search of Microsoft Graph that does not know yet of what was just written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.connectors.outlook import Outlook
from tests.contract.office import at, new_key, soon


@pytest.fixture
def late(outlook_office: Outlook) -> Iterator[Outlook]:
    outlook_office.graph.switches.filter_delay = timedelta(minutes=5)
    yield outlook_office
    outlook_office.graph.switches.filter_delay = timedelta(0)


def test_an_event_that_staff_moved_at_once_is_not_written_again(late: Outlook) -> None:
    key = new_key()
    first = late.create(at(3, 9), key)
    late.box.move(first.ref.id, at(3, 13).start, at(3, 13).end)
    again = late.create(at(3, 9), key, by=late.another())
    assert again.ref.id == first.ref.id
    assert again.period == at(3, 13)
    assert len(late.box.events()) == 1


def test_an_event_that_staff_removed_at_once_is_written_again(late: Outlook) -> None:
    key = new_key()
    first = late.create(at(3, 9), key)
    late.box.remove(first.ref.id)
    again = late.create(at(3, 9), key)
    assert again.ref.id != first.ref.id
    assert [each["id"] for each in late.box.events()] == [again.ref.id]


def test_a_check_leaves_nothing_behind(late: Outlook) -> None:
    report = late.connector.check(mailbox=late.mailbox, deadline=soon())
    assert report.writable
    assert late.box.events() == []
