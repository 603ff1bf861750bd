"""The whole stand-in, running: Graph on plain http, Entra and the way to the product on TLS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.contract import Connection
from tests.servers.graph import delta, outlook, parts
from tests.servers.graph.app import App
from tests.servers.graph.authority import TokenAuthority
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.clock import Clock
from tests.servers.graph.deliveries import Delivery
from tests.servers.graph.faults import FaultPlan
from tests.servers.graph.forward import TlsFront
from tests.servers.graph.journal import RequestLog
from tests.servers.graph.mail import Mail
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.meetings import Meetings
from tests.servers.graph.serving import LoopbackServer
from tests.servers.graph.settings import Settings
from tests.servers.graph.subscriptions import Subscriptions
from tests.servers.graph.switches import Switches
from tests.servers.graph.throttle import Throttle
from tests.servers.graph.tls import certificates
from tests.servers.graph.world import Proceed, World

if TYPE_CHECKING:
    from tests.servers.graph.contract import Contract, Violation

CLIENT_ID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "rantevou.standin.example"))
CLIENT_SECRET = "not-a-secret-of-anybody"


class GraphServer:
    """A handle on a running stand-in; ``world`` is its whole state."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        tls_port: int = 0,
        forward_to: str = "",
        join_base: str = "",
        save_each: bool = False,
        contract: bool = False,
        violations_file: Path | None = None,
    ) -> None:
        """``contract``: hold the traffic to Microsoft's contract (0.3 ms a request);
        ``violations_file``: likewise, and write down at once what departs from it."""
        self.world = world = World(directory)
        world.save_each = save_each
        world.restore()
        self.certificates = certificates(directory / "tls")
        self.client_id, self.client_secret = CLIENT_ID, CLIENT_SECRET
        self.tokens = TokenAuthority(tenant=world.tenant, key=self.certificates.token_key())
        self.tokens.register(
            CLIENT_ID, secret=CLIENT_SECRET, certificate_pem=self.certificates.client_pem
        )
        world.use(self._bearer, order=40)
        self._contract = _judged(world, violations_file) if contract or violations_file else None
        self.faults = FaultPlan(world)
        self.throttle = Throttle(world)
        parts.install(world)
        self.meetings = Meetings(world, self._client_of)
        self.mail = Mail(world)
        self.settings = Settings(world)
        outlook.install(world, self.mail, self.meetings)
        self.subscriptions = Subscriptions(world, self._client_of)
        self.subscriptions.deliveries.trusts = self.certificates.client_context()
        self.front = TlsFront(self.tokens, forward_to=forward_to)
        self._http = LoopbackServer(App(world), port=port)
        self._tls = LoopbackServer(
            self.front, port=tls_port, tls=self.certificates.server_context(), name="tls"
        )
        self.root_url = f"http://127.0.0.1:{self._http.port}"
        self.base_url = world.base_url = f"{self.root_url}/v1.0"
        self.authority = self.tokens.base = f"https://localhost:{self._tls.port}"
        if join_base:
            world.join_base = join_base.replace("{root}", self.root_url)

    def start(self) -> GraphServer:
        self._http.start()
        self._tls.start()
        self.subscriptions.deliveries.start()
        return self

    def close(self) -> None:
        self.subscriptions.deliveries.close()
        self._tls.close()
        self._http.close()
        with self.world.lock:
            self.world.save()

    # What a product needs to connect

    @property
    def tenant(self) -> str:
        return self.world.tenant

    @property
    def ca_file(self) -> str:
        return str(self.certificates.ca_file)

    @property
    def certificate_pem(self) -> str:
        """Client certificate with its key, accepted by the token endpoint."""
        return self.certificates.client_pem

    @property
    def notification_url(self) -> str:
        """An https address from which notifications go on to ``front.forward_to``."""
        return f"{self.authority}/notifications/graph"

    def connection(self, **changes: Any) -> Connection:
        """By client secret; ``options`` are added to those that are needed, others replace."""
        options = {
            "tenant": self.tenant,
            "authority": self.authority,
            "disable_instance_discovery": "yes",
            "ca_file": self.ca_file,
        } | dict(changes.pop("options", {}))
        given = {"url": self.base_url, "user": self.client_id, "secret": self.client_secret}
        return Connection(provider="graph", options=options, **(given | changes))

    # State

    def add_mailbox(
        self,
        address: str,
        name: str = "",
        *,
        teams: bool = True,
        time_zone: str = "GTB Standard Time",
    ) -> Mailbox:
        box = Mailbox(self.world, address, name=name, teams=teams, time_zone=time_zone)
        return self.world.add_mailbox(box)

    def mailbox(self, address: str) -> Mailbox:
        """Raises KeyError."""
        box = self.world.mailbox(address)
        if box is None:
            raise KeyError(address)
        return box

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def requests(self) -> RequestLog:
        return self.world.requests

    @property
    def switches(self) -> Switches:
        return self.world.switches

    @property
    def scope(self) -> set[str] | None:
        """Addresses the app may reach (RBAC for Applications); None: the whole tenant."""
        return self.world.scope

    @scope.setter
    def scope(self, addresses: set[str] | None) -> None:
        self.world.scope = addresses

    @property
    def mails_to_attendees(self) -> list[tuple[str, str, str]]:
        """(mailbox, recipient, reason) of each mail that Exchange would have sent."""
        return self.world.mails_to_attendees

    @property
    def deliveries(self) -> list[Delivery]:
        """Every POST to the product's notification addresses: (at, status, seconds, …)."""
        return self.subscriptions.deliveries.log

    def flush_notifications(self, seconds: float = 10.0) -> None:
        """Wait until all notifications were delivered; raises AssertionError otherwise."""
        self.subscriptions.deliveries.flush(seconds)

    @property
    def forward_to(self) -> str:
        """Where the product listens ("http://127.0.0.1:8000"); empty: notifications get 404."""
        return self.front.forward_to

    @forward_to.setter
    def forward_to(self, address: str) -> None:
        self.front.forward_to = address.rstrip("/")

    @property
    def violations(self) -> list[Violation]:
        """Where client or stand-in departed from Microsoft's contract; only if it is watched."""
        assert self._contract is not None, "start with contract=True"
        return self._contract.violations(self.deliveries)

    def forget_delta_tokens(self) -> None:
        delta.forget_tokens(self.world)

    def _client_of(self, token: str) -> str:
        try:
            return self.tokens.client_of(f"Bearer {token}")
        except PermissionError:
            return ""

    def _bearer(self, call: Call, proceed: Proceed) -> Answer:
        if call.base != "/v1.0" or call.in_batch:
            return proceed(call)
        try:
            self.tokens.client_of(call.headers.get("Authorization"))
        except PermissionError as refusal:
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                str(refusal),
                headers={
                    "WWW-Authenticate": 'Bearer realm="", authorization_uri="'
                    f'{self.authority}/common/oauth2/authorize"'
                },
            ) from None
        return proceed(call)


def _judged(world: World, log: Path | None) -> Contract:
    """openapi-core or the SDK's models: neither is there where a stand-in only serves a demo."""
    from tests.servers.graph.contract import Contract, judge

    return Contract(world, judge(), log=log)


@contextmanager
def graph_server(
    directory: Path, *, contract: bool | None = None, **options: Any
) -> Iterator[GraphServer]:
    """A running stand-in that keeps its state in ``directory``; closed with the block.

    Where ``contract`` is not given, all traffic is held to the OpenAPI subset if that is there,
    and what departed from it is an AssertionError at the end; else the caller sees to it.
    """
    strict = contract is None and _subset_is_there()
    server = GraphServer(directory, contract=bool(contract) or strict, **options).start()
    try:
        yield server
        departed = server.violations if strict else []
        assert not departed, "\n".join(map(str, departed))
    finally:
        server.close()


def _subset_is_there() -> bool:
    from tests.servers.graph.contract import contract_file

    return contract_file() is not None
