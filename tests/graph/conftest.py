"""A running stand-in with one mailbox, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.graph.calling import Client
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.mailbox import Mailbox


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[GraphServer]:
    """What it answers is held to Microsoft's contract; what tests send wrongly is their wish."""
    with graph_server(tmp_path / "graph", contract=True) as server:
        yield server
        own = [one for one in server.violations if one.side != "request"]
        assert not own, "\n".join(map(str, own))


@pytest.fixture
def anna(graph: GraphServer) -> Mailbox:
    return graph.add_mailbox("anna@kavala.example", name="Άννα")


@pytest.fixture
def client(graph: GraphServer, anna: Mailbox) -> Iterator[Client]:
    client = Client(graph, anna)
    yield client
    client.close()
