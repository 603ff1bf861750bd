"""Everything that Graph answers and its libraries raise lands on an error one can act on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import ssl
from collections.abc import Iterator

import azure.core.exceptions as azure
import httpx
import kiota_authentication_azure._exceptions as kiota_auth
import kiota_http._exceptions as kiota
import pytest
from azure.identity import AuthenticationRequiredError, CredentialUnavailableError
from kiota_abstractions.api_error import APIError
from msgraph.generated.models.o_data_errors.main_error import MainError
from msgraph.generated.models.o_data_errors.o_data_error import ODataError

from connectors.errors import (
    Conflict,
    ConnectorError,
    EventGone,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    SyncStateExpired,
    TryLater,
    Unsupported,
)
from connectors.graph import errors
from connectors.graph.codes import CODES, STATUSES, TOKEN_CODES


def odata(status: int, code: str, message: str = "", **headers: str) -> ODataError:
    error = ODataError(error=MainError(code=code, message=message))
    error.response_status_code = status
    error.response_headers = headers
    return error


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, "ErrorItemNotFound", EventGone),
        (400, "ErrorInvalidIdMalformed", EventGone),
        (404, "ErrorInvalidUser", MailboxNotFound),
        (404, "Request_ResourceNotFound", MailboxNotFound),
        (404, "ResourceNotFound", MailboxNotFound),
        (404, "MailboxNotEnabledForRESTAPI", MailboxNotFound),
        (404, "MailboxNotSupportedForRESTAPI", MailboxNotFound),
        (404, "ErrorFolderNotFound", MailboxNotFound),
        (404, "", MailboxNotFound),
        (404, "UnknownError", MailboxNotFound),
        (403, "ErrorAccessDenied", NotAuthorised),
        (403, "Authorization_RequestDenied", NotAuthorised),
        (403, "AccessDenied", NotAuthorised),
        (403, "ErrorItemNotFound", NotAuthorised),
        (401, "InvalidAuthenticationToken", NotAuthorised),
        (401, "", NotAuthorised),
        (401, "Authorization_IdentityNotFound", NotAuthorised),
        (409, "ErrorIrresolvableConflict", Conflict),
        (412, "ErrorIrresolvableConflict", Conflict),
        (412, "", Conflict),
        (409, "ErrorDuplicateTransactionId", Conflict),
        (400, "ErrorDuplicateTransactionId", Conflict),
        (429, "ApplicationThrottled", TryLater),
        (429, "TooManyRequests", TryLater),
        (429, "ErrorAccessDenied", TryLater),
        (503, "ApplicationThrottled", TryLater),
        (503, "serviceNotAvailable", TryLater),
        (504, "UnknownError", TryLater),
        (500, "ErrorInternalServerTransientError", TryLater),
        (502, "", TryLater),
        (404, "ErrorMailboxMoveInProgress", TryLater),
        (404, "MailboxInfoStale", TryLater),
        (410, "", SyncStateExpired),
        (410, "syncStateNotFound", SyncStateExpired),
        (400, "SyncStateNotFound", SyncStateExpired),
        (404, "syncstatenotfound", SyncStateExpired),
        (400, "ErrorSyncStateNotFound", SyncStateExpired),
        (410, "resyncRequired", SyncStateExpired),
        (400, "ErrorInvalidSyncStateData", SyncStateExpired),
        (400, "ErrorInvalidRequest", Rejected),
        (400, "ErrorPropertyValidationFailure", Rejected),
        (400, "RequestBodyRead", Rejected),
        (400, "a code of tomorrow", Rejected),
        (422, "", Rejected),
        (507, "insufficientStorage", Rejected),
        (405, "", Unsupported),
        (501, "NotImplemented", Unsupported),
        (302, "", MailboxNotFound),
    ],
)
def test_an_answer_of_graph_has_its_meaning(
    status: int, code: str, kind: type[ConnectorError]
) -> None:
    from_object = errors.from_exception(odata(status, code), writing=True)
    body = json.dumps({"error": {"code": code, "message": "…"}}).encode()
    from_body = errors.from_answer(status, *errors.told(body), writing=True)
    assert type(from_object) is type(from_body) is kind
    assert str(from_object) == str(from_body)


@pytest.mark.parametrize(
    ("status", "unknown"), [(429, False), (400, False), (500, True), (502, True), (503, True)]
)
def test_only_a_fault_leaves_open_whether_a_write_took_effect(status: int, unknown: bool) -> None:
    assert errors.from_answer(status, "", writing=True).outcome_unknown is unknown
    assert errors.from_answer(status, "", writing=False).outcome_unknown is False


def test_a_throttled_request_says_when_to_come_back() -> None:
    error = errors.from_exception(
        odata(429, "ApplicationThrottled", **{"Retry-After": "17"}), writing=False
    )
    assert isinstance(error, TryLater)
    assert error.retry_after == 17


def test_texts_tell_code_and_request_id_but_nobodys_address() -> None:
    message = "The specified user anna@town.example was not found <script>"
    error = errors.from_exception(
        odata(404, "ErrorInvalidUser", message, **{"request-id": "b7e1-42"}), writing=False
    )
    assert "anna" not in str(error)
    assert "ErrorInvalidUser" in str(error)
    assert "b7e1-42" in str(error)


def test_an_application_access_policy_is_named() -> None:
    error = errors.from_answer(
        403, "ErrorAccessDenied", "Access to OData is disabled.", writing=False
    )
    assert isinstance(error, NotAuthorised)
    assert "Add-DistributionGroupMember" in str(error)


def test_an_error_inside_a_success_is_never_free_time() -> None:
    assert isinstance(errors.from_code("ErrorMailRecipientNotFound"), MailboxNotFound)
    assert isinstance(errors.from_code("ErrorNoFreeBusyAccess"), NotAuthorised)
    assert isinstance(errors.from_code("something new"), TryLater)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": null}'])
def test_a_body_that_is_no_error_of_graph_has_no_code(body: bytes) -> None:
    assert errors.told(body) == ("", "")


def test_codes_are_written_as_they_are_compared() -> None:
    assert all(errors.plain(code) == code for code in CODES)
    assert all(errors.plain(f"Error{code}".upper()) == code for code in CODES)


def test_every_status_gives_an_error_of_the_contract() -> None:
    for status in (*range(300, 600), *STATUSES):
        error = errors.from_answer(status, "", writing=True)
        assert type(error) is not ConnectorError
        assert error.outcome_unknown is False or isinstance(error, TryLater)


# ---- azure-identity ------------------------------------------------------------------------


@pytest.mark.parametrize("number", TOKEN_CODES)
def test_a_number_of_the_token_service_says_what_to_do(number: int) -> None:
    said = f"Authentication failed: AADSTS{number}: something. Trace ID: 1-2-3 anna@town.example"
    error = errors.from_exception(azure.ClientAuthenticationError(message=said), writing=True)
    assert type(error) is TOKEN_CODES[number][0]
    assert str(number) in str(error)
    assert "anna" not in str(error)
    assert not error.outcome_unknown


def test_an_expired_secret_names_the_way_to_a_new_one() -> None:
    said = azure.ClientAuthenticationError(message="AADSTS7000222: expired")
    assert "rantevou secret set" in str(errors.from_exception(said, writing=False))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (azure.ClientAuthenticationError(message="AADSTS99999: of tomorrow"), NotAuthorised),
        (azure.ClientAuthenticationError(message=None), NotAuthorised),
        (CredentialUnavailableError(message="none"), NotAuthorised),
        (AuthenticationRequiredError(["s"]), NotAuthorised),
        (azure.ServiceRequestError("no route"), TryLater),
        (azure.ServiceResponseError("cut"), TryLater),
        (azure.HttpResponseError("odd"), TryLater),
        (azure.DecodeError("odd"), TryLater),
        (azure.SerializationError("odd"), TryLater),
        (ValueError("Unable to load certificate"), NotAuthorised),
    ],
)
def test_what_azure_raises_never_leaves_an_effect(
    error: Exception, kind: type[ConnectorError]
) -> None:
    translated = errors.from_exception(error, writing=True)
    assert type(translated) is kind
    assert not translated.outcome_unknown


def test_a_token_service_that_cannot_be_reached_is_found_inside_its_wrapping() -> None:
    wrapped = azure.ClientAuthenticationError(message="Authentication failed: x")
    wrapped.__cause__ = azure.ServiceRequestError("connection refused")
    assert isinstance(errors.from_exception(wrapped, writing=True), TryLater)
    wrapped.__cause__ = ValueError("Unable to get authority configuration")
    assert isinstance(errors.from_exception(wrapped, writing=True), NotAuthorised)


# ---- every class there is ------------------------------------------------------------------


def _all(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all(each)


_ROOTS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    azure.AzureError,
    azure.SerializationError,
    azure.DeserializationError,
    kiota.KiotaHTTPXError,
    kiota_auth.KiotaAuthenticationError,
    APIError,
    TimeoutError,
    ssl.SSLError,
    ConnectionError,
)


@pytest.mark.parametrize(
    "kind",
    sorted({each for root in _ROOTS for each in _all(root)}, key=str),
    ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}",
)
def test_no_class_of_the_libraries_is_left_untranslated(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    if isinstance(error, APIError):
        error = odata(500, "x")
    elif isinstance(error, azure.HttpResponseError):
        error.message, error.response, error.status_code = "", None, None
    translated = errors.from_exception(error, writing=True)
    assert type(translated) is not ConnectorError
    assert translated.outcome_unknown is False or isinstance(translated, TryLater)


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (httpx.ConnectTimeout("x"), False),
        (httpx.ConnectError("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ReadTimeout("x"), True),
        (httpx.ReadError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (TimeoutError(), True),
        (asyncio.CancelledError(), True),
        (concurrent.futures.CancelledError(), True),
        (RuntimeError("of tomorrow"), True),
    ],
)
def test_a_broken_write_is_unknown_only_if_it_may_have_arrived(
    error: BaseException, unknown: bool
) -> None:
    translated = errors.from_exception(error, writing=True)
    assert isinstance(translated, TryLater)
    assert translated.outcome_unknown is unknown
    assert errors.from_exception(error, writing=False).outcome_unknown is False


def test_a_certificate_that_nobody_trusts_is_for_an_administrator() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    translated = errors.from_exception(error, writing=True)
    assert isinstance(translated, NotAuthorised)
    assert "ca_file" in str(translated)
