"""One line to Graph a process: threads, forks, deadlines, throttling, tokens, foreign links."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_service_client import GraphServiceClient

from connectors.deadline import Deadline
from connectors.errors import (
    MailboxNotFound,
    Rejected,
    TryLater,
)
from connectors.graph import batch
from connectors.graph.client import GraphClient, json_request
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import created_but, refused, reset, waits_for

ANNA = "anna@kavala.example"


@dataclass
class Gate:
    """Notes who passes and for how long the provider asked everybody to wait."""

    passed: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    @contextmanager
    def passing(self, *, account: str, mailbox: str, deadline: Deadline) -> Iterator[None]:
        self.passed.append((account, mailbox))
        yield

    def pause(self, *, account: str, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphServer]:
    with graph_server(tmp_path_factory.mktemp("graph")) as server:
        server.add_mailbox(ANNA)
        yield server


@pytest.fixture(autouse=True)
def no_faults(graph: GraphServer) -> Iterator[None]:
    yield
    graph.faults.clear()
    graph.tokens.outage = None
    graph.requests.settle()
    graph.requests.clear()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def client(graph: GraphServer, gate: Gate) -> Iterator[GraphClient]:
    made = GraphClient(graph.connection(), gate=gate)
    yield made
    made.close()


def calendar(graph: GraphServiceClient) -> RequestInformation:
    return graph.users.by_user_id(ANNA).calendar.to_get_request_information()


def a_category(user: str) -> RequestInformation:
    body = {"displayName": os.urandom(8).hex(), "color": "preset1"}
    path = "{+baseurl}/users/{user}/outlook/masterCategories"
    return json_request("POST", path, {"user": user}, body)


def read(client: GraphClient, seconds: float = 10) -> str:
    answer = client.request(calendar, mailbox=ANNA, deadline=Deadline.after(seconds), writing=False)
    return str(answer.json["name"])


def write(client: GraphClient, seconds: float = 10, *, user: str = ANNA) -> int:
    return client.request(
        lambda _: a_category(user), mailbox=user, deadline=Deadline.after(seconds), writing=True
    ).status


def test_a_request_passes_the_gate_and_brings_json(client: GraphClient, gate: Gate) -> None:
    assert read(client) == "Calendar"
    assert gate.passed == [(client.settings.account, ANNA)]


@pytest.mark.parametrize("secret", ["", "certificate"])
def test_secret_and_certificate_sign_in(graph: GraphServer, secret: str) -> None:
    changes = {"secret": graph.certificate_pem} if secret else {}
    client = GraphClient(graph.connection(**changes))
    assert read(client) == "Calendar"
    client.close()


def test_sixteen_threads_share_one_client_and_one_token(
    graph: GraphServer, client: GraphClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The gate here lets all of them through at once, which Microsoft's four a mailbox would not.
    monkeypatch.setattr(graph.throttle, "at_once_per_mailbox", None)
    read(client)
    graph.tokens.expire_tokens()
    issued = graph.tokens.issued
    with ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda _: read(client), range(64)))
    assert names == ["Calendar"] * 64
    assert graph.tokens.issued == issued + 1
    assert [t.name for t in threading.enumerate()].count("graph") >= 1


def test_a_child_of_a_fork_opens_its_own_line(client: GraphClient) -> None:
    read(client)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Whatever happens, this copy of the test runner must not live on.
        try:
            os.write(writing, (read(client) * 2)[:8].encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        assert told.read() == b"Calendar"
    assert read(client) == "Calendar"


def test_a_loop_that_died_is_replaced(client: GraphClient) -> None:
    read(client)
    assert client._line is not None
    loop = client._line._loop
    loop.stop(client._line._http.aclose(), seconds=5)
    assert not loop.alive
    assert read(client) == "Calendar"


def test_closing_ends_the_thread_and_the_next_request_opens_anew(client: GraphClient) -> None:
    read(client)
    assert client._line is not None
    loop = client._line._loop
    client.close()
    assert not loop.alive
    assert read(client) == "Calendar"


def test_closing_breaks_off_what_is_under_way(graph: GraphServer, client: GraphClient) -> None:
    read(client)
    arrived, held = threading.Event(), threading.Event()
    graph.faults.add(_told(arrived, held), path="masterCategories")
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(write, client, 20)
        assert arrived.wait(10)
        client.close()
        error = pending.exception(timeout=10)
    held.set()
    assert isinstance(error, TryLater)
    assert error.outcome_unknown


def _told(arrived: threading.Event, held: threading.Event):  # type: ignore[no-untyped-def]
    def effect(call, proceed):  # type: ignore[no-untyped-def]
        arrived.set()
        return waits_for(held)(call, proceed)

    return effect


# ---- deadlines -----------------------------------------------------------------------------


def test_a_slow_answer_ends_at_the_deadline(graph: GraphServer, client: GraphClient) -> None:
    read(client)
    held = threading.Event()
    graph.faults.add(waits_for(held), path="calendar$|masterCategories", times=2)
    started = time.monotonic()
    with pytest.raises(TryLater) as read_error:
        read(client, 1)
    with pytest.raises(TryLater) as write_error:
        write(client, 1)
    held.set()
    assert time.monotonic() - started < 20  # a busy machine; the service never answers
    assert not read_error.value.outcome_unknown
    assert write_error.value.outcome_unknown


def test_after_the_deadline_nothing_is_sent(graph: GraphServer, client: GraphClient) -> None:
    with pytest.raises(TryLater, match="before it was sent"):
        write(client, 0, user="late@kavala.example")
    assert graph.requests.count("POST", "late@") == 0


def test_a_silent_token_service_takes_nobody_beyond_his_deadline(graph: GraphServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        options = {"authority": f"https://127.0.0.1:{port}"}
        client = GraphClient(graph.connection(options=options))
        started = time.monotonic()
        with pytest.raises(TryLater) as error:
            write(client, 1, user="patient@kavala.example")
        assert time.monotonic() - started < 20
        assert not error.value.outcome_unknown
        client.close()
    assert graph.requests.count("POST", "patient@") == 0


def test_a_server_that_is_not_there_did_nothing(graph: GraphServer) -> None:
    with socket.socket() as unbound:
        unbound.bind(("127.0.0.1", 0))
        port = unbound.getsockname()[1]
        client = GraphClient(graph.connection(url=f"http://127.0.0.1:{port}/v1.0"))
        with pytest.raises(TryLater, match="cannot be reached") as error:
            write(client)
        client.close()
    assert not error.value.outcome_unknown


def test_a_dropped_read_is_repeated_and_a_dropped_write_is_not(
    graph: GraphServer, client: GraphClient
) -> None:
    read(client)
    graph.requests.clear()
    graph.faults.add(reset(after=False), path="calendar$")
    assert read(client) == "Calendar"
    assert graph.requests.count("GET", "calendar$") == 2
    graph.faults.add(reset(after=True), path="masterCategories")
    with pytest.raises(TryLater) as error:
        write(client)
    assert error.value.outcome_unknown
    assert graph.requests.count("POST", "masterCategories") == 1


# ---- throttling ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503, 504])
def test_nothing_is_repeated_and_everybody_waits_as_told(
    graph: GraphServer, client: GraphClient, gate: Gate, status: int
) -> None:
    graph.faults.add(refused(status, retry_after=17), path="masterCategories")
    with pytest.raises(TryLater) as error:
        write(client)
    assert error.value.retry_after == 17
    assert error.value.outcome_unknown is (status != 429)
    assert gate.pauses == [17]
    assert graph.requests.count("POST", "masterCategories") == 1


def test_a_wait_has_a_cap(graph: GraphServer, client: GraphClient, gate: Gate) -> None:
    graph.faults.add(refused(429, retry_after=86400), path="calendar$")
    with pytest.raises(TryLater) as error:
        read(client)
    assert error.value.retry_after == 600
    assert gate.pauses == [600]


def test_where_no_wait_is_told_pauses_grow_and_begin_anew_after_a_success(
    graph: GraphServer, client: GraphClient, gate: Gate
) -> None:
    graph.faults.add(refused(429), path="calendar$", times=3)
    for _ in range(3):
        with pytest.raises(TryLater):
            read(client)
    read(client)
    graph.faults.add(refused(503), path="calendar$")
    with pytest.raises(TryLater):
        read(client)
    assert gate.pauses == [5, 10, 20, 5]


def test_a_created_event_behind_a_503_is_unknown(graph: GraphServer, client: GraphClient) -> None:
    graph.faults.add(created_but(503), path="masterCategories")
    with pytest.raises(TryLater) as error:
        write(client)
    assert error.value.outcome_unknown


# ---- links, redirects, preferences -----------------------------------------------------------


def test_no_link_leads_to_another_server(graph: GraphServer, client: GraphClient) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(Rejected, match="another server"):
                client.follow(
                    f"http://{host}:{other.getsockname()[1]}/v1.0/x",
                    mailbox=ANNA,
                    deadline=Deadline.after(60),
                )
        with pytest.raises(TimeoutError):
            asked.append(other.accept()[0].recv(100))
    assert asked == []
    assert client.is_ours(f"{graph.base_url}/users")
    assert not client.is_ours("https://graph.microsoft.com/v1.0/users")


def test_a_redirect_is_not_followed(graph: GraphServer, client: GraphClient) -> None:
    def moved(call, proceed):  # type: ignore[no-untyped-def]
        answer = proceed(call)
        answer.status = 307
        answer.headers = {"Location": f"{graph.base_url}/users/{ANNA}/calendar"}
        return answer

    graph.faults.add(moved, path="calendar$")
    with pytest.raises(MailboxNotFound, match="redirects"):
        read(client)
    assert graph.requests.count("GET", "calendar$") == 1


def test_every_request_asks_for_immutable_ids_and_utc(
    graph: GraphServer, client: GraphClient
) -> None:
    seen: list[dict[str, str]] = []

    def noted(call, proceed):  # type: ignore[no-untyped-def]
        seen.append({name.lower(): value for name, value in call.headers.items()})
        return proceed(call)

    graph.faults.add(noted, times=None)
    write(client)
    client.request(
        calendar,
        mailbox=ANNA,
        deadline=Deadline.after(60),
        writing=False,
        prefer=("odata.maxpagesize=50",),
    )
    both = 'IdType="ImmutableId", outlook.timezone="UTC"'
    assert [each["prefer"] for each in seen] == [both, f"{both}, odata.maxpagesize=50"]
    assert len({each["client-request-id"] for each in seen}) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'{"value": ['])
def test_an_answer_that_is_not_graphs_is_no_answer(
    graph: GraphServer, client: GraphClient, body: bytes
) -> None:
    def garbled(call, proceed):  # type: ignore[no-untyped-def]
        answer = proceed(call)
        answer.encoded = lambda: (body, "text/html")
        return answer

    graph.faults.add(garbled, path="masterCategories")
    with pytest.raises(TryLater, match="not the JSON") as error:
        write(client)
    assert error.value.outcome_unknown


# ---- batch -----------------------------------------------------------------------------------


def test_a_batch_gives_each_part_its_own_answer(graph: GraphServer, client: GraphClient) -> None:
    parts = [batch.Part("GET", f"/users/{ANNA}/calendar")] * 21
    parts.append(batch.Part("GET", "/users/nobody@kavala.example/calendar"))
    answers = batch.send(client, parts, writing=False, deadline=Deadline.after(60))
    assert [answer["name"] for answer in answers[:21] if isinstance(answer, dict)] == [
        "Calendar"
    ] * 21
    assert isinstance(answers[21], MailboxNotFound)
    assert graph.requests.count("POST", r"\$batch") == 2


def test_a_throttled_part_of_a_batch_makes_everybody_wait(
    graph: GraphServer, client: GraphClient, gate: Gate
) -> None:
    graph.faults.add(refused(429, retry_after=9), path="calendar$")
    part = batch.Part("GET", f"/users/{ANNA}/calendar")
    (answer,) = batch.send(client, [part], writing=False, deadline=Deadline.after(60))
    assert isinstance(answer, TryLater)
    assert gate.pauses == [9]
