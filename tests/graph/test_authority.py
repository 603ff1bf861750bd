"""azure-identity, unmodified, gets its tokens from the stand-in's token endpoint over TLS."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.servers.graph.authority import TokenAuthority
from tests.servers.graph.forward import TlsFront
from tests.servers.graph.serving import LoopbackServer
from tests.servers.graph.tls import (
    Certificates,
    certificates,
    client_certificate,
)

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-8888-7777-6666-555555555555"
SCOPE = "https://graph.microsoft.com/.default"


@dataclass
class Entra:
    authority: TokenAuthority
    files: Certificates
    server: LoopbackServer

    def options(self) -> dict[str, Any]:
        return {
            "authority": self.authority.base,
            "disable_instance_discovery": True,
            "connection_verify": str(self.files.ca_file),
        }

    def post(self, tenant: str = TENANT, **form: str) -> httpx.Response:
        return httpx.post(
            f"{self.authority.base}/{tenant}/oauth2/v2.0/token",
            data={"grant_type": "client_credentials", "scope": SCOPE, "client_id": CLIENT} | form,
            verify=self.files.client_context(),
        )


@pytest.fixture
def entra(tmp_path: Path) -> Iterator[Entra]:
    files = certificates(tmp_path)
    authority = TokenAuthority(tenant=TENANT)
    authority.register(CLIENT, secret="right", certificate_pem=files.client_pem)
    server = LoopbackServer(TlsFront(authority), tls=files.server_context())
    authority.base = f"https://localhost:{server.port}"
    server.start()
    yield Entra(authority, files, server)
    server.close()


def test_a_client_secret_gives_a_token_that_graph_knows(entra: Entra) -> None:
    with ClientSecretCredential(TENANT, CLIENT, "right", **entra.options()) as credential:
        token = credential.get_token(SCOPE)
        assert credential.get_token(SCOPE).token == token.token  # kept by the library

    assert entra.authority.client_of(f"Bearer {token.token}") == CLIENT
    assert entra.authority.issued == 1
    assert 3500 < token.expires_on - time.time() < 3700


def test_a_certificate_gives_a_token(entra: Entra) -> None:
    pem = entra.files.client_pem.encode()
    with CertificateCredential(
        TENANT, CLIENT, certificate_data=pem, **entra.options()
    ) as credential:
        token = credential.get_token(SCOPE)

    assert entra.authority.client_of(f"Bearer {token.token}") == CLIENT


def test_a_certificate_that_is_not_registered_is_refused(entra: Entra) -> None:
    other = client_certificate().encode()
    with (
        CertificateCredential(
            TENANT, CLIENT, certificate_data=other, **entra.options()
        ) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS700027"),
    ):
        credential.get_token(SCOPE)


def test_a_wrong_secret_is_refused_in_the_words_of_entra(entra: Entra) -> None:
    with (
        ClientSecretCredential(TENANT, CLIENT, "wrong", **entra.options()) as credential,
        pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret"),
    ):
        credential.get_token(SCOPE)

    answer = entra.post(client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("change", "status", "error", "code"),
    [
        ({"client_id": "somebody"}, 400, "unauthorized_client", 700016),
        ({"tenant": "another"}, 400, "invalid_request", 90002),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://graph.microsoft.com/Mail.Send"}, 400, "invalid_scope", 1002012),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
    ],
)
def test_requests_that_entra_refuses(
    entra: Entra, change: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = entra.post(**({"client_secret": "right"} | change))

    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_codes"] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aud": "https://login.example/token"}, 700023),
        ({"exp": time.time() - 3600}, 700024),
        ({"sub": "somebody"}, 700021),
        ({"jti": None}, 50027),
    ],
)
def test_an_assertion_must_be_right_in_every_claim(
    entra: Entra, change: dict[str, Any], code: int
) -> None:
    address = f"{entra.authority.base}/{TENANT}/oauth2/v2.0/token"
    now = time.time()
    claims = {
        "aud": address,
        "iss": CLIENT,
        "sub": CLIENT,
        "exp": now + 300,
        "jti": uuid.uuid4().hex,
    }
    good = _assertion(entra, claims)
    claims = {name: value for name, value in (claims | change).items() if value is not None}

    assert entra.post(**good).status_code == 200
    answer = entra.post(**_assertion(entra, claims))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [code])


def test_expired_and_unknown_tokens_are_told_apart(entra: Entra) -> None:
    token = entra.post(client_secret="right").json()["access_token"]
    entra.authority.expire_tokens()

    for header, words in [
        (f"Bearer {token}", "expired"),
        ("Bearer invented", "not well formed"),
        ("Basic eDp5", "empty"),
        (None, "empty"),
    ]:
        with pytest.raises(PermissionError, match=words):
            entra.authority.client_of(header)
    fresh = entra.post(client_secret="right").json()["access_token"]
    assert entra.authority.client_of(f"bearer {fresh}") == CLIENT


def test_certificates_persist_in_their_folder(tmp_path: Path, entra: Entra) -> None:
    again = certificates(tmp_path)

    assert again == entra.files
    client = httpx.Client(verify=again.client_context())
    with client:
        answer = client.get(
            f"{entra.authority.base}/{TENANT}/v2.0/.well-known/openid-configuration"
        )
    assert answer.json()["token_endpoint"].startswith(entra.authority.base)


def test_nobody_is_kept_out_by_a_client_that_does_not_shake_hands(entra: Entra) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", entra.server.port)):
        assert entra.post(client_secret="right").status_code == 200


def test_what_is_for_the_product_is_handed_on_as_it_came(entra: Entra) -> None:
    seen: list[tuple[str, bytes, str]] = []

    def product(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        seen.append((environ["RAW_URI"], body, environ["HTTP_X_FORWARDED_PROTO"]))
        start_response("202 Accepted", [("Content-Type", "text/plain")])
        return [b"kept"]

    server = LoopbackServer(product)
    server.start()
    front = TlsFront(entra.authority, forward_to=f"http://127.0.0.1:{server.port}")
    tls = LoopbackServer(front, tls=entra.files.server_context())
    tls.start()
    address = f"https://localhost:{tls.port}/notifications/graph?validationToken=a%20b%2Bc"
    with httpx.Client(verify=entra.files.client_context()) as client:
        answer = client.post(address, content=b'{"value":[]}')
        server.close()
        silent = client.post(address)
    tls.close()

    assert (answer.status_code, answer.text) == (202, "kept")
    assert seen == [("/notifications/graph?validationToken=a%20b%2Bc", b'{"value":[]}', "https")]
    assert silent.status_code == 502


def _assertion(entra: Entra, claims: dict[str, Any]) -> dict[str, str]:
    pem = entra.files.client_pem.encode()
    certificate = x509.load_pem_x509_certificate(pem)
    thumbprint = jwt.utils.base64url_encode(certificate.fingerprint(hashes.SHA1())).decode()
    key = load_pem_private_key(pem, None)
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(
            claims,
            key,  # type: ignore[arg-type]
            "RS256",
            {"x5t": thumbprint},
        ),
    }
