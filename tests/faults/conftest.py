"""Real servers, each behind a proxy that misbehaves below their protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.booking.conftest import clock, make_office, office, store
from tests.databases import database_url, postgres_shared, sqlite_template, sqlite_url
from tests.servers.caldav_server import CalDavServer
from tests.servers.faultproxy import FaultProxy, fault_proxy
from tests.servers.radicale import radicale

__all__ = [
    "clock",
    "database_url",
    "make_office",
    "office",
    "postgres_shared",
    "sqlite_template",
    "sqlite_url",
    "store",
]


@pytest.fixture(scope="package")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def dav(radicale_server: CalDavServer) -> Iterator[FaultProxy]:
    with fault_proxy(tcp(radicale_server)) as proxy:
        yield proxy


def tcp(server: CalDavServer) -> tuple[str, int]:
    parts = urlsplit(server.home)
    return str(parts.hostname), int(parts.port or 80)


def through(server: CalDavServer, proxy: FaultProxy) -> CalDavServer:
    """The same server at the address of the proxy."""
    path = urlsplit(server.home).path
    return replace(server, home=f"http://127.0.0.1:{proxy.port}{path}")
