"""TLS for localhost with a private certificate authority."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

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
