"""What citizens are told of a teleconference whose link is late, there, or missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from booking.messages import MessageKind, as_email, render
from mapping.model import Channel, Contact, LocalText, ProviderMail
from tests.messages.sample import BOOKING, MUNICIPALITY, SERVICE, STAMP, links, mail

JOIN = "/join"


def awaited(language: str = "el", kind: MessageKind = MessageKind.CONFIRMATION):  # type: ignore[no-untyped-def]
    return render(
        kind,
        booking=replace(BOOKING, language=language),
        municipality=MUNICIPALITY,
        service=SERVICE,
        links=links(),
        stamp=STAMP,
        link_awaited=True,
    )


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("el", "Ο σύνδεσμος της τηλεδιάσκεψης θα σας σταλεί με νέο μήνυμα"),
        ("en", "The video link will be sent to you in another message"),
    ],
)
def test_a_confirmation_without_link_says_that_it_follows(language: str, sentence: str) -> None:
    told = awaited(language)
    for text in (told.text, told.html):
        assert sentence in " ".join(text.split())
        assert JOIN not in text  # nobody is sent to a door that is not there
    assert told.calendar_method == "REQUEST"
    assert sentence not in " ".join(mail(language=language).text.split())
    assert sentence in " ".join(awaited(language, MessageKind.CHANGED).text.split())


@pytest.mark.parametrize(
    ("language", "words"),
    [("el", "Ο σύνδεσμος της τηλεδιάσκεψής σας"), ("en", "The link of your video appointment")],
)
def test_the_link_is_told_when_it_is_there(language: str, words: str) -> None:
    told = mail(MessageKind.MEETING_READY, language=language)
    assert told.subject.startswith(words)
    assert JOIN in told.text
    assert JOIN in told.html
    assert (told.calendar, told.calendar_method) == (None, None)


@pytest.mark.parametrize(
    ("language", "words"),
    [("el", "θα επικοινωνήσει μαζί σας"), ("en", "will contact you before the appointment")],
)
def test_where_there_is_none_the_office_will_be_in_touch(language: str, words: str) -> None:
    told = mail(MessageKind.MEETING_MISSING, language=language)
    assert words in " ".join(told.text.split())
    assert JOIN not in told.text
    assert "/cancel" in told.text  # the appointment stands, with all that can be done about it
    assert told.message_id != mail(MessageKind.MEETING_READY, language=language).message_id


def test_a_provider_sends_in_the_name_of_its_mailbox_and_answers_go_to_the_office() -> None:
    sent = ProviderMail("m365", "no-reply@kavala.example")
    told = mail(municipality=replace(MUNICIPALITY, mail=sent), channel=Channel.IN_PERSON)
    message = as_email(told)
    assert message["From"].addresses[0].addr_spec == "no-reply@kavala.example"
    assert message["Reply-To"].addresses[0].addr_spec == "rantevou@kavala.example"
    assert b"mailto:no-reply@kavala.example" in (told.calendar or b"").replace(b"\r\n ", b"")
    assert "Μην απαντήσετε" not in told.text
    nobody = replace(MUNICIPALITY, mail=sent, contact=Contact(office=LocalText("Γραφείο")))
    assert "Μην απαντήσετε" in mail(municipality=nobody).text
    assert "Reply-To" not in as_email(mail())
