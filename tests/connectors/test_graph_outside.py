"""What must not get out of the Graph connector, and what hostile texts do to it: nothing."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption

from connectors.contract import EventDraft, MailboxRef, Period
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, NotAuthorised, Rejected
from connectors.graph.client import GraphClient, link
from connectors.graph.connector import GraphConnector
from connectors.graph.throttle import retry_after
from connectors.registry import connector_for
from tests.servers.graph import GraphServer
from tests.servers.graph.faults import refused

ZONE = ZoneInfo("Europe/Athens")
BOX = MailboxRef("outside@stadt.example")
STATE = "state-of-the-subscription-zz"
WRONG = "wrong-secret-of-nobody-zz"


@pytest.fixture(scope="module")
def graph(shared_graph: GraphServer) -> GraphServer:
    if shared_graph.world.mailbox(BOX.address) is None:
        shared_graph.add_mailbox(BOX.address)
    return shared_graph


@pytest.fixture
def tokens(graph: GraphServer, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bearer tokens as the stand-in saw them."""
    seen: list[str] = []
    judge = graph.tokens.client_of

    def client_of(header: str | None) -> str:
        seen.append((header or "").removeprefix("Bearer "))
        return judge(header)

    monkeypatch.setattr(graph.tokens, "client_of", client_of)
    return seen


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1.evil.example/v1.0/x",
        "http://127.0.0.1@evil.example/v1.0/x",
        "http://127.0.0.1\\@evil.example/v1.0/x",
        "//evil.example/v1.0/x",
        "/v1.0/users",
        "file:///etc/passwd",
        "http://127.0.0.1:no-port/v1.0/x",
        "http://127.0.0.1／evil.example/v1.0/x",
        "http://[::1/v1.0/x",
    ],
)
def test_a_link_elsewhere_is_not_followed_whatever_it_looks_like(
    graph: GraphServer, url: str
) -> None:
    client = GraphClient(graph.connection())
    before = len(graph.requests)
    assert not client.is_ours(url)
    with pytest.raises(Rejected):
        client.request(lambda _: link(url), mailbox="", deadline=Deadline.after(60), writing=False)
    assert len(graph.requests) == before
    client.close()


def everything(connector: GraphConnector) -> list[BaseException]:
    """Reading, writing, subscribing; what was raised."""
    start = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
    hour = Period(start, start + timedelta(hours=1))
    raised: list[BaseException] = []

    def keep(work: object) -> None:
        assert callable(work)
        try:
            work()
        except ConnectorError as error:
            raised.append(error)

    late = Deadline.after(20)
    hook = "https://localhost:1/notifications/graph"
    keep(
        lambda: connector.changes(
            mailbox=BOX, sync_state=None, known={}, window=hour, deadline=late
        )
    )
    keep(
        lambda: connector.create(
            mailbox=BOX, draft=EventDraft(hour, "s", "b", "R"), key="outside", deadline=late
        )
    )
    keep(
        lambda: connector.subscribe(
            mailbox=BOX,
            notification_url=hook,
            lifecycle_url=f"{hook}/lifecycle",
            client_state=STATE,
            expires_at=datetime.now(UTC) + timedelta(days=1),
            deadline=late,
        )
    )
    return raised


def test_secrets_are_in_no_log_no_repr_and_no_error(
    graph: GraphServer, tokens: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = []
    for secret in (graph.client_secret, graph.certificate_pem, WRONG):
        connector = GraphConnector(graph.connection(secret=secret), office_zone=ZONE)
        raised = everything(connector)
        assert raised  # nobody answers the handshake; the wrong secret is refused
        graph.faults.add(refused(403), times=3)
        raised += everything(connector)
        graph.faults.clear()
        texts += [line for error in raised for line in traceback.format_exception(error)]
        texts += [repr(connector), repr(connector._graph.settings), repr(graph.connection())]
        connector.close()
    used = {token for token in tokens if token}
    assert used
    found = "\n".join([*(text for text in texts if "client_state=STATE" not in text), caplog.text])
    body = graph.certificate_pem.split("PRIVATE KEY-----")[1].split()[0]
    for kept in (graph.client_secret, WRONG, STATE, body, "client_assertion=", *used):
        assert kept not in found


def test_a_key_with_a_password_is_told_in_words_before_anybody_waits(graph: GraphServer) -> None:
    pem = graph.certificate_pem.encode()
    locked = serialization.load_pem_private_key(pem, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        BestAvailableEncryption(b"secret"),
    )
    start = graph.certificate_pem.index("-----BEGIN CERTIFICATE")
    end = graph.certificate_pem.index("-----END CERTIFICATE-----") + 25
    both = graph.certificate_pem[start:end] + "\n" + locked.decode()
    with pytest.raises(ValueError, match="without a password"):
        connector_for(graph.connection(secret=both), office_zone=ZONE)
    mangled = both.replace("ENCRYPTED ", "")
    with pytest.raises(ValueError, match="cannot be read"):
        connector_for(graph.connection(secret=mangled), office_zone=ZONE)


def test_a_token_that_is_refused_says_nothing_of_the_secret(graph: GraphServer) -> None:
    connector = GraphConnector(graph.connection(secret=WRONG), office_zone=ZONE)
    (error, *_) = everything(connector)
    assert isinstance(error, NotAuthorised)
    assert error.__cause__ is None
    connector.close()


@pytest.mark.parametrize(
    "header", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "9" * 5000, "-1", "nan", "\x00"]
)
def test_no_waiting_time_is_endless_or_breaks_us(header: str) -> None:
    assert retry_after(header, now=datetime.now(UTC)) in {None, 0.0, 600.0}
