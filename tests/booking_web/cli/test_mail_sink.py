"""The mail server of the embedded run: a real process, real SMTP, its page read over HTTP."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from booking_web.cli.demo import mail_read
from booking_web.cli.demo.mail_page import with_links
from tests.waiting import free_port, listens, wait_until

MODULE = "booking_web.cli.demo.mail_sink"


@dataclass(frozen=True)
class Sink:
    process: subprocess.Popen[str]
    smtp_port: int
    web_port: int
    directory: Path

    def send(self, message: EmailMessage) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10) as client:
            client.send_message(message)

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web_port}{path}", headers={"Host": host}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read()

    def page(self, path: str = "/") -> str:
        status, _, body = self.get(path)
        assert status == 200
        return body.decode()

    def newest(self) -> str:
        return max(path.name for path in self.directory.glob("*.eml"))


def command(smtp_port: int, web_port: int, directory: Path) -> list[str]:
    ports = ["--smtp-port", str(smtp_port), "--web-port", str(web_port)]
    return [sys.executable, "-m", MODULE, *ports, "--directory", str(directory)]


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    smtp_port, web_port = free_port(), free_port()
    directory = tmp_path_factory.mktemp("sink") / "mail"
    process = subprocess.Popen(
        command(smtp_port, web_port, directory), stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: listens(smtp_port) and listens(web_port), seconds=20)
    yield Sink(process, smtp_port, web_port, directory)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0, said
    assert not listens(smtp_port)
    assert not listens(web_port)


def message(subject: str = "Το ραντεβού σας", text: str = "Σας περιμένουμε") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Δήμος Καβάλας <rantevou@kavala.example>"
    made["To"] = "maria@example.gr"
    made["Subject"] = subject
    made["Date"] = "Sat, 21 Nov 2026 09:00:00 +0000"
    made.set_content(text)
    return made


def test_a_mail_is_kept_as_it_came_and_shown(sink: Sink) -> None:
    sent = message(text="Ακύρωση:\nhttps://rantevou.example.gr/r/TOKEN/cancel\n")
    sink.send(sent)
    name = sink.newest()
    kept = mail_read.read(name, (sink.directory / name).read_bytes())
    assert kept.headers["Subject"] == "Το ραντεβού σας"
    assert kept.text.splitlines()[0] == "Ακύρωση:"
    page = sink.page(f"/mail/{name}")
    assert "Δήμος Καβάλας &lt;rantevou@kavala.example&gt;" in page
    assert '<a href="https://rantevou.example.gr/r/TOKEN/cancel" target="_blank"' in page


def test_the_list_shows_the_newest_first(sink: Sink) -> None:
    for subject in ("πρώτο", "δεύτερο", "τρίτο"):
        sink.send(message(subject))
    page = sink.page()
    assert page.index("τρίτο") < page.index("δεύτερο") < page.index("πρώτο")
    assert not list(sink.directory.glob("*.part"))


def test_a_hostile_mail_is_only_text(sink: Sink) -> None:
    attack = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    sent = message(attack, attack)
    sent.add_alternative(f"<html><head></head><body>{attack}</body></html>", subtype="html")
    sent.add_attachment(b"x", maintype="text", subtype="html", filename='"><script>.html')
    sink.send(sent)
    name = sink.newest()
    for path in ("/", f"/mail/{name}"):
        page = sink.page(path)
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
    status, headers, _ = sink.get(f"/mail/{name}")
    assert status == 200
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "script-src" not in headers["Content-Security-Policy"]
    _, headers, body = sink.get(f"/mail/{name}/html")
    assert b'<base target="_blank">' in body
    assert "sandbox allow-popups" in headers["Content-Security-Policy"]
    assert "allow-scripts" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_an_attachment_can_be_saved(sink: Sink) -> None:
    sent = message()
    sent.add_attachment(
        b"BEGIN:VCALENDAR", maintype="application", subtype="ics", filename="ραντεβού.ics"
    )
    sink.send(sent)
    name = sink.newest()
    number = mail_read.read(name, (sink.directory / name).read_bytes()).attachments[0].number
    status, headers, body = sink.get(f"/mail/{name}/attachment/{number}")
    assert (status, body) == (200, b"BEGIN:VCALENDAR")
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, headers, body = sink.get(f"/mail/{name}/raw")
    assert body == (sink.directory / name).read_bytes()
    assert headers["Content-Disposition"].startswith("attachment")


def test_addresses_beyond_ascii_are_taken(sink: Sink) -> None:
    sent = EmailMessage(policy=SMTPUTF8)
    sent["From"] = "rantevou@kavala.example"
    sent["To"] = "μαρία@παράδειγμα.ελ"
    sent["Subject"] = "Ένα μήνυμα"
    sent.set_content("κείμενο")
    sink.send(sent)
    assert "μαρία@παράδειγμα.ελ" in sink.page(f"/mail/{sink.newest()}")


@pytest.mark.parametrize(
    "path",
    [
        "/mail/../../etc/passwd",
        "/mail/..%2f..%2fetc%2fpasswd",
        "/mail/none.eml",
        "/mail/%00.eml",
        "/nothing",
        "/mail/",
    ],
)
def test_nothing_else_of_the_machine_is_shown(sink: Sink, path: str) -> None:
    status, _, body = sink.get(path)
    assert status == 404
    assert b"root:" not in body


def test_another_sites_name_does_not_open_the_page(sink: Sink) -> None:
    assert sink.get("/", host="attacker.example")[0] == 403
    assert sink.get("/", host=f"localhost:{sink.web_port}")[0] == 200


def test_the_page_cannot_be_written_to(sink: Sink) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{sink.web_port}/", data=b"x")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    with refused.value as error:
        assert error.code == 501


def test_a_taken_port_is_one_sentence(sink: Sink, tmp_path: Path) -> None:
    for smtp_port, web_port in ((sink.smtp_port, free_port()), (free_port(), sink.web_port)):
        done = subprocess.run(
            command(smtp_port, web_port, tmp_path), capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "choose another one" in done.stderr


def test_a_malformed_mail_is_shown_as_far_as_it_goes(sink: Sink) -> None:
    broken = (
        b"Subject: =?utf-8?B?not base64?= =?nonsense?Q?x?=\r\nFrom: \xff\xfe\r\n"
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xce\x93\xce\xb5\xce\xb9\xce\xb1\r\n"
    )
    with smtplib.SMTP("127.0.0.1", sink.smtp_port, timeout=10) as client:
        client.sendmail("a@example.gr", ["b@example.gr"], broken)
    assert "Γεια" in sink.page(f"/mail/{sink.newest()}")


def test_links_end_before_punctuation() -> None:
    shown = with_links('Δείτε https://a.example/x?y=1&z=2. <b>"https://b.example"</b>')
    assert '<a href="https://a.example/x?y=1&amp;z=2" ' in shown
    assert "</a>. &lt;b&gt;" in shown
    assert '<a href="https://b.example" ' in shown
