"""Proving a mail address: codes and links that end, tries and mails that are counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from booking import drafts, verifying
from booking.desk import MailRefused
from booking.model import TooManyTries
from booking.verifying import Proof
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import town

EMAIL = "maria@example.com"


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office(replace(town(), verify_email=True))


def begun(office: Office, email: str = EMAIL, network: str | None = None) -> Proof:
    return verifying.begin(
        office.desk,
        email=email,
        municipality=office.town,
        service="papers",
        channel=Channel.IN_PERSON,
        language="el",
        draft_id="form",
        network=network,
    )


def code_of(office: Office) -> str:
    found = re.search(r"\b(\d{6})\b", office.post.sent[-1].text)
    assert found
    return found[1]


def link_of(office: Office) -> str:
    found = re.search(r"/verify/(\S+)", office.post.sent[-1].text)
    assert found
    return found[1]


def test_the_mail_carries_code_and_link_and_both_prove(office: Office) -> None:
    proof = begun(office)
    assert "drain" in office.woken
    assert office.drain().done == 1
    mail = office.post.sent[-1]
    assert mail.recipient == EMAIL
    assert verifying.try_code(office.desk, proof_id=proof.id, typed=f" {code_of(office)[:3]} "
                              f"{code_of(office)[3:]}")  # fmt: skip
    found = verifying.by_link(office.desk, token=link_of(office))
    assert found is not None
    assert found.proved


def test_the_step_that_owes_the_mail_says_nothing_of_the_person(office: Office) -> None:
    proof = begun(office)
    with office.desk.store.read() as uow:
        entry = uow.outbox.get(uow.outbox.due(now=uow.now, limit=1)[0])
    assert entry is not None
    told = f"{entry.name} {dict(entry.detail)}"
    assert EMAIL not in told + repr(proof)
    assert proof.code not in told + repr(proof)
    with office.desk.store.read() as uow:
        sent = verifying.message(office.desk, entry)
        assert sent is not None
        assert not any(EMAIL in name for name in uow.attempts.names())


def test_five_wrong_codes_are_the_end_of_it(office: Office) -> None:
    proof = begun(office)
    wrong = "000000" if proof.code != "000000" else "111111"
    for malformed in ("", "12345", "abcdef", "1234567", "٠٠٠٠٠٠"):
        assert not verifying.try_code(office.desk, proof_id=proof.id, typed=malformed)
    for _ in range(verifying.TRIES):
        assert not verifying.try_code(office.desk, proof_id=proof.id, typed=wrong)
    with pytest.raises(TooManyTries):
        verifying.try_code(office.desk, proof_id=proof.id, typed=proof.code)
    assert not verifying.send_again(office.desk, proof_id=proof.id, network=None)


def test_half_an_hour_and_it_is_over(office: Office) -> None:
    proof = begun(office)
    office.drain()
    office.clock.forward(minutes=29)
    assert verifying.get(office.desk, proof_id=proof.id) is not None
    office.clock.forward(minutes=2)
    assert verifying.by_link(office.desk, token=link_of(office)) is None
    with pytest.raises(TooManyTries):
        verifying.try_code(office.desk, proof_id=proof.id, typed=proof.code)


def test_a_mail_that_comes_too_late_is_not_sent(office: Office) -> None:
    begun(office)
    assert office.drain(seconds=31 * 60).done == 1
    assert office.post.sent == []


def test_again_means_the_same_code_another_link_and_another_message(office: Office) -> None:
    proof = begun(office)
    office.drain()
    first, link = office.post.sent[-1], link_of(office)
    office.clock.forward(minutes=20)
    assert verifying.send_again(office.desk, proof_id=proof.id, network=None)
    office.drain()
    second = office.post.sent[-1]
    assert code_of(office) == proof.code
    assert first.message_id != second.message_id  # else a mail program shows one of them only
    assert link_of(office) != link
    office.clock.forward(minutes=20)
    for token in (link, link_of(office)):
        assert verifying.by_link(office.desk, token=token) is not None


def test_nobody_is_flooded(office: Office) -> None:
    for _ in range(5):
        begun(office)
    with pytest.raises(TooManyTries):
        begun(office, email="MARIA@example.com")
    begun(office, email="other@example.com")
    office.clock.forward(minutes=61)
    begun(office)
    for number in range(30):
        begun(office, email=f"n{number}@example.com", network="192.0.2.7")
    with pytest.raises(TooManyTries):
        begun(office, email="last@example.com", network="192.0.2.7")


def test_links_that_were_never_sent(office: Office) -> None:
    proof = begun(office)
    for token in ("", proof.id, f"{proof.id}.", f"{proof.id}.x", f"{'a' * 60}.x", "x.y"):
        assert verifying.by_link(office.desk, token=token) is None
    form = drafts.create(office.desk, values={"forms": []})
    assert verifying.get(office.desk, proof_id=form) is None


def test_an_address_that_the_server_refuses_is_told_to_whoever_waits(office: Office) -> None:
    proof = begun(office)
    office.post.refuse.append(MailRefused("no such user"))
    office.drain()
    found = verifying.get(office.desk, proof_id=proof.id)
    assert found is not None
    assert found.undelivered


def test_digits_of_the_phone_and_codes_share_their_tries(office: Office) -> None:
    proof = begun(office)
    ask = {"proof_id": proof.id, "phone": "690 123 4567"}
    for _ in range(4):
        assert not verifying.try_digits(office.desk, typed="999", **ask)
    assert verifying.try_digits(office.desk, typed="5 67", **ask)
    assert not verifying.try_digits(office.desk, typed="567", proof_id=proof.id, phone="")
    with pytest.raises(TooManyTries):
        verifying.try_code(office.desk, proof_id=proof.id, typed=proof.code)
