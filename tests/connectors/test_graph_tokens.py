"""Signing in: what is refused says what to do, and no token is asked for twice."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator

import pytest
from azure.core.credentials import AccessToken
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from connectors.graph.board import TokenBoard, name_of
from connectors.graph.client import GraphClient, json_request
from connectors.graph.connector import GraphConnector
from tests.contract.office import ZONE
from tests.servers.graph import GraphServer, graph_server

ANNA = "anna@kavala.example"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        server.add_mailbox(ANNA)
        yield server


@pytest.fixture
def client(graph: GraphServer) -> Iterator[GraphClient]:
    """With an application of its own: nobody else has fetched a token for it."""
    name, secret = os.urandom(8).hex(), os.urandom(8).hex()
    graph.tokens.register(name, secret=secret)
    made = GraphClient(graph.connection(user=name, secret=secret))
    yield made
    made.close()
    graph.tokens.outage = None


def calendar(graph: GraphServiceClient) -> RequestInformation:
    return graph.users.by_user_id(ANNA).calendar.to_get_request_information()


def a_category(graph: GraphServiceClient) -> RequestInformation:
    body = {"displayName": os.urandom(8).hex(), "color": "preset1"}
    path = "{+baseurl}/users/{user}/outlook/masterCategories"
    return json_request("POST", path, {"user": ANNA}, body)


def read(client: GraphClient) -> str:
    answer = client.request(calendar, mailbox=ANNA, deadline=Deadline.after(60), writing=False)
    return str(answer.json["name"])


def write(client: GraphClient) -> int:
    return client.request(
        a_category, mailbox=ANNA, deadline=Deadline.after(60), writing=True
    ).status


def test_children_of_a_fork_share_a_token(graph: GraphServer, client: GraphClient) -> None:
    issued = graph.tokens.issued
    for _ in range(3):
        child = os.fork()
        if child == 0:
            # Whatever happens, this copy of the test runner must not live on.
            try:
                done = 0 if read(client) == "Calendar" else 1
            except BaseException:  # noqa: BLE001
                done = 2
            os._exit(done)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read(client) == "Calendar"
    assert graph.tokens.issued == issued + 1


def test_another_secret_is_another_token(graph: GraphServer, client: GraphClient) -> None:
    read(client)
    name = client.settings.client_id
    other = GraphClient(graph.connection(user=name, secret="another"))
    with pytest.raises(NotAuthorised, match="7000215"):
        read(other)
    other.close()


def test_a_certificate_that_cannot_be_read_is_told_at_once(graph: GraphServer) -> None:
    pem = graph.certificate_pem
    middle = len(pem) // 2
    broken = pem[: middle - 40] + "!" * 80 + pem[middle + 40 :]
    with pytest.raises(ValueError, match=r"."):
        GraphConnector(graph.connection(secret=broken), office_zone=ZONE)


def test_a_board_gives_back_what_was_put() -> None:
    board, name, other = TokenBoard(), name_of("a", "b"), name_of("a", "c")
    assert board.get(name) is None
    board.put(name, AccessToken("x" * 3000, 17))
    assert board.get(name) == AccessToken("x" * 3000, 17)
    assert board.get(other) is None
    board.drop(name, "another")
    assert board.get(name) is not None
    board.drop(name, "x" * 3000)
    assert board.get(name) is None
    board.put(name, AccessToken("x" * 20_000, 17))
    assert board.get(name) is None


def test_a_token_that_is_being_written_reads_as_none_or_whole() -> None:
    board, name, ended = TokenBoard(), name_of("app"), threading.Event()

    def write_on() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            text = hashlib.sha256(str(number).encode()).hexdigest() * (10 + number % 30)
            board.put(name, AccessToken(text, len(text)))

    writers = [threading.Thread(target=write_on) for _ in range(2)]
    for writer in writers:
        writer.start()
    until = time.monotonic() + 0.5
    seen = 0
    while time.monotonic() < until:
        token = board.get(name)
        if token is not None:
            seen += 1
            assert token.expires_on == len(token.token)
            assert token.token == token.token[:64] * (len(token.token) // 64)
    ended.set()
    for writer in writers:
        writer.join()
    assert seen > 10


def test_a_token_that_graph_refuses_is_replaced_once(
    graph: GraphServer, client: GraphClient
) -> None:
    read(client)
    graph.tokens.expire_tokens()
    assert write(client) == 201


def test_a_token_near_its_end_is_renewed(
    graph: GraphServer, client: GraphClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.tokens, "lifetime", 200)
    issued = graph.tokens.issued
    read(client)
    read(client)
    assert graph.tokens.issued == issued + 2


@pytest.mark.parametrize(
    ("outage", "kind", "text"),
    [
        ((401, "invalid_client", 7000215, "Invalid client secret"), NotAuthorised, "secret set"),
        ((401, "invalid_client", 700027, "not registered"), NotAuthorised, "upload"),
        ((400, "unauthorized_client", 700016, "not found"), NotAuthorised, "client"),
        ((503, "temporarily_unavailable", 90033, "later"), TryLater, "90033"),
        ((429, "invalid_request", 90055, "throttled"), TryLater, "slow down"),
    ],
)
def test_what_the_token_service_refuses_says_what_to_do(
    graph: GraphServer,
    client: GraphClient,
    outage: tuple[int, str, int, str],
    kind: type[Exception],
    text: str,
) -> None:
    graph.tokens.outage = outage
    with pytest.raises(kind, match=text):
        write(client)
    graph.tokens.outage = None
    assert write(client) == 201


def test_an_unknown_authority_is_an_administrators_work(graph: GraphServer) -> None:
    client = GraphClient(graph.connection(options={"tenant": "another.example"}))
    with pytest.raises(NotAuthorised):
        read(client)
    client.close()


def test_an_untrusted_certificate_names_the_option(graph: GraphServer) -> None:
    client = GraphClient(graph.connection(options={"ca_file": ""}))
    with pytest.raises(NotAuthorised, match="ca_file"):
        read(client)
    client.close()


def test_missing_credentials_are_an_administrators_work(graph: GraphServer) -> None:
    client = GraphClient(graph.connection(secret=""))
    with pytest.raises(NotAuthorised, match="set user and secret"):
        read(client)
    client.close()
