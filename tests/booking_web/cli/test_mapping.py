"""``rantevou mapping`` as an administrator meets it: words, exit codes, and nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from booking.store import upgrade
from booking_web.cli.mapping import mapping
from mapping.samples import SAMPLES, sample_text


class Administrator:
    """Runs commands on files in a folder, with a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "var" / "rantevou.sqlite"
        self.environment = {
            "RANTEVOU_DATA_DIR": str(folder / "var"),
            "RANTEVOU_ENCRYPTION_KEYS": "test:" + "A" * 43,
            "RANTEVOU_REDIS_URL": "",
            "RANTEVOU_DATABASE_URL": "",
        }

    def migrate(self) -> None:
        self.database.parent.mkdir()
        upgrade(f"sqlite:///{self.database}")

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode())
        return path

    def run(self, *arguments: object) -> Result:
        result = CliRunner(env=self.environment).invoke(mapping, [str(each) for each in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture
def admin(tmp_path: Path) -> Administrator:
    return Administrator(tmp_path)


@pytest.fixture
def files(admin: Administrator) -> list[Path]:
    return [admin.file(f"{slug}.yaml", sample_text(slug)) for slug in SAMPLES]


def test_check_of_whole_files(admin: Administrator, files: list[Path]) -> None:
    result = admin.run("check", *files)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{files[0]}: no faults (services: 2, mailboxes: 2)",
        f"{files[1]}: no faults (services: 1, mailboxes: 3)",
    ]
    assert not admin.database.exists(), "check needs no database"


def test_check_names_file_line_and_column(admin: Administrator) -> None:
    broken = sample_text("kavala").replace("step_minutes: 30", "step_minutes: 31")
    file = admin.file("broken.yaml", broken)
    result = admin.run("check", file)
    line = broken[: broken.index("step_minutes")].count("\n") + 1
    assert result.exit_code == 1
    assert result.stderr == (
        f"{file}:{line}:19: 31 is not a multiple of 5 minutes; write 30 or 35\n"
    )
    assert result.stdout == ""


def test_calendars_in_memory_are_no_choice_for_a_municipality(
    admin: Administrator, files: list[Path]
) -> None:
    text = files[0].read_text(encoding="utf-8")
    files[0].write_text(text.replace("provider: caldav", "provider: memory"), encoding="utf-8")
    result = admin.run("check", str(files[0]))
    assert result.exit_code == 1
    assert "write one of: caldav" in result.stderr
    assert "caldav, memory" not in result.stderr


def test_files_that_cannot_be_read(admin: Administrator) -> None:
    result = admin.run("check", admin.folder / "nowhere.yaml", admin.folder)
    assert result.exit_code == 1
    assert "nowhere.yaml: cannot be read: No such file" in result.stderr
    assert f"{admin.folder}: cannot be read: Is a directory" in result.stderr


def test_two_files_of_one_municipality(admin: Administrator, files: list[Path]) -> None:
    result = admin.run("check", files[0], files[0])
    assert result.exit_code == 1
    assert "'kalamata' is also the slug of" in result.stderr


def test_plan_without_a_database(admin: Administrator, files: list[Path]) -> None:
    result = admin.run("plan", files[0])
    assert result.exit_code == 0
    assert "  + kalamata: municipality 'Δήμος Καλαμάτας' is new" in result.stdout
    assert "  housing-benefit in_person: " in result.stdout
    assert "  guaranteed-minimum-income in_person: " in result.stdout
    assert not admin.database.exists(), "a plan writes nothing"


def test_plan_import_export(admin: Administrator, files: list[Path]) -> None:
    admin.migrate()
    first = admin.run("import", *files)
    assert first.exit_code == 0, first.output
    assert "Δήμος Καβάλας (kavala): imported" in first.stdout

    again = admin.run("plan", files[0])
    assert "  nothing changes" in again.stdout

    changed = sample_text("kalamata").replace("horizon_days: 60  # SAMPLE", "horizon_days: 30")
    plan = admin.run("plan", admin.file("changed.yaml", changed))
    line = "  ~ services/housing-benefit/horizon_days: horizon_days: 60 → 30"
    assert line in plan.stdout.splitlines()
    assert admin.run("export", "kalamata").stdout_bytes == sample_text("kalamata").encode()


@pytest.mark.parametrize(
    "text",
    [
        sample_text("kalamata"),
        sample_text("kalamata").replace("\n", "\r\n"),
        "\ufeff" + sample_text("kalamata") + "\n\n# trailing words, kept   \n",
    ],
)
def test_export_is_lossless(admin: Administrator, text: str) -> None:
    admin.migrate()
    assert admin.run("import", admin.file("kalamata.yaml", text)).exit_code == 0
    assert admin.run("export", "kalamata").stdout_bytes == text.encode()
    target = admin.folder / "out.yaml"
    assert admin.run("export", "kalamata", "--output", target).exit_code == 0
    assert target.read_bytes() == text.encode()
    assert admin.run("export", "kalamata", "--output", admin.folder).exit_code == 1


def test_a_broken_file_changes_nothing(admin: Administrator, files: list[Path]) -> None:
    admin.migrate()
    broken = admin.file("broken.yaml", sample_text("kavala").replace("slug: kavala", "slug: Ka"))
    result = admin.run("import", files[0], broken)
    assert result.exit_code == 1
    assert f"{broken}:7:7: a slug has small Latin letters" in result.stderr
    plan = admin.run("plan", files[0])
    assert "municipality 'Δήμος Καλαμάτας' is new" in plan.stdout


def test_a_changed_consent_under_its_old_version_is_refused(
    admin: Administrator, files: list[Path]
) -> None:
    admin.migrate()
    admin.run("import", files[0])
    text = sample_text("kalamata").replace("Δηλώνω υπεύθυνα", "Δηλώνω")
    file = admin.file("changed.yaml", text)
    assert admin.run("plan", file).exit_code == 1
    result = admin.run("import", file)
    assert result.exit_code == 1
    assert "consents/consent: the text changed" in result.stderr
    assert admin.run("export", "kalamata").stdout_bytes == sample_text("kalamata").encode()
    newer = text.replace('version: "1.0"\n    kind', 'version: "1.1"\n    kind')
    assert admin.run("import", admin.file("newer.yaml", newer)).exit_code == 0
