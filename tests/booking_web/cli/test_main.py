"""The command ``rantevou``: every promised part is there, and mistakes are sentences."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from booking_web.cli.main import COMMANDS, cli


def rantevou(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "booking_web.cli.main", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_help_lists_every_command_without_loading_any() -> None:
    done = rantevou("--help")
    assert done.returncode == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []


def test_an_unknown_command_is_a_sentence() -> None:
    done = rantevou("dance")
    assert done.returncode == 2
    assert "No such command 'dance'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"RANTEVOU_PORT": "eighty"}, "RANTEVOU_PORT"),
        ({"RANTEVOU_DATABASE_URL": "mysql://nowhere/x"}, "RANTEVOU_DATABASE_URL"),
        ({"RANTEVOU_REDIS_URL": "127.0.0.1:6379"}, "redis://"),
        ({"RANTEVOU_SMTP_URL": "mail.example.gr"}, "smtp+starttls://"),
    ],
)
def test_a_wrong_setting_is_a_sentence(
    environment: dict[str, str], named: str, tmp_path: Path
) -> None:
    environment = {"RANTEVOU_DATA_DIR": str(tmp_path), **environment}
    done = rantevou("database", "upgrade", **environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert named in done.stderr


@pytest.mark.parametrize("role", ["worker", "scheduler", "dance"])
def test_background_processes_refuse_wrong_settings(role: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sync_worker", role],
        capture_output=True,
        text=True,
        env={"RANTEVOU_SMTP_URL": "mail.example.gr"},
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [("database", "upgrade"), ("mapping", "export", "kavala"), ("worker",)]
)
def test_a_database_that_is_not_there_is_a_sentence(command: tuple[str, ...]) -> None:
    done = rantevou(
        *command,
        RANTEVOU_DATABASE_URL="postgresql://rantevou@127.0.0.1:1/rantevou",
        RANTEVOU_ENCRYPTION_KEYS="1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        RANTEVOU_REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "the database does not serve us" in done.stderr


def test_a_worker_without_redis_is_a_sentence(tmp_path: Path) -> None:
    environment = {
        "RANTEVOU_DATA_DIR": str(tmp_path),
        "RANTEVOU_ENCRYPTION_KEYS": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "RANTEVOU_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    assert rantevou("database", "upgrade", **environment).returncode == 0
    done = rantevou("worker", **environment)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Redis does not answer" in done.stderr


def test_a_taken_port_of_the_web_process_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = rantevou(
            "web",
            RANTEVOU_DATA_DIR=str(tmp_path),
            RANTEVOU_ENCRYPTION_KEYS="1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            RANTEVOU_PORT=str(taken.getsockname()[1]),
        )
    assert done.returncode == 1
    assert "RANTEVOU_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_without_tables_names_the_command_that_makes_them(tmp_path: Path) -> None:
    done = rantevou(
        "mapping",
        "export",
        "kavala",
        RANTEVOU_DATA_DIR=str(tmp_path),
        RANTEVOU_ENCRYPTION_KEYS="1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "rantevou database upgrade" in done.stderr


def test_the_database_is_made_and_stays(tmp_path: Path) -> None:
    environment = {"RANTEVOU_DATA_DIR": f"{tmp_path}/deep/var"}
    assert rantevou("database", "upgrade", **environment).returncode == 0
    again = rantevou("database", "upgrade", **environment)
    assert (again.returncode, again.stderr) == (0, "")
