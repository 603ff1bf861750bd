"""``rantevou account create`` on a real database."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from booking.desk import Desk
from booking.office import accounts, importing
from booking.settings import Settings
from booking.store import Keys, upgrade
from booking_web.cli.main import cli
from booking_web.wiring import desk_from
from mapping.file import read_mapping

PASSWORD = "a long enough password"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("RANTEVOU_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("RANTEVOU_ENCRYPTION_KEYS", Keys.generate())
    settings = Settings.from_environment(
        {"RANTEVOU_DATA_DIR": str(tmp_path), "RANTEVOU_ENCRYPTION_KEYS": Keys.generate()}
    )
    upgrade(settings.database_url)
    text = (resources.files("mapping") / "samples" / "kavala.yaml").read_text(encoding="utf-8")
    made = desk_from(settings)
    importing.import_mapping(
        made, text=text, municipality=read_mapping(text, name="kavala.yaml"), by="test"
    )
    return made


def create(*arguments: str, password: str = PASSWORD) -> Result:
    return CliRunner().invoke(cli, ["account", "create", *arguments], input=f"{password}\n")


def test_an_administrator_can_sign_in(desk: Desk) -> None:
    done = create("eleni", "--name", "Ελένη", "--admin")
    assert (done.exit_code, done.output) == (0, "eleni can sign in at /admin/.\n")
    found = accounts.authenticate(desk, user="eleni", password=PASSWORD)
    assert found == accounts.Account("eleni", "admin", "Ελένη", None)


def test_staff_belong_to_a_municipality(desk: Desk) -> None:
    done = create("nikos", "--name", "Νίκος", "--municipality", "kavala")
    assert done.exit_code == 0
    found = accounts.authenticate(desk, user="nikos", password=PASSWORD)
    assert found is not None
    assert (found.role, found.municipality) == ("staff", "kavala")


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("nikos", "--name", "Νίκος"), PASSWORD, "either --admin or --municipality"),
        (
            ("nikos", "--name", "Νίκος", "--municipality", "nowhere"),
            PASSWORD,
            "There is no municipality nowhere",
        ),
        (("nikos", "--name", "Νίκος", "--admin"), "short", "8 to 200 characters"),
    ],
)
def test_what_cannot_be_made_changes_nothing(
    desk: Desk, arguments: tuple[str, ...], password: str, said: str
) -> None:
    done = create(*arguments, password=password)
    assert done.exit_code != 0
    assert said in done.output
    assert accounts.get(desk, "nikos") is None
