"""Workers of `pytest -n 3` divide the tests so that none disturbs another one's time or servers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lanes import lane_of, rank_of

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "tests/product/test_a.py": 2,
    "tests/sync_worker/test_b.py": 2,
    "tests/mapping/test_c.py": 3,
    "tests/mapping/test_d.py": 3,
}


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("tests/product/test_a.py::test_x", "tests/sync_worker/test_b.py::test_y", True),
        ("tests/booking/test_a.py::test_x", "tests/booking/test_a.py::TestB::test_y[1::2]", True),
        ("tests/booking/test_a.py::test_x", "tests/booking/test_b.py::test_x", False),
        ("tests/booking/test_a.py::test_x", "tests/product/test_a.py::test_x", False),
    ],
)
def test_lanes(one: str, other: str, together: bool) -> None:
    assert (lane_of(one) == lane_of(other)) is together


def test_what_takes_longest_begins_first() -> None:
    ids = ["tests/booking/test_a.py::a", "tests/browser/test_a.py::a", "tests/product/test_a.py::a"]
    assert sorted(ids, key=rank_of) == ids[::-1]


def test_workers_keep_to_the_lanes(tmp_path: Path) -> None:
    body = (
        "import os, pathlib, pytest\n"
        "@pytest.mark.parametrize('n', range({count}))\n"
        "def test_it(n):\n"
        "    with pathlib.Path({log!r}).open('a') as log:\n"
        "        log.write(os.environ['PYTEST_XDIST_WORKER'] + ' ' + __file__ + chr(10))\n"
    )
    log = tmp_path / "log.txt"
    for name, count in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body.format(count=count, log=str(log)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-c", str(ROOT / "pyproject.toml"),
         "--rootdir", str(tmp_path), "-p", "xdist", "-p", "tests.conftest",
         "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    workers: dict[str, set[str]] = {}
    for line in log.read_text().splitlines():
        worker, _, path = line.partition(" ")
        workers.setdefault(lane_of(str(Path(path).relative_to(tmp_path))), set()).add(worker)
    assert {lane: len(found) for lane, found in workers.items()} == {
        "real processes": 1,
        "tests/mapping/test_c.py": 1,
        "tests/mapping/test_d.py": 1,
    }
    assert set.union(*workers.values()) == {"gw0", "gw1"}
