"""Starts everything in order, keeps it running, and stops it in the opposite order."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from booking.settings import Settings
from booking_web.cli.demo import servers
from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import Kept, Place, choose_port, require_free
from booking_web.cli.demo.summary import as_table, describe, write_info
from booking_web.cli.demo.trouble import StartError

EVERY = 0.5  #: seconds between two looks at the children


class _Stopped(Exception):
    """The person has stopped the start before it was finished."""


class Supervisor:
    """One embedded run. ``say`` gets lines for the person in front of it."""

    def __init__(
        self,
        settings: Settings,
        *,
        environment: Mapping[str, str],
        info: Path | None,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._place = Place(settings.data_dir)
        self._given = environment
        self._info = info
        self._say = say
        self._stages: list[list[Child]] = []
        self._stop = threading.Event()

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Returns after ``stop``, when no child is left. Raises StartError."""
        self._place.make()
        with self._place.held():
            require_free(self._settings.host, self._settings.port)
            try:
                if self._info is not None:
                    self._info.unlink(missing_ok=True)  # of an earlier run
                self._start_everything()
                self._announce()
                self._watch()
            except _Stopped:
                pass
            finally:
                self._stop_everything()

    def _start_everything(self) -> None:
        place, port = self._place, self._settings.port
        kept = place.load()
        for offset, name in enumerate(("caldav", "mail", "smtp"), start=1):
            choose_port(kept, name, port + offset)
        place.save(kept)
        environment = self._environment(kept, place.socket_path())
        self._say("preparing the database")
        self._prepare("tables", environment)
        kept = place.load()
        self._say("starting queue, calendar and mail servers")
        self._start(self._servers(kept, environment))
        self._say("preparing the calendars of the sample municipalities")
        for address, password in kept.calendars.items():
            servers.make_calendar(
                kept.ports["caldav"],
                path=kept.paths[address],
                name=address,
                user=address,
                password=password,
            )
        self._prepare("samples", environment)
        self._say("starting workers, scheduler and web")
        self._start(self._own(environment))

    def _environment(self, kept: Kept, socket_path: Path) -> dict[str, str]:
        """What the children find; whatever the person has set comes first."""
        settings, place = self._settings, self._place
        ours = {
            "RANTEVOU_DATA_DIR": str(place.root),
            "RANTEVOU_DATABASE_URL": settings.database_url,
            "RANTEVOU_REDIS_URL": f"unix://{socket_path}",
            "RANTEVOU_SECRET_KEY": kept.secret_key,
            "RANTEVOU_ENCRYPTION_KEYS": kept.encryption_keys,
            "RANTEVOU_SMTP_URL": f"smtp://{servers.LOOPBACK}:{kept.ports['smtp']}",
            "RANTEVOU_MAIL_FROM": "rantevou@localhost.example",
            "RANTEVOU_SECURE_COOKIES": "no",  # plain HTTP on this machine
            "PYTHONUNBUFFERED": "1",
        }
        given = {name: value for name, value in self._given.items() if value}
        return {**ours, **given, "RANTEVOU_DATA_DIR": str(place.root)}

    def _servers(self, kept: Kept, environment: dict[str, str]) -> list[Child]:
        found = [servers.calendars(self._place, kept, environment)]
        if not self._given.get("RANTEVOU_REDIS_URL"):
            socket_path = environment["RANTEVOU_REDIS_URL"].removeprefix("unix://")
            found.append(servers.broker(self._place, Path(socket_path), environment))
        if not self._given.get("RANTEVOU_SMTP_URL"):
            found.append(servers.mail_sink(self._place, kept, environment))
        return found

    def _own(self, environment: dict[str, str]) -> list[Child]:
        command = [sys.executable, "-m", "booking_web.cli.main"]
        host, port, log = self._settings.host, self._settings.port, self._place.log
        workers = self._settings.workers

        def serves() -> bool:
            return servers.status("GET", port, "/health/ready", host=host) == 200

        return [
            *(
                Child(
                    f"Worker {n}",
                    # Of several, one is kept free for what citizens wait for.
                    [*command, "worker", *(["--interactive"] if n > 1 and n == workers else [])],
                    environment,
                    log / f"worker-{n}.log",
                )
                for n in range(1, workers + 1)
            ),
            Child("The scheduler", [*command, "scheduler"], environment, log / "scheduler.log"),
            Child("The web server", [*command, "web"], environment, log / "web.log", serves),
        ]

    def _prepare(self, step: str, environment: Mapping[str, str]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "booking_web.cli.demo.prepare", step],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        self._go_on()
        if done.returncode != 0:
            log = self._place.log / "prepare.log"
            log.write_text(done.stdout + done.stderr)
            lines = done.stderr.strip().splitlines() or ["no message"]
            raise StartError(f"{lines[-1]} (more in {log})")

    def _start(self, stage: list[Child]) -> None:
        self._stages.append(stage)
        for child in stage:
            child.start()
        for child in stage:
            child.wait_until_it_answers(self._stop.is_set)
        self._go_on()

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _announce(self) -> None:
        info = describe(self._settings, self._place, self._place.load())
        self._say(as_table(info))
        if self._info is not None:
            write_info(self._info, info)

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            for child in (each for stage in self._stages for each in stage):
                if child.revive():
                    self._say(f"{child.name} had ended and was started again ({child.log})")

    def _stop_everything(self) -> None:
        for stage in reversed(self._stages):
            for child in stage:
                child.ask_to_stop()
            for child in stage:
                child.make_sure_it_stopped()
