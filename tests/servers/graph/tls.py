"""TLS for localhost with a private certificate authority, and threaded HTTP servers on loopback."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

_CA = "ca.pem"
_SERVER = "localhost.pem"
_CLIENT = "client.pem"


@dataclass(frozen=True)
class Certificates:
    """Files of one stand-in: they persist, so that a product which trusts ``ca_file`` goes on."""

    ca_file: Path
    server_file: Path  #: certificate of localhost with its key
    client_file: Path  #: certificate and key with which our application may sign in

    @property
    def client_pem(self) -> str:
        return self.client_file.read_text("ascii")

    def token_key(self) -> bytes:
        """Seals access tokens, so that those given out before a restart are still known."""
        return hashlib.sha256(self.server_file.read_bytes()).digest()

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts nobody but this stand-in."""
        return ssl.create_default_context(cafile=str(self.ca_file))


def certificates(folder: Path) -> Certificates:
    """The certificates in ``folder``, made there the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    files = Certificates(folder / _CA, folder / _SERVER, folder / _CLIENT)
    if not (files.ca_file.exists() and files.server_file.exists()):
        authority, server = _fresh_tls()
        _write(files.server_file, server)
        _write(files.ca_file, authority)
    if not files.client_file.exists():
        _write(files.client_file, _fresh_client())
    return files


def client_certificate() -> str:
    """PEM of a new self-signed RSA certificate with its key, as an administrator uploads one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rantevou")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return (certificate.public_bytes(serialization.Encoding.PEM) + private).decode("ascii")


@cache
def _fresh_tls() -> tuple[str, str]:
    authority = trustme.CA(organization_name="Rantevou stand-in, not Microsoft")
    server = authority.issue_cert("localhost", "127.0.0.1", "::1")
    chain = server.private_key_and_cert_chain_pem.bytes()
    return authority.cert_pem.bytes().decode("ascii"), chain.decode("ascii")


@cache
def _fresh_client() -> str:
    """One per process: a key costs a tenth of a second, and tests start many stand-ins."""
    return client_certificate()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "ascii")


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Servers of tests say nothing; the stand-in keeps a log of its own."""


class _Server(ThreadedWSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or would not shake hands, is none of our business."""


class LoopbackServer:
    """A WSGI application on 127.0.0.1 in threads of this process; port 0 takes any free one."""

    def __init__(
        self, app: WsgiApp, *, port: int = 0, tls: ssl.SSLContext | None = None, name: str = "http"
    ) -> None:
        self._server = _Server("127.0.0.1", port, app, _QuietHandler)
        if tls is not None:
            # The handshake belongs into the thread of its connection: a client that opens one and
            # says nothing must not keep the others out.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._server.ssl_context = tls
        self.port = int(self._server.socket.getsockname()[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name=f"graph-{name}",
            daemon=True,
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
