"""The data folder of an embedded run: its holder, its ports, what was generated once."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import random
import secrets
import shlex
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from booking_web.cli.demo.trouble import StartError

TABLES_READY = "tables ready"  #: what the preparation says when others may use the database
ADMIN = "admin"  #: user of the admin page
#: Where no system takes the near end of an outgoing connection from, so that a port which is free
#: now is still free when the server that was promised it starts (Linux: from 32768 up).
SPARE_PORTS = range(20_000, 30_000)
LONGEST_SOCKET = 100  #: bytes; the kernel takes 107 for a Unix socket
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  #: without what looks alike


@dataclass
class Kept:
    """What is generated at the first start and stays: keys, passwords by user, ports by server."""

    secret_key: str = ""
    encryption_keys: str = ""
    service_password: str = ""  #: of the account by which Rantevou reads and writes all calendars
    accounts: dict[str, str] = field(default_factory=dict)
    calendars: dict[str, str] = field(default_factory=dict)  #: mailbox address → password
    paths: dict[str, str] = field(default_factory=dict)  #: mailbox address → collection path
    staff: list[str] = field(default_factory=list)  #: users of the staff page
    ports: dict[str, int] = field(default_factory=dict)
    outlook: dict[str, str] = field(default_factory=dict)  #: mailbox of the stand-in → person
    mapped_caldav_url: str = ""  #: what the imported samples were given
    mapped_graph: dict[str, str] = field(default_factory=dict)  #: likewise, the stand-in's
    imported: dict[str, str] = field(default_factory=dict)  #: sample → SHA-256 of its text


class Place:
    """One data folder and the files in it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.log = self.root / "log"
        self.mail = self.root / "mail"
        self.calendars = self.root / "calendars"
        self.outlook = self.root / "outlook"
        self.broker = self.root / "valkey"
        self.bytecode = self.root / "bytecode"  #: where none may lie beside the sources
        self.settings = self.root / "rantevou.env"
        self._kept_file = self.root / "demo.json"

    def make(self) -> None:
        """Raises StartError where the folder cannot be written."""
        try:
            inner = (self.log, self.mail, self.calendars, self.outlook, self.broker)
            for folder in (self.root, *inner, self.bytecode):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StartError(
                f"The data folder {self.root} cannot be made ({error.strerror}): "
                "set RANTEVOU_DATA_DIR to a folder that you may write."
            ) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process. Raises StartError if another one does."""
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise StartError(
                    f"Rantevou is running on {self.root} already (process {file.read().strip()}): "
                    "stop that one first, or set RANTEVOU_DATA_DIR to another folder."
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    def load(self) -> Kept:
        """What is kept, generated where it is missing. Raises StartError for a damaged file."""
        kept = Kept()
        if self._kept_file.exists():
            try:
                kept = Kept(**json.loads(self._kept_file.read_text()))
            except (ValueError, TypeError):
                raise StartError(
                    f"{self._kept_file} is damaged: restore it from a backup, or move the folder "
                    f"{self.root} away to start afresh."
                ) from None
        kept.secret_key = kept.secret_key or secrets.token_urlsafe(32)
        kept.encryption_keys = kept.encryption_keys or "1:" + (
            base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        )
        kept.service_password = kept.service_password or new_password()
        self.save(kept)
        return kept

    def save(self, kept: Kept) -> None:
        write_private(self._kept_file, json.dumps(asdict(kept), indent=2, ensure_ascii=False))

    def socket_path(self) -> Path:
        """A path for the broker's socket that is short enough for the kernel."""
        path = self.broker / "socket"
        if len(os.fsencode(path)) <= LONGEST_SOCKET:
            return path
        return Path(tempfile.mkdtemp(prefix="rantevou-")) / "socket"


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable for its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:  # mkstemp made it 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def write_settings(path: Path, environment: Mapping[str, str]) -> None:
    """What the commands of an administrator need to work on the same data, for a shell to read."""
    lines = (
        f"{name}={shlex.quote(value)}\n"
        for name, value in sorted(environment.items())
        if name.startswith("RANTEVOU_")
    )
    write_private(path, "".join(lines))


def new_password() -> str:
    """Sixty random bits that can be typed: "k7mq-x2ha-9dfe"."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free(host: str, port: int) -> None:
    """Raises StartError where somebody listens there already."""
    if not is_free(host, port):
        raise StartError(
            f"Port {port} is taken by another program: stop that one, or choose another port, "
            f"for example RANTEVOU_PORT={port + 10}."
        )


def choose_port(kept: Kept, name: str, preferred: int) -> int:
    """The port this server had last time, else ``preferred``, else any free one; remembered."""
    others = {used for other, used in kept.ports.items() if other != name}
    wanted = (kept.ports.get(name, 0), preferred)
    for port in (*wanted, *random.sample(SPARE_PORTS, 50)):
        if 0 < port < 65536 and port not in others and is_free("127.0.0.1", port):
            kept.ports[name] = port
            return port
    raise StartError(
        f"No free port was found for the {name} server between {SPARE_PORTS[0]} and "
        f"{SPARE_PORTS[-1]}: stop programs that listen there."
    )
