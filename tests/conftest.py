"""Fixtures that many test folders share, and the rule that nothing skips in CI."""

from __future__ import annotations

import gc
import os
import signal
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache

from booking import catalogue
from booking_web.cli.bootstrap import chromium
from tests import lanes
from tests.servers.mail import MailServer
from tests.servers.postgres import Postgres, create_database, drop_database
from tests.servers.valkey import Valkey
from tests.statements import compiled_once

# The same examples every time, and no time limit that a busy machine would break.
settings.register_profile("rantevou", derandomize=True, deadline=None)
settings.load_profile("rantevou")


class _Kept(BytecodeCache):
    """Templates are compiled once for all the applications of a run; hundreds of tests make one."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._codes.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Kept()}
# Likewise SQL statements and mapping files, which every store would compile and read anew.
compiled_once()
catalogue.read_mapping = lru_cache(catalogue.read_mapping)


def shared_folder() -> Path:
    """Research material beside the repository; ``RANTEVOU_TEST_SHARED`` names another place."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("RANTEVOU_TEST_SHARED", beside))


@pytest.fixture(scope="session")
def shared() -> Path:
    return shared_folder()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: lanes.rank_of(item.nodeid))
    if shared_folder().is_dir():
        return
    for item in items:
        if item.get_closest_marker("needs_shared"):
            item.add_marker(pytest.mark.skip(reason=f"{shared_folder()} is not here"))


def pytest_collection_finish() -> None:
    """Take thousands of collected tests out of every later garbage collection: it took a third of a
    second of whatever ran just then, such as a reading that may take little more."""
    gc.collect()
    gc.freeze()


class NothingSkips:
    """Fails a CI run in which a test was skipped for want of anything but the shared folder."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        excused = "needs_shared" in report.keywords and not shared_folder().is_dir()
        if report.skipped and not hasattr(report, "wasxfail") and not excused:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for nodeid in self.skipped:
            terminalreporter.write_line(f"SKIPPED IN CI, which counts as a failure: {nodeid}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`: files go to whichever worker is free, real processes to one worker in turn."""
    return lanes.scheduler(config, log)


def pytest_configure(config: pytest.Config) -> None:
    # A shell that starts us in the background has Ctrl-C ignored, here and in every child.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI"):
        config.pluginmanager.register(NothingSkips(), "nothing-skips")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server on which databases may be made and dropped."""
    if given := os.environ.get("RANTEVOU_TEST_DATABASE_URL"):
        yield given
        return
    server = Postgres().start()
    yield server.server_url
    server.stop()


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty database for each module (SQLAlchemy URL)."""
    name = f"rantevou_test_{uuid.uuid4().hex[:12]}"
    yield create_database(postgres_server, name)
    drop_database(postgres_server, name)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    server = Valkey().start()
    yield server
    server.stop()


@pytest.fixture
def valkey_url(valkey_server: Valkey) -> str:
    """URL of an empty Valkey."""
    import redis

    with redis.Redis.from_url(valkey_server.url) as connection:
        connection.flushall()
    return valkey_server.url


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium instead of a browser that Playwright would download."""
    found = chromium()
    return {**browser_type_launch_args, **({"executable_path": found} if found else {})}
