"""Credentials, certificates and addresses: what leaves this machine, and to whom."""

from __future__ import annotations

import base64
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3.exceptions
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.caldav import wire
from connectors.caldav.client import DavClient
from connectors.contract import Connection
from connectors.deadline import Deadline
from connectors.errors import NotAuthorised, TryLater
from tests.contract.office import soon


@contextmanager
def _server(
    challenge: str = "", certificate: Path | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Notes the Authorization of every request; challenges the first where asked to."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(self.headers.get("Authorization", ""))
            first = bool(challenge) and len(seen) == 1
            self.send_response(401 if first else 200)
            if first:
                self.send_header("WWW-Authenticate", challenge)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def do_REPORT(self) -> None:
            self.do_GET()

        def do_PUT(self) -> None:
            self.do_GET()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust the certificate goes away."""

    listener = Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield int(listener.server_address[1]), seen
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _client(port: int, scheme: str = "http", **options: str) -> DavClient:
    url = f"{scheme}://127.0.0.1:{port}/"
    return DavClient(Connection("caldav", url, "maria", "p4ss", options))


def test_basic_credentials_go_with_the_first_request() -> None:
    with _server() as (port, seen):
        assert _client(port).read("GET", "/", deadline=soon()).ok
    assert seen == ["Basic " + base64.b64encode(b"maria:p4ss").decode()]


def test_a_bearer_token_goes_with_the_first_request() -> None:
    with _server() as (port, seen):
        assert _client(port, auth="bearer").read("GET", "/", deadline=soon()).ok
    assert seen == ["Bearer p4ss"]


def test_digest_answers_a_challenge_and_never_shows_the_password() -> None:
    with _server('Digest realm="dav", nonce="n1", qop="auth", algorithm=MD5') as (port, seen):
        answer = _client(port, auth="digest").write("PUT", "/", body="x", deadline=soon())
    assert answer.ok
    assert seen[0] == ""
    assert seen[1].startswith('Digest username="maria"')
    assert "p4ss" not in seen[1]


def test_neither_netrc_nor_proxies_of_the_environment_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9/")
    with _server() as (port, seen):
        assert _client(port).read("GET", "/", deadline=soon()).ok
    assert seen == ["Basic " + base64.b64encode(b"maria:p4ss").decode()]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_an_unknown_certificate_is_refused_before_any_password_is_sent(certificate: Path) -> None:
    with _server(certificate=certificate) as (port, seen):
        with pytest.raises(NotAuthorised, match="certificate"):
            _client(port, "https").read("GET", "/", deadline=soon())
        assert seen == []


def test_a_certificate_authority_of_one_s_own_can_be_named(certificate: Path) -> None:
    with _server(certificate=certificate) as (port, seen):
        client = _client(port, "https", ca_file=str(certificate))
        assert client.read("GET", "/", deadline=soon()).ok
        assert client.write("PUT", "/", body="x", deadline=soon()).ok
    assert len(seen) == 2


class _Peer:
    """A socket that was connected to ``address``."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.closed = False

    def getpeername(self) -> tuple[str, int]:
        return self.address, 443

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254"])
def test_metadata_services_are_never_spoken_to(address: str) -> None:
    peer = _Peer(address)
    with pytest.raises(urllib3.exceptions.LocationValueError):
        wire.refuse_link_local(peer)
    assert peer.closed


@pytest.mark.parametrize("address", ["192.0.2.7", "10.1.2.3", "::1", "2001:db8::1"])
def test_other_addresses_are_municipal_daily_life(address: str) -> None:
    peer = _Peer(address)
    wire.refuse_link_local(peer)
    assert not peer.closed


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER", 10)
    with _server() as (port, _), pytest.raises(TryLater):
        _client(port).read("GET", "/", deadline=Deadline.after(60))


def test_a_connection_that_has_served_is_asked_quickly_and_with_the_same_credentials() -> None:
    with _server() as (port, seen):
        client = _client(port)
        for _ in range(3):
            assert client.read("REPORT", "/", body="<x/>", deadline=soon()).text == "ok"
        assert client._local.quick is not None
        client.close()
        assert client.read("REPORT", "/", body="<x/>", deadline=soon()).ok
    assert seen == ["Basic " + base64.b64encode(b"maria:p4ss").decode()] * 4


def test_digest_is_never_hurried() -> None:
    with _server('Digest realm="dav", nonce="n1", qop="auth", algorithm=MD5') as (port, seen):
        client = _client(port, auth="digest")
        for _ in range(2):
            assert client.read("REPORT", "/", body="<x/>", deadline=soon()).ok
    assert seen[1] != seen[2]  # each answer to a challenge is another
