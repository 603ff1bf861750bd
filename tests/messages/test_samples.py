"""Mails of the sample municipalities, and any name a person may type."""

from __future__ import annotations

import email
from dataclasses import replace
from email import policy
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.messages import MessageKind, as_email, links_for, render
from mapping.file import read_mapping
from mapping.model import Municipality, Service, ServiceChannel, service_id
from tests.messages.sample import BEFORE, BOOKING, STAMP, START, mail

SAMPLES = {
    file.name: read_mapping(file.read_text(encoding="utf-8"), name=file.name)
    for file in (resources.files("mapping") / "samples").iterdir()
    if file.name.endswith(".yaml")
}
OFFERED = [
    pytest.param(municipality, service, channel, id=f"{service.key}-{channel.channel}")
    for municipality in SAMPLES.values()
    for service in municipality.services
    for channel in service.channels
]


@pytest.mark.parametrize(("municipality", "service", "channel"), OFFERED)
@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("kind", list(MessageKind))
def test_every_service_of_the_samples_has_its_mails(
    municipality: Municipality,
    service: Service,
    channel: ServiceChannel,
    language: str,
    kind: MessageKind,
) -> None:
    sent = render(
        kind,
        booking=replace(
            BOOKING,
            municipality=municipality.slug,
            service_id=service_id(municipality, service),
            channel=channel.channel,
            language=language,
            undo_until=START,
        ),
        municipality=municipality,
        service=service,
        links=links_for(
            public_url="https://rantevou.example.gr/",
            token="TOKEN",
            municipality=municipality,
            service=service,
            channel=channel.channel,
        ),
        stamp=STAMP,
        previous=BEFORE,
        alternatives=(BEFORE,),
    )
    message = email.message_from_bytes(as_email(sent).as_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert channel.title.in_language(language) in body.get_content()
    if kind not in {MessageKind.REMINDER, MessageKind.EARLIER}:
        assert f"/d/{municipality.slug}/{service.key}" in body.get_content()
    if kind is MessageKind.CONFIRMATION:
        for text in (*channel.instructions, *channel.tips, *service.documents, channel.place):
            assert text.in_language(language) in body.get_content()


@pytest.mark.needs_shared
def test_the_words_are_those_of_the_manuals(shared: Path) -> None:
    manuals = "\n".join(path.read_text("utf-8") for path in sorted((shared / "seeds").iterdir()))
    sent = mail()
    for words in (
        "Λεπτομέρειες κράτησης",
        "Όνομα υπηρεσίας",
        "Πότε",
        "Προγραμματισμός εκ νέου",
        "Ακύρωση κράτησης",
        "Νέα κράτηση",
        "Συμμετοχή στη συνάντηση",
        "Ραντεβού με τον Δήμο",
    ):
        assert words in manuals
        assert words in sent.text
        assert words in sent.html


@given(name=st.text(min_size=1, max_size=100))
def test_any_name_leaves_a_mail_whole(name: str) -> None:
    sent = mail(name=name)
    message = email.message_from_bytes(as_email(sent).as_bytes(), policy=policy.default)
    assert message["To"].addresses[0].addr_spec == "maria@example.gr"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == sent.text
