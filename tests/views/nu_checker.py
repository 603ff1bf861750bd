"""The Nu HTML checker: installs it (`python -m tests.views.nu_checker`), asks it about many files.

It is a Java program that the package registry of JavaScript has as ``vnu-jar``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from booking_web.cli.bootstrap import SetupError, apt_allowed, apt_install, say

PACKAGE, VERSION = "vnu-jar", "26.9.27"
#: Of the package as it is published.
SHA512 = (
    "4e441de4315f39a582f5e6edbe8cd3b2b1f655aa1dde3620faface791133217c"
    "417b12f3f7ead2d8336d8e7efe44f5226618258b44a0860057e9125135e6b428"
)
JAR = Path(sys.prefix) / f"{PACKAGE}-{VERSION}.jar"
HOW = "install it with `.venv/bin/python -m tests.views.nu_checker` (needs java and npm)"


def missing() -> str:
    """What is not there, as a sentence that says how to get it; empty where all is."""
    if not shutil.which("java"):
        return "Java is missing: `apt-get install default-jre-headless` (as root)"
    return "" if JAR.exists() else f"the HTML checker is missing: {HOW}"


def faults(files: Iterable[Path]) -> list[str]:
    """What the checker says of HTML files, a line each: name, line in it, message."""
    command = [
        "java",
        "-Xss4m",
        "-XX:+UseSerialGC",
        "-jar",
        str(JAR),
        "--format",
        "json",
        "--stdout",
    ]
    done = subprocess.run(
        [*command, "--no-langdetect", *map(str, files)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return [
        f"{Path(said.get('url', '')).name}:{said.get('lastLine', '?')}: {said['message']}"
        for said in json.loads(done.stdout)["messages"]
    ]


def install() -> None:
    """Java where we may, and the jar into the virtual environment. Raises SetupError."""
    wanted = [("java", "default-jre-headless")] + ([] if JAR.exists() else [("npm", "npm")])
    for program, package in wanted:
        if not shutil.which(program) and apt_allowed():
            say(f"installing the system package {package}")
            apt_install(package)
    if not JAR.exists() and shutil.which("npm"):
        _fetch()
    if reason := missing():
        raise SetupError(reason)


def _fetch() -> None:
    say(f"fetching {PACKAGE} {VERSION}, the HTML checker")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise SetupError(f"npm could not fetch {PACKAGE}; its message above says why.")
        (archive,) = Path(folder).iterdir()
        if hashlib.sha512(archive.read_bytes()).hexdigest() != SHA512:
            raise SetupError(f"{PACKAGE} {VERSION} is not what was published: its hash differs.")
        with tarfile.open(archive) as packed:
            jar = packed.extractfile("package/build/dist/vnu.jar")
            assert jar is not None
            unfinished = JAR.with_suffix(".part")
            unfinished.write_bytes(jar.read())
        unfinished.replace(JAR)


if __name__ == "__main__":
    try:
        install()
    except SetupError as problem:
        sys.exit(f"rantevou: {problem}")
