"""Every error of the libraries has its translation, and urllib3 is the real one."""

from __future__ import annotations

import importlib.util
import inspect

import caldav.lib.error
import pytest
import requests
import requests.exceptions
import urllib3
from caldav.davclient import DAVClient

from connectors.caldav import errors
from connectors.errors import ConnectorError, Rejected, TryLater

LIBRARIES = (caldav.lib.error, requests.exceptions)


def _exceptions() -> list[type[BaseException]]:
    return [
        found
        for module in LIBRARIES
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, Exception) and not issubclass(found, Warning)
        if found.__module__ == module.__name__
    ]


@pytest.mark.parametrize("kind", _exceptions())
def test_every_exception_of_the_libraries_is_translated(kind: type[BaseException]) -> None:
    listed = [known for known, *_ in errors.EXCEPTIONS if issubclass(kind, known)]
    assert listed
    assert listed[0] is not OSError, "an exception of the library falls through to the last row"


def test_special_rows_come_before_general_ones() -> None:
    known = [row[0] for row in errors.EXCEPTIONS]
    for number, one in enumerate(known):
        assert not any(issubclass(one, earlier) for earlier in known[:number])


@pytest.mark.parametrize("status", [*range(300, 309), *range(400, 432), 451, *range(500, 512)])
@pytest.mark.parametrize("writing", [True, False])
def test_every_status_has_a_meaning(status: int, writing: bool) -> None:
    error = errors.from_status(status, writing=writing)
    assert isinstance(error, ConnectorError)
    assert str(status) in str(error)
    assert not error.outcome_unknown or writing


def test_a_server_fault_may_have_taken_effect() -> None:
    assert errors.from_status(503, writing=True).outcome_unknown
    assert not errors.from_status(429, writing=True).outcome_unknown


def test_what_nobody_foresaw_is_tried_later() -> None:
    error = errors.from_exception(RuntimeError("secret"), writing=True)
    assert isinstance(error, TryLater)
    assert error.outcome_unknown
    assert "secret" not in str(error)


def test_refused_content_is_rejected_whatever_the_status() -> None:
    precondition = "{urn:ietf:params:xml:ns:caldav}valid-calendar-data"
    error = errors.from_status(403, writing=True, preconditions=(precondition,))
    assert isinstance(error, Rejected)


def test_urllib3_is_the_real_one_and_requests_is_what_caldav_uses() -> None:
    assert importlib.util.find_spec("urllib3_future") is None
    assert importlib.util.find_spec("niquests") is None
    # The fork marks its versions with a third number of 900 and more.
    major, _, patch = str(vars(urllib3)["__version__"]).split(".")[:3]
    assert major == "2"
    assert int(patch) < 900
    client = DAVClient(url="https://calendar.example/", enable_rfc6764=False)
    assert isinstance(client.session, requests.Session)
    client.close()
