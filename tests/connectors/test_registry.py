"""Connections become connectors: once each, imported late, refused with a reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors.caldav.client import DavClient
from connectors.contract import Connection, Connector, MailboxRef
from connectors.errors import MailboxNotFound, Unsupported
from connectors.registry import connector_for, providers
from tests.contract.office import ZONE


def test_one_connection_has_one_connector() -> None:
    first = Connection("caldav", "https://calendar.example/", "u", "p", {"auth": "digest"})
    same = Connection("caldav", "https://calendar.example/", "u", "p", {"auth": "digest"})
    other = Connection("caldav", "https://calendar.example/", "u", "q", {"auth": "digest"})
    assert connector_for(first, office_zone=ZONE) is connector_for(same, office_zone=ZONE)
    assert connector_for(first, office_zone=ZONE) is not connector_for(other, office_zone=ZONE)


def test_memory_is_shared_by_name() -> None:
    one, two = Connection("memory", "demo"), Connection("memory", "demo", user="other")
    assert connector_for(one, office_zone=ZONE) is connector_for(two, office_zone=ZONE)


@pytest.mark.parametrize("provider", ["caldav", "graph", "memory"])
def test_every_provider_keeps_the_contract(provider: str) -> None:
    options = {"tenant": "town.example"} if provider == "graph" else {}
    connection = Connection(provider, "https://calendar.example/", "u", "p", options)
    assert isinstance(connector_for(connection, office_zone=ZONE), Connector)
    assert provider in providers()


def test_other_providers_are_refused_with_a_reason() -> None:
    with pytest.raises(Unsupported, match="caldav"):
        connector_for(Connection("gopher"), office_zone=ZONE)


@pytest.mark.parametrize(
    ("url", "options", "text"),
    [
        ("", {}, "https://"),
        ("ftp://x/", {}, "https://"),
        ("http://calendar.example/", {}, "allow_plain_http"),
        ("https://u:p@calendar.example/", {}, "secret"),
        ("https://calendar.example/", {"verify": "no"}, "unknown option"),
        ("https://calendar.example/", {"auth": "none"}, "basic, digest or bearer"),
    ],
)
def test_a_connection_that_cannot_be_right_is_refused(
    url: str, options: dict[str, str], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        connector_for(Connection("caldav", url, "u", "p", options), office_zone=ZONE)


def test_plain_http_is_possible_where_it_is_asked_for() -> None:
    options = {"allow_plain_http": "yes"}
    DavClient(Connection("caldav", "http://calendar.example/", "u", "p", options))
    DavClient(Connection("caldav", "http://localhost:5232/", "u", "p"))


def test_addresses_of_calendars_have_one_spelling() -> None:
    client = DavClient(Connection("caldav", "https://calendar.example/dav/", "u", "p"))
    for calendar in (
        "maria%40k.gr/a b",
        "/dav/maria@k.gr/a%20b/",
        "https://calendar.example/dav/maria@k.gr/a b",
    ):
        assert client.collection(MailboxRef("x", calendar)) == "/dav/maria@k.gr/a%20b/"
    with pytest.raises(MailboxNotFound):
        client.collection(MailboxRef("x", "https://other.example/dav/c/"))


def test_a_secret_is_in_no_text() -> None:
    assert "p4ss" not in repr(Connection("caldav", "https://calendar.example/", "u", "p4ss"))


def test_asking_for_the_registry_imports_no_provider() -> None:
    code = (
        "import sys; import connectors.registry; "
        "sys.exit(any(name in sys.modules for name in ('caldav', 'icalendar', 'requests')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
