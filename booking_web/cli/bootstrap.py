"""Makes the virtual environment of a checkout; the first step of `./run` and `./test`.

Runs on the system's Python with its standard library only: nothing else is installed yet.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

OLDEST_PYTHON = (3, 11)
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
EXTRAS = {"run": "", "dev": "run"}  #: which other set a set contains
#: The first, which has no window to draw, takes a quarter less time for the same pages.
CHROMIUM_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


class SetupError(Exception):
    """Something that the reader has to do first; the text is the sentence to print."""


def main(arguments: Sequence[str]) -> int:
    """``bootstrap.py run|dev``; returns the exit code."""
    wanted = arguments[0] if arguments else "run"
    root = Path(__file__).resolve().parents[2]
    try:
        with (root / "pyproject.toml").open() as guard:
            fcntl.flock(
                guard, fcntl.LOCK_EX
            )  # two first starts at once would install over each other
            prepare(root, wanted)
        if wanted == "dev":
            require_chromium()
    except SetupError as problem:
        print(f"rantevou: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("rantevou: stopped; the next start goes on from here.", file=sys.stderr)
        return 130
    return 0


def prepare(root: Path, wanted: str) -> None:
    """Bring ``.venv`` to the state of the lock of ``wanted``; quick where it is already there."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupError(
            f"Rantevou needs Python {'.'.join(map(str, OLDEST_PYTHON))} or newer, "
            f"this is {platform.python_version()}."
        )
    stamp = fingerprint(root, wanted)
    marker = root / ".venv" / f"rantevou-{wanted}.stamp"
    python = root / ".venv" / "bin" / "python"
    if python.exists() and marker.exists() and marker.read_text() == stamp:
        return
    if not python.exists():
        make_venv(root)
    install(root, wanted)
    marker.write_text(stamp)
    if contained := EXTRAS[wanted]:
        (root / ".venv" / f"rantevou-{contained}.stamp").write_text(fingerprint(root, contained))


def fingerprint(root: Path, wanted: str) -> str:
    """What an environment depends on: lock, project file, interpreter and place."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {platform.machine()} {root}".encode())
    for name in (LOCKS[wanted], "requirements-uv.lock", "pyproject.toml"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def make_venv(root: Path) -> None:
    say("making the virtual environment .venv")
    command = [sys.executable, "-I", "-m", "venv", "--clear", str(root / ".venv")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0 and apt_allowed():
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        say(f"installing the system package {package}")
        apt_install(package)
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(root / ".venv", ignore_errors=True)
        raise SetupError(
            "Python's venv module is missing: install it with `apt-get install python3-venv` "
            "(as root) and start again."
            if "ensurepip" in made.stdout + made.stderr
            else f"the virtual environment could not be made: {last_line(made.stderr)}"
        )


def install(root: Path, wanted: str) -> None:
    """Install the lock and this checkout; every file is compared with its hash in the lock."""
    python = str(root / ".venv" / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    environment = dict(os.environ)
    environment.update(uv_environment(pip_settings(pip), os.environ))
    started = subprocess.run(
        [*pip, "install", "--quiet", "--require-hashes", "-r", str(root / "requirements-uv.lock")],
        check=False,
    )
    if started.returncode != 0:
        raise SetupError("the installer could not be fetched; pip's message above says why.")
    say(f"installing the packages of {LOCKS[wanted]} (a few minutes the first time)")
    uv = [str(root / ".venv" / "bin" / "uv"), "pip", "install", "--python", python, "--no-config"]
    # No byte-compiling: msgraph alone has 16,700 files, and few of them are ever imported.
    steps = (
        [*uv, "--require-hashes", "-r", str(root / LOCKS[wanted])],
        [*uv, "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(root)],
    )
    for step in steps:
        if subprocess.run(step, env=environment, cwd=root, check=False).returncode != 0:
            raise SetupError(
                "the packages could not be installed; the message above says why "
                "(no network, or pip's index settings?). Start again when that is mended."
            )


def pip_settings(pip: Sequence[str]) -> dict[str, str]:
    """What the person's pip is configured with, options of ``install`` and environment included."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False)
    ranked: list[tuple[int, str, str]] = []
    for line in listed.stdout.splitlines():
        name, found, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if found and section.strip(":") in {"global", "install", "env"}:
            rank = ("global", "install", "env").index(section.strip(":"))
            ranked.append((rank, option, ast.literal_eval(value)))
    return {option: value for _, option, value in sorted(ranked)}


def uv_environment(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The same settings in uv's words; whatever the person told uv itself comes first.

    uv reads neither pip's file nor pip's variables, but should fetch from where pip does.
    """
    words = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": " ".join(settings.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(settings.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": settings.get("timeout", settings.get("default-timeout", "")),
        "SSL_CERT_FILE": settings.get("cert", ""),
        "ALL_PROXY": settings.get("proxy", ""),
        "UV_NO_INDEX": "1" if settings.get("no-index", "") in {"1", "true", "yes", "on"} else "",
    }
    if words["UV_INDEX"]:
        # pip takes a version from any index; the hashes of the lock make that safe here.
        words["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in words.items() if value and not environ.get(name)}


def require_chromium() -> None:
    """The browser tests drive the system's Chromium. Raises SetupError where there is none."""
    if chromium():
        return
    if apt_allowed():
        say("installing the system package chromium-headless-shell for the browser tests")
        apt_install("chromium-headless-shell", "fonts-dejavu-core")
        if not chromium():  # a release of before it was a package of its own
            apt_install("chromium", "fonts-dejavu-core")
        if chromium():
            return
    raise SetupError(
        "the browser tests need Chromium: install it with `apt-get install chromium` (as root) "
        "and start again."
    )


def chromium() -> str | None:
    """The path of the browser that the tests drive."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def apt_allowed() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(step, env=environment, stdout=subprocess.DEVNULL, check=False)


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]


def say(text: str) -> None:
    print(f"rantevou: {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
