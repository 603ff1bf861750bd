"""The embedded run, started for real: ready when it says so, stopped without a trace."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.waiting import free_port, listens, wait_until

ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "booking_web.cli.main", "demo"]
READY_SECONDS = 90
IGNORED = shutil.ignore_patterns("__pycache__")


class Run:
    """One ``rantevou demo`` on a data folder of its own."""

    def __init__(self, folder: Path, port: int, *, home: Path = ROOT) -> None:
        self.data, self.port, self.home = folder / "var", port, home
        self.info_file, self.output = folder / "info.json", folder / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "RANTEVOU" not in name}
        ours = {"RANTEVOU_DATA_DIR": str(self.data), "RANTEVOU_PORT": str(self.port)}
        return {**kept, **ours, **more}

    def start(self) -> dict[str, Any]:
        self.info_file.unlink(missing_ok=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "--info", str(self.info_file)],
                cwd=self.home, env=self.environment(), stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()
            return self.info_file.exists()

        wait_until(ready, seconds=READY_SECONDS, every=0.1)
        found: dict[str, Any] = json.loads(self.info_file.read_text())
        return found

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        return self.process.wait(40)

    def again(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            COMMAND, cwd=ROOT, env=self.environment(**environment),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def members(self) -> dict[int, str]:
        """Every living process that works on this data folder, with its command."""
        mark, found = f"RANTEVOU_DATA_DIR={self.data}".encode(), {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                # Valkey writes its title over its environment, but the title names the socket.
                if (
                    mark in (entry / "environ").read_bytes().split(b"\0")
                    or bytes(self.data) in command
                ):
                    found[int(entry.name)] = command.decode(errors="replace")
            except OSError:
                continue  # it ended meanwhile
        return {pid: command for pid, command in found.items() if command}

    def member(self, part: str) -> int:
        return next((pid for pid, command in self.members().items() if part in command), 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    made = Run(tmp_path_factory.mktemp("demo"), free_port())
    made.start()
    yield made
    made.stop()


def info(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.info_file.read_text())
    return found


def page(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(answer.status)


def test_everything_that_the_info_file_names_answers(run: Run) -> None:
    found = info(run)
    assert found["web"] == f"http://127.0.0.1:{run.port}"
    assert page(found["web"] + "/") == 200
    assert page(found["admin"]["url"]) == 200
    assert {page(each["url"]) for each in found["staff"]} == {200}
    assert page(found["mail"]["url"]) == 200
    assert page(found["graph"]["page"]) == 200
    assert page(found["taxisnet"]["page"]) == 200
    assert Path(found["mail"]["directory"]).is_dir()


def test_the_info_file_has_the_promised_form_and_is_private(run: Run) -> None:
    found = info(run)
    assert set(found) == {"web", "admin", "staff", "caldav", "graph", "taxisnet", "mail"}
    assert set(found["admin"]) == {"url", "user", "password"}
    assert {frozenset(each) for each in found["staff"]} == {frozenset({"url", "user", "password"})}
    assert {frozenset(each) for each in found["caldav"]} == {
        frozenset({"mailbox", "url", "user", "password"})
    }
    assert set(found["graph"]) == {"page", "base_url", "authority", "mailboxes"}
    assert "grafeio1@kavala.example" in found["graph"]["mailboxes"]
    assert stat.S_IMODE(run.info_file.stat().st_mode) == 0o600


def test_each_staff_member_reads_their_own_calendar_only(run: Run) -> None:
    first, second = info(run)["caldav"][:2]

    def status(url: str, who: dict[str, str]) -> int:
        opener = urllib.request.build_opener(
            urllib.request.HTTPBasicAuthHandler(_passwords(url, who))
        )
        try:
            with opener.open(urllib.request.Request(url, method="PROPFIND"), timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return int(error.code)

    assert status(first["url"], first) == 207
    assert status(second["url"], first) == 403


def _passwords(url: str, who: dict[str, str]) -> urllib.request.HTTPPasswordMgrWithDefaultRealm:
    known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    known.add_password(None, url, who["user"], who["password"])
    return known


def test_the_table_shows_the_same(run: Run) -> None:
    text, found = run.output.read_text(), info(run)
    for each in (found["admin"], *found["staff"], *found["caldav"]):
        line = next(line for line in text.splitlines() if each["password"] in line)
        assert each["url"] in line
        assert each["user"] in line
    (line,) = (line for line in text.splitlines() if found["graph"]["page"] in line)
    assert "stands in for Microsoft 365" in line
    assert "Play the employee" in text


def readable(run: Run, slug: str) -> tuple[int, int, int]:
    """Of the first service: free times of a month, calendars that count, all its calendars."""
    base = info(run)["web"] + "/api/v1"

    def get(path: str) -> dict[str, Any]:
        with urllib.request.urlopen(base + path, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    service = get(f"/municipalities/{slug}/services")["services"][0]
    first, last = date.today(), date.today() + timedelta(days=30)  # noqa: DTZ011
    answer = get(
        f"/services/{service['id']}/availability?channel={service['channels'][0]}"
        f"&from={first}&to={last}"
    )
    return len(answer["slots"]), answer["calendars"]["readable"], answer["calendars"]["total"]


@pytest.mark.parametrize("slug", ["kalamata", "kavala"])
def test_slots_are_offered_at_once(run: Run, slug: str) -> None:
    slots, counted, known = readable(run, slug)
    assert counted == known > 0
    assert slots


def test_a_second_start_on_the_same_data_is_one_sentence(run: Run) -> None:
    done = run.again()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is running on" in done.stderr


def test_a_taken_port_is_one_sentence(run: Run, tmp_path: Path) -> None:
    done = Run(tmp_path, run.port).again()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Port {run.port} is taken" in done.stderr


def test_a_malformed_setting_is_one_sentence(tmp_path: Path) -> None:
    done = Run(tmp_path, free_port()).again(RANTEVOU_HOLD="soon")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "RANTEVOU_HOLD" in done.stderr


def test_an_info_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    run = Run(tmp_path, free_port())
    for info_file in (tmp_path, tmp_path / "nowhere" / "info.json"):
        done = subprocess.run(
            [*COMMAND, "--info", str(info_file)], cwd=ROOT, env=run.environment(),
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "--info" in done.stderr
        assert "Traceback" not in done.stderr
        assert run.members() == {}


def test_an_administrators_commands_work_on_the_same_data(run: Run) -> None:
    settings = run.data / "rantevou.env"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    done = subprocess.run(
        ["/bin/sh", "-c", f'set -a; . "{settings}"; exec "$0" -m booking_web.cli.main "$@"',
         sys.executable, "mailbox", "check", "grafeio1@kavala.example"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "writable" in done.stdout


def test_what_dies_is_started_again(run: Run) -> None:
    for part in ("radicale", "servers.graph", "valkey", "sync_worker scheduler", "cli.main web"):
        pid = run.member(part)
        assert pid, part
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda p=part, old=pid: run.member(p) not in (0, old), seconds=20)  # type: ignore[misc]
    wait_until(lambda: listens(run.port), seconds=20)


def test_ctrl_c_stops_every_child_and_the_data_survives(run: Run) -> None:
    before = info(run)
    assert len(run.members()) >= 8
    assert run.stop() == 0
    assert run.members() == {}
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", run.port))
    assert run.start() == before


def test_servers_that_move_to_other_ports_take_their_calendars_along(run: Run) -> None:
    """Other programs have taken the ports meanwhile: mappings follow, and so do notifications."""
    before = info(run)
    run.stop()
    taken = [urlsplit(before["caldav"][0]["url"]), urlsplit(before["graph"]["base_url"])]
    taken.append(urlsplit(before["graph"]["authority"]))
    with ExitStack() as held:
        for address in taken:
            assert address.port
            other = held.enter_context(socket.socket())
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", address.port))
            other.listen()
        after = run.start()
    assert after["graph"]["base_url"] != before["graph"]["base_url"]
    assert after["graph"]["authority"] != before["graph"]["authority"]
    for slug in ("kalamata", "kavala"):
        wait_until(lambda town=slug: readable(run, town)[1:] == (2, 2), seconds=30)  # type: ignore[misc]
    # Subscriptions follow a look of the scheduler later than the calendars.
    kept = run.data / "outlook" / "graph.json"
    wait_until(lambda: after["graph"]["authority"] in kept.read_text(), seconds=30)


def test_an_installed_package_serves_everybody_from_the_caldav_server(tmp_path: Path) -> None:
    """The stand-in for Microsoft 365 is not shipped: the packages alone, as in a wheel."""
    for package in ("connectors", "mapping", "booking", "sync_worker", "booking_web"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=IGNORED)
    run = Run(tmp_path, free_port(), home=tmp_path)
    found = run.start()
    assert run.stop() == 0
    assert found["graph"] is None
    assert {each["mailbox"] for each in found["caldav"]} >= {"grafeio1@kavala.example"}
    said = run.output.read_text()
    assert said.count("CalDAV alone: the stand-in for Microsoft 365 comes with a checkout") == 1
    assert "Outlook" not in said


@pytest.mark.skipif("sys.platform != 'linux'")
def test_a_killed_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    run = Run(tmp_path, free_port())
    run.start()
    run.stop(signal.SIGKILL)
    wait_until(lambda: run.members() == {}, seconds=15)


def test_ctrl_c_during_the_start_stops_it(tmp_path: Path) -> None:
    run = Run(tmp_path, free_port())
    with run.output.open("wb") as output:
        run.process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=run.environment(), stdout=output, stderr=subprocess.STDOUT
        )
    wait_until(lambda: run.member("radicale"), seconds=30)
    assert run.stop() == 0
    assert run.members() == {}
    assert "Traceback" not in run.output.read_text()
