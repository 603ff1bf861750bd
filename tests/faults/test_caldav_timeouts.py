"""CalDAV: whatever the network does, every method ends in time and says what is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.caldav.connector import CalDavConnector
from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import TryLater
from tests.contract.office import ZONE
from tests.faults.bounded import nothing_left_behind, under
from tests.faults.calendar_calls import WRITES, Prepared, refusal
from tests.faults.conftest import through
from tests.servers.caldav_server import CalDavServer
from tests.servers.faultproxy import (
    BLACK_HOLE,
    DEAF,
    HALF_OPEN,
    RESET,
    TO_CLIENT,
    TO_SERVER,
    Fault,
    FaultProxy,
    cut,
    drip,
    latency,
)
from tests.waiting import wait_until

FAULTS = (
    latency(1.0),
    drip(0.1),
    RESET,
    HALF_OPEN,
    BLACK_HOLE,
    DEAF,
    cut(TO_CLIENT, 0),
    cut(TO_CLIENT, 60),
    cut(TO_SERVER, 60),
)


@pytest.fixture
def prepared(radicale_server: CalDavServer, dav: FaultProxy) -> Iterator[Prepared]:
    url = radicale_server.make_calendar()
    connection = through(radicale_server, dav).connection()
    connector = CalDavConnector(connection, office_zone=ZONE)
    mailbox = MailboxRef("maria@kalamata.example", url.removeprefix(radicale_server.home))
    yield Prepared.on(connector, mailbox)
    radicale_server.remove_calendar(url)


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_method_ends_in_time(
    prepared: Prepared, dav: FaultProxy, fault: Fault, warm: bool
) -> None:
    prepared.connector.close()
    with nothing_left_behind(dav):
        ended = under(
            fault,
            prepared.calls(),
            dav,
            before=prepared.look if warm else lambda: None,
            after=prepared.look,
        )
    unknown = {name: refusal(name, end).outcome_unknown for name, end in ended.items()}
    assert not [name for name in unknown if name not in WRITES and unknown[name]]
    assert not [name for name in prepared.effects() if not unknown[name]], "done, but denied"
    if fault in (HALF_OPEN, cut(TO_CLIENT, 0), cut(TO_CLIENT, 60)):
        assert unknown["create"]
        wait_until(lambda: "create" in prepared.effects())
    if fault is DEAF and not warm:
        assert not any(unknown.values()), "nothing was ever sent"


def test_an_answer_that_is_cut_anywhere_is_no_answer(prepared: Prepared, dav: FaultProxy) -> None:
    """http.client takes the end of a connection for the end of the headers."""
    read = {name: prepared.calls()[name] for name in ("get", "find", "changes", "read_busy")}
    whole = {name: call(deadline=Deadline.after(20)) for name, call in read.items()}
    refused = 0
    for after in range(1, 900, 23):
        dav.play(cut(TO_CLIENT, after))
        for name, call in read.items():
            try:
                value = call(deadline=Deadline.after(20))
            except TryLater as error:
                value = error
            if name == "read_busy" and isinstance(value, dict):
                (value,) = value.values()
            if isinstance(value, TryLater):
                refused += 1
            else:
                assert value == whole[name], f"{name}, cut after {after} bytes"
    assert refused > 50
