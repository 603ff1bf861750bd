"""Setting up a checkout: the same package sources as pip's, and sentences instead of tracebacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from booking_web.cli import bootstrap

ROOT = Path(__file__).resolve().parents[3]


def test_uv_is_told_what_pip_is_configured_with() -> None:
    settings = {
        "index-url": "https://packages.example.gr/simple",
        "extra-index-url": "https://a.example.gr/simple\nhttps://b.example.gr/simple",
        "find-links": "/srv/wheels",
        "cert": "/etc/ssl/town.pem",
        "timeout": "60",
    }
    assert bootstrap.uv_environment(settings, {}) == {
        "UV_DEFAULT_INDEX": "https://packages.example.gr/simple",
        "UV_INDEX": "https://a.example.gr/simple https://b.example.gr/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/srv/wheels",
        "SSL_CERT_FILE": "/etc/ssl/town.pem",
        "UV_HTTP_TIMEOUT": "60",
    }


def test_what_the_person_told_uv_itself_comes_first() -> None:
    told = {"UV_DEFAULT_INDEX": "https://own.example.gr/simple"}
    assert bootstrap.uv_environment({"index-url": "https://packages.example.gr/simple"}, told) == {}


def test_pip_settings_rank_environment_over_install_over_global(tmp_path: Path) -> None:
    answer = "global.timeout='10'\\n:env:.timeout='30'\\ninstall.timeout='20'\\nfreeze.all='1'"
    listed = [sys.executable, "-c", f"print({answer!r}.replace(chr(92) + 'n', chr(10)))"]
    assert bootstrap.pip_settings(listed) == {"timeout": "30"}


def test_the_fingerprint_follows_lock_and_place(tmp_path: Path) -> None:
    names = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "pyproject.toml")
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
    first = bootstrap.fingerprint(tmp_path / "a", "run")
    assert bootstrap.fingerprint(tmp_path / "a", "run") == first
    assert bootstrap.fingerprint(tmp_path / "b", "run") != first
    (tmp_path / "a" / "requirements.lock").write_text("changed")
    assert bootstrap.fingerprint(tmp_path / "a", "run") != first


def test_an_old_python_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(bootstrap.SetupError, match=r"needs Python 99\.0 or newer"):
        bootstrap.prepare(tmp_path, "run")


@pytest.mark.parametrize("script", ["run", "test"])
def test_without_any_python_the_scripts_say_what_to_install(script: str, tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", str(ROOT / script)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "apt-get install python3 python3-venv" in done.stderr


def test_ctrl_c_while_packages_are_fetched_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(root: Path, wanted: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "prepare", interrupted)
    assert bootstrap.main(["run"]) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_locks_hold_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "urllib3-future" not in text


def test_every_version_we_run_is_the_version_we_test() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split(" ")[0].rstrip("\\") for line in lines if "==" in line[:60]}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
    assert pins("requirements-uv.lock") <= pins("requirements.lock")
