"""Mails over a real SMTP server; what goes wrong is sorted into "later" and "never"."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from booking.desk import MailLater, MailRefused
from booking.messages import OutgoingMail
from connectors.deadline import Deadline
from sync_worker.mail import SmtpMailer, SmtpServer, mailer_for
from tests.servers.mail import MailServer
from tests.waiting import free_port

#: For tests that end long before.
SOON = Deadline.after(600)
RECIPIENT = "eleni.dokimastiki@example.gr"


def mail(recipient: str = RECIPIENT) -> OutgoingMail:
    return OutgoingMail(
        message_id="<1.confirmation@rantevou.example>",
        sender="dimos@example.gr",
        sender_name="Δήμος Δοκιμών",
        recipient=recipient,
        subject="Επιβεβαίωση ραντεβού",
        text="Το ραντεβού σας",
        html="<p>Το ραντεβού σας</p>",
        calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        calendar_method="REQUEST",
        language="el",
    )


def test_a_mail_arrives_whole(mail_server: MailServer) -> None:
    mailer_for(mail_server.url).send(mail(), deadline=SOON)
    (received,) = mail_server.received
    assert received["Message-ID"] == "<1.confirmation@rantevou.example>"
    assert received["Subject"] == "Επιβεβαίωση ραντεβού"
    assert received["To"] == RECIPIENT
    body = received.get_body(("plain",))
    assert body is not None
    assert "Το ραντεβού σας" in body.get_content()


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such mailbox", MailRefused), ("451 try again", MailLater)],
    ids=["for good", "for now"],
)
def test_a_refused_recipient(mail_server: MailServer, answer: str, error: type[Exception]) -> None:
    mail_server.refuse[RECIPIENT] = answer
    with pytest.raises(error) as raised:
        mailer_for(mail_server.url).send(mail(), deadline=SOON)
    assert answer[:3] in str(raised.value)
    assert "eleni" not in str(raised.value)
    assert mail_server.received == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [("554 we do not like it", MailRefused), ("452 no space", MailLater)],
    ids=["for good", "for now"],
)
def test_a_refused_mail(mail_server: MailServer, answer: str, error: type[Exception]) -> None:
    mail_server.answer = answer
    with pytest.raises(error, match=answer[:3]):
        mailer_for(mail_server.url).send(mail(), deadline=SOON)


def test_nobody_answers() -> None:
    with pytest.raises(MailLater, match="ConnectionRefusedError"):
        mailer_for(f"smtp://127.0.0.1:{free_port()}").send(mail(), deadline=SOON)


def test_a_server_that_never_speaks_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = SmtpServer("smtp", "127.0.0.1", silent.getsockname()[1])
        with pytest.raises(MailLater, match="does not answer"):
            SmtpMailer(server, timeout=0.2).send(mail(), deadline=SOON)


def test_a_server_without_tls_gets_no_password(mail_server: MailServer) -> None:
    server = SmtpServer("smtp+starttls", "127.0.0.1", mail_server.port, "town", "hunter2")
    with pytest.raises(MailLater, match="STARTTLS"):
        SmtpMailer(server, timeout=2).send(mail(), deadline=SOON)
    assert mail_server.received == []


def test_no_server_configured_keeps_mails_waiting() -> None:
    with pytest.raises(MailLater, match="RANTEVOU_SMTP_URL"):
        mailer_for("").send(mail(), deadline=SOON)


@pytest.fixture
def guarded_server() -> Iterator[MailServer]:
    server = MailServer(login=("town", "p@ss:word")).start()
    yield server
    server.stop()


def test_login_with_user_and_password(guarded_server: MailServer) -> None:
    mailer_for(f"smtp://town:p%40ss%3Aword@127.0.0.1:{guarded_server.port}").send(
        mail(), deadline=Deadline.after(60)
    )
    assert len(guarded_server.received) == 1


def test_a_wrong_password_waits_to_be_mended(guarded_server: MailServer) -> None:
    with pytest.raises(MailLater, match="refused our login"):
        mailer_for(f"smtp://town:wrong@127.0.0.1:{guarded_server.port}").send(
            mail(), deadline=Deadline.after(60)
        )
    assert guarded_server.received == []


def test_the_url_names_scheme_port_and_login() -> None:
    assert SmtpServer.from_url("smtp://mail.example.gr") == SmtpServer(
        "smtp", "mail.example.gr", 25
    )
    assert SmtpServer.from_url("smtps://mail.example.gr").port == 465
    found = SmtpServer.from_url("smtp+starttls://u%40town:s%2Fp@mail.example.gr:2525")
    assert (found.user, found.password, found.port) == ("u@town", "s/p", 2525)
    assert "s/p" not in repr(found)


@pytest.mark.parametrize("url", ["mail.town.gr", "http://mail.town.gr", "smtp://", "smtp://h:x"])
def test_a_malformed_url_says_what_is_expected(url: str) -> None:
    with pytest.raises(ValueError, match="must look like") as raised:
        mailer_for(url)
    assert url not in str(raised.value)
