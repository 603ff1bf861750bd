"""SMTP: a mail that cannot be handed over waits, whatever the network does, and holds nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from booking.desk import MailLater
from connectors.deadline import Deadline
from sync_worker.mail import SmtpMailer, SmtpServer
from tests.faults.bounded import DEADLINE, MARGIN, nothing_left_behind
from tests.servers.faultproxy import (
    BLACK_HOLE,
    DEAF,
    HALF_OPEN,
    RESET,
    TO_CLIENT,
    TO_SERVER,
    Fault,
    FaultProxy,
    cut,
    drip,
    fault_proxy,
    latency,
)
from tests.servers.mail import MailServer
from tests.sync_worker.test_mail import mail

FAULTS = (
    latency(1.0),
    drip(0.02),
    RESET,
    HALF_OPEN,
    BLACK_HOLE,
    DEAF,
    cut(TO_CLIENT, 0),
    cut(TO_CLIENT, 30),
    cut(TO_SERVER, 30),
    cut(TO_SERVER, 600),
)


@pytest.fixture
def wire(mail_server: MailServer) -> Iterator[FaultProxy]:
    with fault_proxy(("127.0.0.1", mail_server.port)) as proxy:
        yield proxy


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+starttls"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_mail_waits(mail_server: MailServer, wire: FaultProxy, fault: Fault, scheme: str) -> None:
    server = SmtpServer(scheme, "127.0.0.1", wire.port)
    mailer = SmtpMailer(server, timeout=DEADLINE)
    with nothing_left_behind(wire):
        wire.play(fault)
        began = time.monotonic()
        with pytest.raises(MailLater) as raised:
            mailer.send(mail(), deadline=Deadline.after(2 * DEADLINE))
        assert time.monotonic() - began < 2 * DEADLINE + MARGIN
        wire.heal()
    assert "eleni" not in str(raised.value)
    assert mail_server.received == []


def test_a_taken_mail_whose_answer_is_lost_waits_with_the_same_message_id(
    mail_server: MailServer, wire: FaultProxy
) -> None:
    """At least once: it was taken, nobody heard of it, so it goes out again under one name."""
    mailer = SmtpMailer(SmtpServer("smtp", "127.0.0.1", wire.port))
    mailer.send(mail(), deadline=Deadline.after(60))
    whole = wire.carried[TO_CLIENT]
    goodbye = len(b"221 Bye\r\n") + len(b"250 kept\r\n")
    with wire.playing(cut(TO_CLIENT, whole - goodbye + 1)), pytest.raises(MailLater):
        mailer.send(mail(), deadline=Deadline.after(60))
    mailer.send(mail(), deadline=Deadline.after(60))
    assert len(mail_server.received) == 3
    assert len({one["Message-ID"] for one in mail_server.received}) == 1


def test_a_parting_that_fails_changes_nothing(mail_server: MailServer, wire: FaultProxy) -> None:
    mailer = SmtpMailer(SmtpServer("smtp", "127.0.0.1", wire.port))
    mailer.send(mail(), deadline=Deadline.after(60))
    whole = wire.carried[TO_CLIENT]
    with wire.playing(cut(TO_CLIENT, whole - len(b"221 Bye\r\n") + 1)):
        mailer.send(mail(), deadline=Deadline.after(60))
    assert len(mail_server.received) == 2
