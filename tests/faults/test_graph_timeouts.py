"""Graph: whatever the network does, every method ends in time and says what is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from connectors.contract import MailboxRef
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater
from connectors.graph import credentials
from connectors.graph.connector import GraphConnector
from tests.contract.office import WINDOW, ZONE
from tests.faults.bounded import Call, Ended, nothing_left_behind, under
from tests.faults.calendar_calls import WRITES, Prepared, refusal
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
    fault_proxy,
    latency,
)
from tests.servers.graph import GraphServer, graph_server

FAULTS = (
    latency(1.0),
    drip(0.1),
    RESET,
    HALF_OPEN,
    BLACK_HOLE,
    DEAF,
    cut(TO_CLIENT, 60),
    cut(TO_SERVER, 60),
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    # Requests are cut on their way: what arrives of them is in no contract.
    with graph_server(tmp_path_factory.mktemp("graph"), contract=False) as server:
        server.throttle.at_once_per_mailbox = None  # every method is called at the same time
        yield server


@pytest.fixture
def wire(graph: GraphServer) -> Iterator[FaultProxy]:
    """Before Graph; the token service is asked directly."""
    with fault_proxy(("127.0.0.1", _port(graph.root_url))) as proxy:
        before = graph.world.base_url
        graph.world.base_url = f"http://127.0.0.1:{proxy.port}/v1.0"  # links in answers
        yield proxy
        graph.world.base_url = before


@pytest.fixture
def prepared(graph: GraphServer, wire: FaultProxy) -> Iterator[Prepared]:
    address = f"maria{next(_numbers)}@kavala.example"
    graph.add_mailbox(address)
    connector = GraphConnector(
        graph.connection(url=f"http://127.0.0.1:{wire.port}/v1.0"), office_zone=ZONE
    )
    yield Prepared.on(connector, MailboxRef(address))
    connector.close()


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def abilities(prepared: Prepared, graph: GraphServer) -> dict[str, Call]:
    """What only some calendar systems can do; Graph can do all of it."""
    one, mailbox = prepared.connector, prepared.mailbox
    assert isinstance(one, GraphConnector)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return {
        "fingerprints": partial(one.fingerprints, mailboxes=[mailbox], window=WINDOW),
        "working_hours": partial(one.working_hours, mailbox=mailbox),
        "subscriptions": one.subscriptions,
        "subscribe": partial(
            one.subscribe,
            mailbox=mailbox,
            notification_url=graph.notification_url,
            lifecycle_url=graph.notification_url,
            client_state="secret",
            expires_at=tomorrow,
        ),
        "renew": partial(one.renew, subscription_id="none", expires_at=tomorrow),
        "unsubscribe": partial(one.unsubscribe, subscription_id="none"),
        "send_mail": partial(one.send_mail, sender=mailbox.address, mime=b"To: a@b.gr\r\n\r\nx"),
        "secure_meeting": partial(
            one.secure_meeting, mailbox=mailbox, meeting_url="https://teams.example/l/none"
        ),
    }


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_method_ends_in_time(
    prepared: Prepared, graph: GraphServer, wire: FaultProxy, fault: Fault, warm: bool
) -> None:
    prepared.connector.close()
    with nothing_left_behind(wire):
        ended = under(
            fault,
            prepared.calls() | abilities(prepared, graph),
            wire,
            before=prepared.look if warm else lambda: None,
            after=prepared.look,
        )
        effects = prepared.effects()
        prepared.connector.close()
    unknown = {name: told(name, end).outcome_unknown for name, end in ended.items()}
    assert not [name for name in effects if not unknown[name]], "done, but denied"
    assert not [name for name in ("get", "find", "changes", "read_busy") if unknown[name]]
    if fault is HALF_OPEN and warm:
        assert unknown["create"]
    if fault is DEAF and not warm:
        assert not any(unknown.values()), "nothing was ever sent"
    assert set(WRITES) < set(unknown)


def told(name: str, ended: Ended) -> ConnectorError:
    if name == "fingerprints" and isinstance(ended.value, dict):
        (error,) = ended.value.values()
        assert isinstance(error, TryLater)
        return error
    return refusal(name, ended)


# A handshake that is given up leaves its socket to Python, which closes it and says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", [RESET, HALF_OPEN, BLACK_HOLE, DEAF], ids=str)
def test_a_dead_token_service_holds_nobody(
    graph: GraphServer, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "_CONNECT", 1)
    monkeypatch.setattr(credentials, "_READ", 1)
    number = next(_numbers)
    address, client = f"nikos{number}@kavala.example", f"client-{number}"
    graph.add_mailbox(address)
    graph.tokens.register(client, secret=client)
    with fault_proxy(("127.0.0.1", _port(graph.authority))) as proxy, nothing_left_behind(proxy):
        connection = graph.connection(
            user=client,
            secret=client,
            options={"authority": f"https://localhost:{proxy.port}"},
        )
        connector = GraphConnector(connection, office_zone=ZONE)
        mailbox = MailboxRef(address)
        read = partial(connector.read_busy, mailboxes=[mailbox], window=WINDOW)
        ended = under(
            fault,
            {
                "read_busy": read,
                "changes": partial(
                    connector.changes, mailbox=mailbox, sync_state=None, known={}, window=WINDOW
                ),
            },
            proxy,
        )
        assert not any(refusal(name, end).outcome_unknown for name, end in ended.items())
        assert not isinstance(read(deadline=Deadline.after(20))[mailbox], ConnectorError)
        connector.close()
