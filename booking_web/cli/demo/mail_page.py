"""The page of kept mails: a list, one mail, its HTML part in a sandbox, its attachments.

Mails are foreign text: everything is escaped, nothing of a mail runs, and only requests that name
this machine are answered (another site's name could be pointed here to read the mails).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from booking_web.cli.demo import mail_read

MOST_SHOWN = 200
TEMPLATES = Path(__file__).parent / "mail_templates"

_HOSTS = frozenset({"127.0.0.1", "localhost"})
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: No scripts, no requests, an origin of its own; links open beside the frame.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    policy: str = _PAGE_POLICY
    download: str = ""  #: file name, where the answer is to be saved


def page_server(address: tuple[str, int], directory: Path) -> ThreadingHTTPServer:
    """Bound but not yet serving. Raises OSError where the port is taken."""
    server = ThreadingHTTPServer(address, partial(_Handler, directory))
    server.daemon_threads = True
    return server


def answer(path: str, directory: Path) -> Answer | None:
    """What stands at ``path`` (decoded, without query); None where nothing does."""
    match path.strip("/").split("/"):
        case [""]:
            return _list(directory)
        case ["style.css"]:
            return Answer((TEMPLATES / "style.css").read_bytes(), "text/css; charset=utf-8")
        case ["mail", name, *rest]:
            content = mail_read.raw(directory, name)
            return None if content is None else _of_mail(name, content, rest)
    return None


def _list(directory: Path) -> Answer:
    found = mail_read.names(directory)
    mails = [
        (name, mail_read.headers(content))
        for name in found[:MOST_SHOWN]
        if (content := mail_read.raw(directory, name)) is not None
    ]
    return _page("list.html", mails=mails, more=max(0, len(found) - MOST_SHOWN))


def _of_mail(name: str, content: bytes, rest: list[str]) -> Answer | None:
    mail = mail_read.read(name, content)
    match rest:
        case []:
            return _page("mail.html", mail=mail)
        case ["html"] if mail.html:
            return Answer(_opening_links_outside(mail.html).encode(), policy=_MAIL_POLICY)
        case ["raw"]:
            return Answer(content, "message/rfc822", download=name)
        case ["attachment", number]:
            for each in mail.attachments:
                if str(each.number) == number:
                    return Answer(each.content, "application/octet-stream", download=each.name)
    return None


def _opening_links_outside(html: str) -> str:
    """A link of the mail replaces neither the frame nor the page around it."""
    target = '<base target="_blank">'
    return html.replace("<head>", f"<head>{target}", 1) if "<head>" in html else target + html


def with_links(text: str) -> Markup:
    """``text`` escaped, its web addresses clickable."""
    parts, end = [], 0
    for found in _LINK.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(
            Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(found[0])
        )
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["with_links"] = with_links
    return environment


def _page(template: str, *, status: int = 200, **values: object) -> Answer:
    return Answer(_templates().get_template(template).render(values).encode(), status=status)


class _Handler(BaseHTTPRequestHandler):
    """Reads only: every other method than GET and HEAD is refused by the base class (501)."""

    server_version = "rantevou-mails"
    sys_version = ""

    def __init__(self, directory: Path, *arguments: object) -> None:
        self._directory = directory
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.headers.get("Host", "").partition(":")[0] not in _HOSTS:
            found = _page("missing.html", status=403, text="Open this page as 127.0.0.1.")
        else:
            path = unquote(urlsplit(self.path).path)
            found = answer(path, self._directory) or _page(
                "missing.html", status=404, text="There is no such mail (any more)."
            )
        self._send(found)

    do_HEAD = do_GET  # noqa: N815

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        self.send_header("Content-Type", found.content_type)
        self.send_header("Content-Length", str(len(found.body)))
        self.send_header("Content-Security-Policy", found.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if found.download:
            name = quote(found.download, safe="")
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Silent: paths are of no interest, and a log of who read what is not wanted."""
