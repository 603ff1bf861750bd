"""The commands around calendars, as an administrator meets them: words and exit codes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from booking import offer
from booking.calendars.refusals import note_refusal
from booking.desk import Desk
from booking.office import importing, overview
from booking.office import secrets as stored_secrets
from booking.settings import Settings
from booking.store import Keys, upgrade
from booking_web.cli.demo.samples import on_caldav
from booking_web.cli.doctor import doctor
from booking_web.cli.explain import explain
from booking_web.cli.mailbox import mailbox
from booking_web.cli.secret import secret
from booking_web.cli.sync import sync
from booking_web.wiring import desk_from
from connectors.contract import MailboxRef, Period
from connectors.errors import NotAuthorised
from connectors.memory import MemoryConnector, shared
from mapping.file import read_mapping
from mapping.model import Channel
from mapping.samples import sample_text

FIRST, SECOND, THIRD = (f"grafeio{n}@kavala.example" for n in (1, 2, 3))
SERVICE = "kavala.mayor-office-appointment"


class Administrator:
    """Runs commands against a database of its own and calendars in memory."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **{name: "" for name in os.environ if name.startswith("RANTEVOU_")},
            "RANTEVOU_DATA_DIR": str(folder),
            "RANTEVOU_ENCRYPTION_KEYS": Keys.generate(),
        }
        name = folder.name.replace("_", "-")
        self.url = f"https://{name}.example/"
        settings = Settings.from_environment(self.environment)
        upgrade(settings.database_url)
        self.desk: Desk = desk_from(settings)

    @property
    def calendars(self) -> MemoryConnector:
        return shared(self.url)

    def import_kavala(self, *, extra: str = "") -> None:
        text = extra + on_caldav(sample_text("kavala")).replace(
            "provider: caldav", "provider: memory"
        )
        text = text.replace("http://127.0.0.1:5232/", self.url).replace("allow_plain_http", "x")
        municipality = read_mapping(text, name="kavala.yaml")
        importing.import_mapping(self.desk, text=text, municipality=municipality, by="test")

    def run(self, command: click.Command, *arguments: str, typed: str = "") -> Result:
        runner = CliRunner(env=self.environment)
        result = runner.invoke(command, list(arguments), input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture
def empty(tmp_path: Path) -> Administrator:
    return Administrator(tmp_path)


@pytest.fixture
def admin(empty: Administrator) -> Administrator:
    empty.import_kavala()
    stored_secrets.set_secret(empty.desk, name="caldav-service", value="x")
    return empty


def ref(address: str) -> MailboxRef:
    return MailboxRef(address, f"{address}/rantevou/")


def test_a_secret_that_no_mapping_could_name_is_refused(empty: Administrator) -> None:
    result = empty.run(secret, "set", "My Password", typed="geheim\n")
    assert result.exit_code == 1
    assert "small Latin letters" in result.output
    assert stored_secrets.names(empty.desk) == ()


def test_a_secret_is_stored_from_standard_input_and_never_shown(empty: Administrator) -> None:
    result = empty.run(secret, "set", "caldav-service", typed="geheim\n")
    assert result.exit_code == 0
    assert "geheim" not in result.output
    assert stored_secrets.get(empty.desk, name="caldav-service") == "geheim"
    assert empty.run(secret, "list").output == "caldav-service\n"


def test_an_empty_secret_is_refused(empty: Administrator) -> None:
    result = empty.run(secret, "set", "caldav-service", typed="\n")
    assert result.exit_code == 1
    assert "nothing was stored" in result.output
    assert empty.run(secret, "list").output == ""


def test_checking_a_mailbox(admin: Administrator) -> None:
    result = admin.run(mailbox, "check", FIRST)
    assert result.exit_code == 0, result.output
    assert "writable" in result.output
    admin.calendars.lose_mailbox(ref(FIRST))
    result = admin.run(mailbox, "check", "--all")
    assert result.exit_code == 1
    assert "FAILED" in result.output
    assert SECOND in result.output


@pytest.mark.parametrize(
    ("command", "arguments", "code"),
    [(mailbox, ["check", "no@x.example"], 1), (mailbox, ["check"], 2), (sync, ["no@x.example"], 1)],
)
def test_addresses_that_no_mapping_names(
    admin: Administrator, command: click.Command, arguments: Sequence[str], code: int
) -> None:
    result = admin.run(command, *arguments)
    assert result.exit_code == code
    assert "rantevou mapping import" in result.output or "--all" in result.output


def test_reading_calendars_now(admin: Administrator) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    admin.calendars.put_foreign(ref(FIRST), Period(tomorrow, tomorrow + timedelta(hours=1)))
    assert admin.run(sync).output.splitlines() == [
        f"{FIRST}: read, changed",
        f"{SECOND}: read, unchanged",
        f"{THIRD}: read, unchanged",
    ]
    assert admin.run(sync, FIRST, "--full").exit_code == 0
    admin.calendars.lose_mailbox(ref(FIRST))
    result = admin.run(sync, FIRST)
    assert result.exit_code == 1
    assert "NOT READ" in result.output


def test_explaining_a_slot(admin: Administrator) -> None:
    admin.run(sync)
    today = datetime.now(UTC).date()
    slots = offer.available(
        admin.desk,
        service_id=SERVICE,
        channel=Channel.TELECONFERENCE,
        first=today,
        last=today + timedelta(days=20),
    ).slots
    arguments = [SERVICE, "teleconference", slots[-1].start.isoformat()]
    result = admin.run(explain, *arguments)
    assert result.exit_code == 0, result.output
    assert f"{FIRST}: offered" in result.output
    for address in (FIRST, SECOND):
        admin.calendars.put_foreign(ref(address), slots[-1])
    admin.run(sync)
    result = admin.run(explain, *arguments)
    assert result.exit_code == 1
    assert result.output.count("the calendar is busy") == 2
    assert admin.run(explain, SERVICE, "teleconference", "tomorrow").exit_code == 2


def test_the_doctor_names_what_is_missing_and_the_way_out(empty: Administrator) -> None:
    empty.import_kavala()
    result = empty.run(doctor)
    assert result.exit_code == 1
    for words in (
        "RANTEVOU_SECRET_KEY",
        "RANTEVOU_SMTP_URL",
        "rantevou secret set caldav-service",
        f"rantevou mailbox check {FIRST}",
        "Start Redis or Valkey",
    ):
        assert words in result.output, words


def test_the_doctor_finds_nothing_wrong_with_what_works(
    admin: Administrator, valkey_url: str
) -> None:
    admin.environment |= {"RANTEVOU_SECRET_KEY": "k" * 32, "RANTEVOU_REDIS_URL": valkey_url}
    admin.run(sync)
    wrong = [line for line in admin.run(doctor).output.splitlines() if line.startswith("WRONG")]
    assert [line.split()[1] for line in wrong] == ["queue:", "mail:"]  # no worker, no mail server


def test_the_doctor_misses_no_mail_server_where_providers_send(empty: Administrator) -> None:
    empty.import_kavala(extra="mail: {connection: calendars, sender: info@kavala.example}\n")
    assert "mail: sent by the providers" in empty.run(doctor).output


def test_the_doctor_says_that_a_calendar_cannot_be_written(admin: Administrator) -> None:
    admin.run(sync)
    (refused,) = [each.id for each in overview.mailboxes(admin.desk) if each.address == FIRST]
    note_refusal(admin.desk, refused, NotAuthorised("no right (HTTP 403)"))
    told = admin.run(doctor).output
    assert f"mailbox {FIRST}: offers nothing: our account cannot write there (no right" in told


def test_the_doctor_says_when_there_is_no_database(tmp_path: Path) -> None:
    runner = CliRunner(
        env={
            "RANTEVOU_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite'}",
            "RANTEVOU_ENCRYPTION_KEYS": Keys.generate(),
        }
    )
    result = runner.invoke(doctor)
    assert result.exit_code == 1
    assert "rantevou database upgrade" in result.output
