"""Microsoft's libraries: loaded at start-up where a mailbox needs them, else never."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from booking.desk import Desk
from booking.office import importing
from booking.settings import Settings
from booking.store import Keys, open_store, upgrade
from mapping.file import read_mapping
from tests.booking_web.desk import InMemory, sample

_LIBRARIES = ("msgraph", "msgraph_core", "azure", "msal", "kiota_abstractions", "kiota_http")
_TELL = f"""
import json, sys
found = [name for name in {_LIBRARIES!r} if name in sys.modules]
print(json.dumps(found))
"""
_WEB = """
from booking_web.wsgi import create
app = create()
assert app.test_client().get("/health/live").status_code == 200
"""
_WORKER = """
import os
import sync_worker.jobs
from booking.settings import Settings
from sync_worker import ticker, wiring, worker
settings = Settings.from_environment(os.environ)
wiring.configure(settings)
wiring.preload(wiring.current())
"""
_ENTRY = """
import booking_web.cli.main, booking_web.notifications
"""


def loaded(code: str, folder: Path, *municipalities: str) -> set[str]:
    """Libraries of Microsoft in a process of its own after ``code``."""
    return set(told(code + _TELL, folder, *municipalities))


def told(code: str, folder: Path, *municipalities: str) -> list[str]:
    """What ``code`` prints last (JSON) in a process whose database has these municipalities."""
    url, keys = f"sqlite:///{folder / 'x.sqlite'}", Keys.generate()
    upgrade(url)
    store = open_store(url, encryption_keys=keys)
    settings = Settings(data_dir=folder, database_url=url, secret_key="t" * 32)
    desk = Desk(store=store, calendars=InMemory(), settings=settings, wake=lambda queue: None)
    for name in municipalities:
        text = sample(name)
        importing.import_mapping(
            desk, text=text, municipality=read_mapping(text, name=f"{name}.yaml"), by="test"
        )
    store.close()
    environment = {
        **{name: value for name, value in os.environ.items() if "RANTEVOU" not in name},
        "RANTEVOU_DATA_DIR": str(folder),
        "RANTEVOU_DATABASE_URL": url,
        "RANTEVOU_SECRET_KEY": "t" * 32,
        "RANTEVOU_ENCRYPTION_KEYS": str(keys),
        "RANTEVOU_PUBLIC_URL": "https://rantevou.example.gr",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("code", [_WEB, _WORKER, _ENTRY], ids=["web", "worker", "command"])
def test_a_deployment_without_microsoft_365_never_loads_its_libraries(
    code: str, tmp_path: Path
) -> None:
    assert loaded(code, tmp_path, "kalamata") == set()


@pytest.mark.parametrize("code", [_WEB, _WORKER], ids=["web", "worker"])
def test_where_a_mailbox_is_mapped_they_are_there_before_anybody_waits(
    code: str, tmp_path: Path
) -> None:
    assert loaded(code, tmp_path, "kalamata", "kavala") == set(_LIBRARIES)


@pytest.mark.parametrize("code", [_WEB, _WORKER], ids=["web", "worker"])
def test_no_visitor_waits_for_the_library_of_holidays(code: str, tmp_path: Path) -> None:
    """It imports every country of the world: half a second, of a view's 0.3."""
    tell = "import json, sys; print(json.dumps([n for n in sys.modules if 'holidays.co' in n]))"
    assert "holidays.countries.greece" in told(f"{code}\n{tell}", tmp_path, "kalamata")


def test_a_database_that_does_not_serve_keeps_nobody_from_starting(tmp_path: Path) -> None:
    gone = f"""
import os
os.environ["RANTEVOU_DATABASE_URL"] = "sqlite:///{tmp_path / "nothing" / "here.sqlite"}"
"""
    assert loaded(gone + _WEB, tmp_path, "kavala") == set()
