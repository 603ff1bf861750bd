"""In CI a skipped test counts as a failed one, unless it needs what is not there by design."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_a(): pass\n"
EXCUSED = "import pytest\n@pytest.mark.needs_shared\ndef test_a(): pass\n"
AT_IMPORT = "import pytest\npytest.importorskip('no_such_module')\ndef test_a(): pass\n"
PASSED = "def test_a(): pass\n"


@pytest.mark.parametrize(
    ("text", "ci", "code"),
    [
        (PASSED, "true", 0),
        (SKIPPED, "true", 1),
        (SKIPPED, "", 0),
        (PASSED + AT_IMPORT, "true", 1),
        (EXCUSED, "true", 0),
    ],
    ids=["passed", "skipped", "skipped elsewhere", "skipped at import", "needs the shared folder"],
)
def test_exit_code(text: str, ci: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(PASSED)
    (tmp_path / "test_b.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "pyproject.toml"),
         "--rootdir", str(tmp_path), "-p", "tests.conftest", "-p", "no:cacheprovider",
         str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
             "RANTEVOU_TEST_SHARED": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert ("SKIPPED IN CI" in done.stdout) is (code == 1)
