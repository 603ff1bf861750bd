"""Mails to citizens through the provider of a mailbox, as whole messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from booking.cancelling import cancel
from connectors.contract import Connection, Connector
from connectors.errors import ConnectorError, NotAuthorised, Rejected, TryLater
from connectors.memory import AbleMemoryConnector, MemoryConnector
from mapping.model import CalendarConnection, ProviderMail
from tests.booking.conftest import Office
from tests.booking.town import town

SENDER = "rantevou@town.example"


class Two:
    """The town's calendars, and the provider that sends its mails."""

    def __init__(self, calendars: Connector, post: Connector) -> None:
        self._by_url = {"memory://calendars": calendars, "memory://post": post}

    def connector(self, connection: Connection) -> Connector:
        return self._by_url[connection.url]


@pytest.fixture
def sending(make_office: Callable[..., Office]) -> Office:
    municipality = town()
    post = CalendarConnection("post", "memory", url="memory://post")
    return make_office(
        replace(
            municipality,
            connections=(*municipality.connections, post),
            mail=ProviderMail("post", SENDER),
        )
    )


@pytest.fixture
def provider(sending: Office) -> AbleMemoryConnector:
    made = AbleMemoryConnector()
    sending.desk = replace(sending.desk, calendars=Two(sending.memory, made))
    return made


def open_steps(office: Office) -> list[str]:
    with office.desk.store.read() as uow:
        return [entry.outcome for entry in uow.outbox.open()]


def test_the_whole_message_goes_by_the_provider(
    sending: Office, provider: AbleMemoryConnector
) -> None:
    booking = sending.book(sending.free()[0].start).booking
    sending.settle(rounds=2)
    assert sending.post.sent == []
    ((sender, mime),) = provider.mails
    message = message_from_bytes(mime, policy=policy.default)
    assert (sender, message["From"].addresses[0].addr_spec) == (SENDER, SENDER)
    assert message["Reply-To"].addresses[0].addr_spec == "info@town.example"
    assert message["To"].addresses[0].addr_spec == booking.citizen.email
    calendar = next(each for each in message.walk() if each.get_content_type() == "text/calendar")
    text = calendar.get_content()
    assert calendar.get_param("method") == "REQUEST"
    # The organiser is who sends it, or mail programs refuse the update.
    assert f"mailto:{SENDER}" in text.replace("\r\n ", "").replace("\n ", "")
    assert b"\r\n" in mime
    assert mime.isascii()


def test_a_repeated_mail_is_the_same_mail(sending: Office, provider: AbleMemoryConnector) -> None:
    lost = TryLater("no answer", outcome_unknown=True)
    provider.fail_next("send_mail", lost)
    sending.book(sending.free()[0].start)
    sending.drain(seconds=1)
    assert provider.mails == []
    assert open_steps(sending) == ["mail server: later"]
    sending.settle(rounds=2)
    assert len(provider.mails) == 1


@pytest.mark.parametrize("error", [NotAuthorised("no right to send"), TryLater("busy")])
def test_what_can_be_put_right_waits(
    sending: Office, provider: AbleMemoryConnector, error: ConnectorError
) -> None:
    for _ in range(3):
        provider.fail_next("send_mail", error)
    sending.book(sending.free()[0].start)
    sending.settle(rounds=8)
    assert len(provider.mails) == 1
    assert open_steps(sending) == []


def test_the_provider_is_not_asked_before_it_wants_to_be(
    sending: Office, provider: AbleMemoryConnector
) -> None:
    provider.fail_next("send_mail", TryLater("throttled", retry_after=300))
    sending.book(sending.free()[0].start)
    sending.drain(seconds=1)
    sending.settle(rounds=4, seconds=60)
    assert provider.mails == []
    sending.settle(rounds=2, seconds=60)
    assert len(provider.mails) == 1


def test_a_refused_mail_is_not_sent_again(sending: Office, provider: AbleMemoryConnector) -> None:
    provider.fail_next("send_mail", Rejected("no such recipient"))
    booking = sending.book(sending.free()[0].start).booking
    sending.settle(rounds=4)
    assert (provider.mails, open_steps(sending)) == ([], [])
    cancel(sending.desk, booking_id=booking.id)
    sending.settle(rounds=2)
    assert len(provider.mails) == 1


def test_a_provider_that_cannot_send_keeps_the_mails(sending: Office) -> None:
    sending.desk = replace(sending.desk, calendars=Two(sending.memory, MemoryConnector()))
    sending.book(sending.free()[0].start)
    sending.settle(rounds=2)
    assert open_steps(sending) == ["mail server: later"]
    able = AbleMemoryConnector()
    sending.desk = replace(sending.desk, calendars=Two(sending.memory, able))
    sending.settle(rounds=4)
    assert len(able.mails) == 1


def test_a_secret_without_a_value_is_no_reason_to_lose_a_mail(
    make_office: Callable[..., Office],
) -> None:
    municipality = town()
    post = CalendarConnection("post", "memory", url="memory://post", secret="m365")
    office = make_office(
        replace(
            municipality,
            connections=(*municipality.connections, post),
            mail=ProviderMail("post", SENDER),
        )
    )
    office.book(office.free()[0].start)
    office.settle(rounds=2)
    assert open_steps(office) == ["mail server: later"]


def test_without_a_word_in_the_mapping_mails_go_by_smtp(office: Office) -> None:
    office.book(office.free()[0].start)
    office.settle(rounds=2)
    (mail,) = office.post.sent
    assert (mail.sender, mail.reply_to) == ("info@town.example", "")
