"""Starts everything in order, keeps it running, and stops it in the opposite order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from booking.settings import Settings
from booking_web.cli.demo import register, servers, stand_in
from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import (
    TABLES_READY,
    Kept,
    Place,
    choose_port,
    require_free,
    write_settings,
)
from booking_web.cli.demo.stand_in import StandIn
from booking_web.cli.demo.summary import as_table, describe, reachable, write_info
from booking_web.cli.demo.trouble import StartError

EVERY = 0.5  #: seconds between two looks at the children
#: They follow that of the web server.
PORTS = ("caldav", "mail", "smtp", "graph", "graph-tls", "gsis")


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
        self._around: list[Child] = []  #: servers that are not ours, but part of this run
        self._preparation: Child | None = None
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
                self._start_on_free_ports()
                self._announce()
                self._watch()
                self._say("stopping")
            except _Stopped:
                pass
            finally:
                self._stop_everything()

    def _start_on_free_ports(self) -> None:
        """Begin once more where a server ended at its start: most likely another program was
        quicker to take the port that had been free. Raises StartError."""
        try:
            self._start_everything()
        except StartError as error:
            if all(child.alive for child in self._around):
                raise
            self._say(f"{error} Trying once more.")
            self._stop_everything()
            self._stages, self._around, self._preparation = [], [], None
            self._start_everything()

    def _start_everything(self) -> None:
        place, port = self._place, self._settings.port
        kept = place.load()
        for offset, name in enumerate(PORTS, start=1):
            choose_port(kept, name, port + offset)
        place.save(kept)
        environment = self._environment(kept, place.socket_path())
        write_settings(place.settings, environment)
        self._say("starting queue, calendar and mail servers")
        self._around = self._begin(self._servers(kept, environment))
        self._say("preparing database and calendars")
        self._preparation = self._prepare(environment)
        self._wait_for_preparation(lambda: TABLES_READY in self._preparation_said())
        self._around += self._begin(self._stand_in(environment))
        self._wait_for(self._around)
        self._say("starting workers, scheduler and web")
        own = self._begin(self._own(environment))
        self._wait_for_preparation(lambda: False)
        self._wait_for(own)

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
        if not stand_in.missing():
            ours["RANTEVOU_NOTIFICATION_URL"] = stand_in.notification_url(kept)
        if register.runs_here(self._given):
            ours |= register.settings(kept)
        given = {name: value for name, value in self._given.items() if value}
        if given.pop("PYTHONDONTWRITEBYTECODE", None):
            # Five processes that each translate 1,200 modules at every start take twice the time;
            # whoever wants no byte code beside the sources gets none there.
            ours["PYTHONPYCACHEPREFIX"] = str(place.bytecode)
        return {**ours, **given, "RANTEVOU_DATA_DIR": str(place.root)}

    def _servers(self, kept: Kept, environment: dict[str, str]) -> list[Child]:
        found = [servers.calendars(self._place, kept, environment)]
        if not self._given.get("RANTEVOU_REDIS_URL"):
            socket_path = environment["RANTEVOU_REDIS_URL"].removeprefix("unix://")
            found.append(servers.broker(self._place, Path(socket_path), environment))
        if not self._given.get("RANTEVOU_SMTP_URL"):
            found.append(servers.mail_sink(self._place, kept, environment))
        if register.runs_here(self._given):
            public_url = self._settings.public_url
            found.append(register.child(self._place, kept, environment, public_url=public_url))
        return found

    def _stand_in(self, environment: dict[str, str]) -> list[Child]:
        """Once the preparation has listed its mailboxes; empty where it cannot run."""
        if lacking := stand_in.missing():
            self._say(f"no Microsoft 365 in this run, CalDAV alone: {lacking}")
            return []
        host = reachable(self._settings.host)
        forward_to = f"http://{host}:{self._settings.port}"
        kept = self._place.load()
        return [stand_in.child(self._place, kept, environment, forward_to=forward_to)]

    def _own(self, environment: dict[str, str]) -> list[Child]:
        command = [sys.executable, "-m", "booking_web.cli.main"]
        host, port, log = reachable(self._settings.host), self._settings.port, self._place.log
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

    def _prepare(self, environment: Mapping[str, str]) -> Child:
        log = self._place.log / "prepare.log"
        log.unlink(missing_ok=True)  # what it says there drives the start
        command = [sys.executable, "-m", "booking_web.cli.demo.prepare"]
        child = Child("The preparation", command, environment, log)
        child.start()
        return child

    def _preparation_said(self) -> str:
        return (self._place.log / "prepare.log").read_text(errors="replace")

    def _wait_for_preparation(self, far_enough: Callable[[], bool]) -> None:
        """Wait until it is far enough or done. Raises StartError with its last words."""
        assert self._preparation is not None
        while self._preparation.alive and not far_enough():
            self._stop.wait(0.05)
            self._go_on()
            for child in (each for stage in self._stages for each in stage):
                child.must_live()
        if self._preparation.returncode:
            raise StartError(self._preparation.last_words())

    def _wait_for(self, stage: list[Child]) -> None:
        for child in stage:
            child.wait_until_it_answers(self._stop.is_set)
            self._go_on()

    def _begin(self, stage: list[Child]) -> list[Child]:
        self._go_on()
        self._stages.append(stage)
        for child in stage:
            child.start()
        return stage

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _announce(self) -> None:
        kept = self._place.load()
        graph = StandIn.load(self._place) if not stand_in.missing() else None
        taxisnet = register.page(kept) if register.runs_here(self._given) else ""
        info = describe(self._settings, self._place, kept, graph, taxisnet=taxisnet)
        self._say(as_table(info))
        if self._info is not None:
            write_info(self._info, info)

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            for child in (each for stage in self._stages for each in stage):
                if child.revive():
                    self._say(f"{child.name} had ended and was started again ({child.log})")

    def _stop_everything(self) -> None:
        last = [self._preparation] if self._preparation else []
        for stage in reversed([*self._stages, last]):
            for child in stage:
                child.ask_to_stop()
            for child in stage:
                child.make_sure_it_stopped()
