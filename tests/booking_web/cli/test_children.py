"""Child processes: started again when they die, stopped when asked, gone with their supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from booking_web.cli.demo.children import Child
from booking_web.cli.demo.trouble import StartError
from tests.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT = """
import sys, time
from pathlib import Path
from booking_web.cli.demo.children import Child
child = Child("c", [sys.executable, "-c", "import time; time.sleep(600)"], {}, Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def stop(child: Child) -> None:
    child.ask_to_stop()
    child.make_sure_it_stopped()


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    child = Child("c", SLEEP, {}, tmp_path / "c.log")
    child.start()
    first = child.pid
    assert first is not None
    assert child.revive() is False
    os.kill(first, signal.SIGKILL)
    wait_until(child.revive, seconds=10)
    assert child.pid != first
    assert child.alive
    stop(child)


def test_back_off_grows(tmp_path: Path) -> None:
    child = Child("c", [sys.executable, "-c", "raise SystemExit(3)"], {}, tmp_path / "c.log")
    child.start()
    waits: list[float] = []
    for _ in range(3):
        wait_until(lambda: not child.alive, seconds=10)
        child.revive()
        waits.append(child._again_at)
        child._again_at -= 1000.0  # as if the time had passed
        assert child.revive() is True
    assert child._failures == 3
    stop(child)


def test_one_that_ends_at_its_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Child(
        "The calendar server",
        [sys.executable, "-c", "raise SystemExit('no such folder')"],
        {},
        tmp_path / "c.log",
        answers=lambda: False,
    )
    child.start()
    with pytest.raises(StartError, match="The calendar server ended at its start: no such folder"):
        child.wait_until_it_answers(lambda: False)


def test_ctrl_c_does_not_reach_it_but_stop_does(tmp_path: Path) -> None:
    child = Child("c", SLEEP, {}, tmp_path / "c.log")
    child.start()
    assert child.pid is not None
    assert os.getsid(child.pid) == child.pid
    stop(child)
    assert not child.alive


@pytest.mark.skipif("sys.platform != 'linux'")
def test_a_killed_supervisor_leaves_no_child(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "c.log")], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    wait_until(lambda: gone(pid), seconds=60)
