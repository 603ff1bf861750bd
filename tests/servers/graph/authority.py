"""The token endpoint of Microsoft Entra, as azure-identity meets it: secrets and certificates.

Tokens and assertions live in real time, not in the stand-in's clock: the client that signs and
keeps them has no other.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from werkzeug.wrappers import Request, Response

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ("PS256", "RS256")
LIFETIME_SECONDS = 3599


@dataclass
class Application:
    """An app registration with what it may prove itself by."""

    client_id: str
    secret: str = field(default="", repr=False)
    certificates: list[x509.Certificate] = field(default_factory=list)
    secret_expired: bool = False


class Refused(Exception):
    """An answer of the token endpoint that is no token."""

    def __init__(self, status: int, error: str, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.code, self.text = status, error, code, text


class TokenAuthority:
    """One tenant. ``base`` is the address of the TLS server ("https://localhost:PORT")."""

    def __init__(self, *, tenant: str, base: str = "", key: bytes = b"") -> None:
        """``key`` seals the tokens; the same key after a restart still knows them."""
        self.tenant = tenant
        self.base = base
        self.issued = 0
        #: seconds; tests of a client that renews its token in time make it short
        self.lifetime = LIFETIME_SECONDS
        #: what every request gets instead of an answer: (status, error, AADSTS code, text)
        self.outage: tuple[int, str, int, str] | None = None
        self._applications: dict[str, Application] = {}
        self._key = key or secrets.token_bytes(32)
        self._valid_from = 0.0

    def register(
        self, client_id: str, *, secret: str = "", certificate_pem: str = ""
    ) -> Application:
        """An application of this tenant, or another way for it to prove itself."""
        application = self._applications.setdefault(client_id, Application(client_id))
        application.secret = secret or application.secret
        if certificate_pem:
            certificate = x509.load_pem_x509_certificate(certificate_pem.encode("ascii"))
            application.certificates.append(certificate)
        return application

    def expire_tokens(self) -> None:
        """All tokens issued so far are expired from now on, whatever their holders believe."""
        self._valid_from = time.time()

    def client_of(self, authorization: str | None) -> str:
        """The application behind a header ``Authorization``. Raises PermissionError with the words
        in which Graph refuses (401 InvalidAuthenticationToken)."""
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise PermissionError("Access token is empty.")
        text, _, seal = value.strip().rpartition(".")
        if not text or not hmac.compare_digest(seal, self._seal(text)):
            raise PermissionError("IDX14100: JWT is not well formed, there are no dots (.).")
        token = json.loads(base64.urlsafe_b64decode(text))
        if token["until"] <= time.time() or token["from"] <= self._valid_from:
            raise PermissionError("Lifetime validation failed, the token is expired.")
        return str(token["client"])

    def _sealed(self, client_id: str) -> str:
        now = time.time()
        token = {
            "client": client_id,
            "from": now,
            "until": now + self.lifetime,
            "name": secrets.token_hex(8),
        }
        text = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
        return f"{text}.{self._seal(text)}"

    def _seal(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256").hex()

    def respond(self, request: Request) -> Response | None:
        """The answer to a request under ``/{tenant}/``; None where the path is not of Entra."""
        tenant, _, rest = request.path.lstrip("/").partition("/")
        try:
            if self.outage is not None:
                raise Refused(*self.outage)
            if rest in ("v2.0/.well-known/openid-configuration", "oauth2/v2.0/token"):
                self._check_tenant(tenant)
            if rest == "v2.0/.well-known/openid-configuration" and request.method == "GET":
                return _json(200, self._metadata(tenant))
            if rest == "oauth2/v2.0/token" and request.method == "POST":
                return _json(200, self._token(tenant, request.form.to_dict()))
        except Refused as refused:
            return _json(refused.status, self._error(refused))
        return None

    def _check_tenant(self, tenant: str) -> None:
        if tenant != self.tenant:
            raise Refused(
                400,
                "invalid_request",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID "
                "and are signing into the correct cloud.",
            )

    def _metadata(self, tenant: str) -> dict[str, Any]:
        root = f"{self.base}/{tenant}"
        return {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "code id_token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self, tenant: str, form: dict[str, str]) -> dict[str, Any]:
        if form.get("grant_type") != "client_credentials":
            raise Refused(
                400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
            )
        application = self._application(form)
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            raise Refused(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must "
                "have a scope value with /.default suffixed to the resource identifier.",
            )
        if "client_assertion" in form:
            self._check_assertion(tenant, application, form)
        else:
            _check_secret(application, form)
        self.issued += 1
        return {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": self._sealed(application.client_id),
        }

    def _application(self, form: dict[str, str]) -> Application:
        client_id = form.get("client_id", "")
        application = self._applications.get(client_id)
        if application is None:
            raise Refused(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client_id}' was not found in the directory "
                f"'{self.tenant}'. This can happen if the application has not been installed by "
                "the administrator of the tenant.",
            )
        return application

    def _check_assertion(self, tenant: str, application: Application, form: dict[str, str]) -> None:
        if form.get("client_assertion_type") != _ASSERTION:
            raise Refused(
                400, "invalid_request", 900144, "client_assertion_type is missing or not supported."
            )
        assertion = form["client_assertion"]
        certificate = _signer(application, assertion)
        audiences = [f"{self.base}/{tenant}/oauth2/v2.0/token", f"{self.base}/{tenant}/v2.0"]
        try:
            claims = jwt.decode(
                assertion,
                key=certificate.public_key(),  # type: ignore[arg-type]
                algorithms=list(_ALGORITHMS),
                audience=audiences,
                options={"require": ["exp", "iss", "sub", "aud", "jti"]},
                leeway=300,
            )
        except jwt.InvalidSignatureError:
            raise _unknown_key("The signature does not match.") from None
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise Refused(
                401,
                "invalid_client",
                700024,
                "Client assertion is not within its valid time range.",
            ) from None
        except jwt.InvalidAudienceError:
            raise Refused(
                401,
                "invalid_client",
                700023,
                "Client assertion audience claim does not match Realm issuer.",
            ) from None
        except jwt.InvalidTokenError as error:
            raise Refused(401, "invalid_client", 50027, f"JWT token is invalid: {error}") from None
        if not claims["iss"] == claims["sub"] == application.client_id:
            raise Refused(
                401,
                "invalid_client",
                700021,
                "Client assertion application identifier doesn't match 'client_id' parameter.",
            )

    def _error(self, refused: Refused) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        return {
            "error": refused.error,
            "error_description": f"AADSTS{refused.code}: {refused.text} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {now}",
            "error_codes": [refused.code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{self.base}/error?code={refused.code}",
        }


def _check_secret(application: Application, form: dict[str, str]) -> None:
    given = form.get("client_secret", "")
    if not given:
        raise Refused(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or "
            "'client_secret'.",
        )
    if not application.secret or not hmac.compare_digest(given, application.secret):
        raise Refused(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            f"'{application.client_id}'.",
        )
    if application.secret_expired:
        raise Refused(
            401,
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{application.client_id}' are expired.",
        )


def _signer(application: Application, assertion: str) -> x509.Certificate:
    """The registered certificate that the assertion's header names (x5t, x5t#S256)."""
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.InvalidTokenError as error:
        raise Refused(401, "invalid_client", 50027, f"JWT token is invalid: {error}") from None
    for certificate in application.certificates:
        sha1 = _thumbprint(certificate, hashes.SHA1())
        sha256 = _thumbprint(certificate, hashes.SHA256())
        named = {name: str(header.get(name, "")).rstrip("=") for name in ("x5t", "x5t#S256")}
        if named["x5t#S256"] == sha256 or named["x5t"] == sha1:
            return certificate
    raise _unknown_key("The key was not found.")


def _unknown_key(reason: str) -> Refused:
    return Refused(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on "
        f"application. [Reason - {reason}]",
    )


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    digest = certificate.fingerprint(algorithm)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(
        json.dumps(body), status, {"Cache-Control": "no-store"}, mimetype="application/json"
    )
