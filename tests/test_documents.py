"""The documents tell the truth about what can be checked: settings, commands, words, paths."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest

from booking.model import BookingState
from booking.settings import Settings
from booking_web.admin.troubles import finding_name
from booking_web.cli.main import COMMANDS
from connectors.graph import connection
from mapping import model
from mapping.checks import graph
from mapping.model import Channel

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGES = ("connectors", "mapping", "booking", "sync_worker", "booking_web")

_VARIABLE = re.compile(r"RANTEVOU_[A-Z][A-Z_]*[A-Z]")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)}|tests|benchmarks|docs)/[\w/.-]*)`")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def documented() -> dict[str, str]:
    """Variable → default, from the table of settings."""
    rows = re.findall(r"^\| `(RANTEVOU_\w+)` \| (.*?) \|", text("docs/settings.md"), re.MULTILINE)
    return {
        name: default.strip("`") for name, default in rows if not name.startswith("RANTEVOU_TEST")
    }


def written(value: object) -> str:
    """A default as the table writes it."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def test_every_setting_is_documented_and_none_that_does_not_exist() -> None:
    fields = {f"RANTEVOU_{field.name.upper()}" for field in dataclasses.fields(Settings)}
    assert set(documented()) == fields


def test_the_keys_that_a_mapping_file_must_have() -> None:
    places = {
        "the file": model.Municipality,
        "`contact`": model.Contact,
        "a group": model.ServiceGroup,
        "a service": model.Service,
        "a channel": model.ServiceChannel,
        "a question": model.Question,
        "a choice": model.Choice,
        "a declaration": model.Declaration,
        "an answer": model.DeclarationAnswer,
        "a consent": model.Consent,
        "a connection": model.CalendarConnection,
        "a staff member": model.StaffMember,
        "a mailbox": model.Mailbox,
        "an info page": model.InfoPage,
    }
    part = text("docs/mapping-file.md").split("## What must be given")[1].split("\n## ")[0]
    told = {
        place: set(re.findall(r"`(\w+)`", keys))
        for place, keys in re.findall(r"^\| (.*?) \| (`.*?) \|$", part, re.MULTILINE)
    }
    needed = {
        place: {
            field.name
            for field in dataclasses.fields(kind)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
        for place, kind in places.items()
    }
    assert told == needed


def test_options_of_microsoft_365_are_the_same_to_file_page_and_connector() -> None:
    part = text("docs/mapping-file.md").split("| option of `graph` |")[1].split("\n\n")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    assert told == set(connection.OPTIONS) == set(graph.OPTIONS)


def test_the_page_of_microsoft_365_knows_what_a_check_looks_at() -> None:
    part = text("docs/microsoft-365.md").split("| line | what was tried |")[1].split("\n\n")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
    source = text("connectors/graph/check.py")
    looked_at = set(re.findall(r'_(?:note|fail)\(\s*"(\w+)"', source))
    assert told == looked_at
    assert all(finding_name(name) != name for name in told)


def test_the_picture_of_the_house_has_every_module_of_microsoft_graph() -> None:
    part = text("docs/architecture.md").split("| module | what it is for |")[1].split("\n\n")[0]
    first = "\n".join(row.split("|")[1] for row in part.strip().splitlines())
    modules = {path.stem for path in (ROOT / "connectors/graph").glob("[a-z]*.py")}
    assert set(re.findall(r"`(\w+)`", first)) == modules


def test_every_setting_can_be_set_from_the_environment() -> None:
    samples = {
        "RANTEVOU_PUBLIC_URL": "https://rantevou.example.gr",
        "RANTEVOU_NOTIFICATION_URL": "https://calls.example.gr",
        "RANTEVOU_SECURE_COOKIES": "no",
        "RANTEVOU_REDIS_URL": "redis://127.0.0.1:6379/0",
        "RANTEVOU_SMTP_URL": "smtp://mail.example.gr",
        "RANTEVOU_SIGN_IN": "required",
        **{
            f"RANTEVOU_GSIS_{name}_URL": f"https://sign-in.example.gr/{name}"
            for name in ("AUTHORIZE", "TOKEN", "USERINFO", "LOGOUT")
        },
    }
    given = {name: samples.get(name, "7") for name in documented()}
    changed = Settings.from_environment(given)
    untouched = [
        field.name
        for field in dataclasses.fields(Settings)
        if getattr(changed, field.name) == field.default
    ]
    assert untouched == []


def test_settings_show_no_secret() -> None:
    secrets = (
        "database_url", "redis_url", "smtp_url", "secret_key", "encryption_keys", "metrics_token",
        "gsis_client_secret",
    )  # fmt: skip
    given = {f"RANTEVOU_{name.upper()}": f"smtp://user:hush-{name}@host" for name in secrets}
    given["RANTEVOU_REDIS_URL"] = "redis://user:hush-redis@host"
    settings = Settings.from_environment(given)
    assert settings.smtp_url.endswith("@host")
    assert "hush" not in repr(settings)


def test_documented_defaults_are_the_defaults() -> None:
    defaults = {
        f"RANTEVOU_{field.name.upper()}": written(field.default)
        for field in dataclasses.fields(Settings)
        if field.default != "" and field.name != "public_url"
    }
    shown = {name: value for name, value in documented().items() if not value.startswith("*")}
    assert shown == defaults


def test_every_variable_of_the_code_is_documented() -> None:
    known = set(_VARIABLE.findall(text("docs/settings.md")))
    found = {
        (variable, str(path.relative_to(ROOT)))
        for package in (*PACKAGES, "tests", "benchmarks")
        for path in (ROOT / package).rglob("*.py")
        if path != Path(__file__)
        for variable in _VARIABLE.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(entry for entry in found if entry[0] not in known) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_paths_of_a_document_exist(document: Path) -> None:
    content = document.read_text(encoding="utf-8")
    links = [link for link in _LINK.findall(content) if "://" not in link]
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [path for path in _PATH.findall(content) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_a_document_exist(document: Path) -> None:
    named = re.findall(r"(?<![\w/`.-])rantevou ([a-z]+)(?= [a-zA-Z-]|`|$)", _code(document))
    assert sorted({name for name in named if name not in COMMANDS}) == []


def _code(document: Path) -> str:
    """Code spans and indented or fenced blocks."""
    content = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^    .*$|^```[\s\S]*?^```", content, re.MULTILINE)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", content)])


@pytest.mark.parametrize("word", [*BookingState, *Channel])
def test_the_glossary_knows_every_state_and_channel(word: str) -> None:
    assert f"`{word}`" in text("docs/glossary.md")


def test_the_licence_is_the_one_of_the_package() -> None:
    assert 'license = "EUPL-1.2"' in text("pyproject.toml")
    licence = text("LICENSE")
    assert licence.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    for article in range(1, 16):
        assert re.search(rf"^{article}\. [A-Z]", licence, re.MULTILINE)
    assert "‘Compatible Licences’ according to Article 5 EUPL are:" in licence


def test_the_changelog_knows_this_version() -> None:
    version = re.search(r'^version = "(.+)"$', text("pyproject.toml"), re.MULTILINE)
    assert version is not None
    assert f"## [{version[1]}]" in text("CHANGELOG.md")
