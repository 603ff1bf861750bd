"""Personal data: not in plain columns, not in logs, and of it only the name in the calendar."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import LargeBinary, select

from booking import drafts, rescheduling
from booking.cancelling import cancel
from booking.desk import MailLater, MailRefused
from booking.model import Citizen
from booking.outbox import due_count
from booking.store.tables import metadata
from connectors.errors import TryLater
from tests.booking.conftest import Office
from tests.booking.town import address

CANARIES = ("Κανάριος", "canary@example.com", "+306971112223", "094259216", "καναρίνι")


def test_personal_data_stand_in_sealed_columns_only(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    citizen = Citizen("Κανάριος Κανάρης", "canary@example.com", "+306971112223")
    answers = {"afm": "094259216", "subject": "το καναρίνι μου"}
    slots = office.free()
    office.memory.fail_next("create", TryLater("no answer", outcome_unknown=True))
    booked = office.book(slots[0].start, citizen=citizen, answers=answers).booking
    office.settle(rounds=2)
    rescheduling.reschedule(
        office.desk, booking_id=booked.id, starts_at=slots[2].start, citizen=citizen,
        answers={"subject": "άλλο καναρίνι"},
    )  # fmt: skip
    drafts.create(office.desk, values={"name": citizen.name, **answers})
    office.post.refuse = [MailLater(), MailRefused()]
    office.settle(rounds=2)
    cancel(office.desk, booking_id=booked.id)
    office.settle(rounds=2)

    plain = []
    with office.desk.store.read() as uow:
        for table in metadata.sorted_tables:
            columns = [each for each in table.c if not isinstance(each.type, LargeBinary)]
            plain += [str(tuple(row)) for row in uow.connection.execute(select(*columns))]
            sealed = [each for each in table.c if isinstance(each.type, LargeBinary)]
            for row in uow.connection.execute(select(*sealed)) if sealed else ():
                plain += [bytes(value).decode("utf-8", "replace") for value in row if value]
    found = "\n".join([*plain, caplog.text, repr(booked), repr(office.post.sent)])
    assert booked.reference in found
    assert [canary for canary in CANARIES if canary in found] == []


def test_the_calendar_learns_the_name_and_nothing_else(office: Office) -> None:
    written = []
    create = office.memory.create

    class Watching:
        def __getattr__(self, name: str) -> object:
            return getattr(office.memory, name)

        def create(self, **arguments: object) -> object:
            written.append(arguments["draft"])
            return create(**arguments)  # type: ignore[arg-type]

    office.calendars.it = Watching()  # type: ignore[assignment]
    citizen = Citizen("Κανάριος Κανάρης", "canary@example.com", "+306971112223")
    answers = {"afm": "094259216", "subject": "το καναρίνι μου"}
    booked = office.book(office.free()[0].start, citizen=citizen, answers=answers).booking
    (draft,) = written
    text = str(draft)
    assert "Κανάριος Κανάρης" in draft.body  # type: ignore[attr-defined]
    assert f"/staff/bookings/{booked.reference}" in text
    assert [canary for canary in CANARIES[1:] if canary in text] == []
    assert "Κανάριος" not in draft.subject  # type: ignore[attr-defined]
    assert draft.subject.endswith(f"#{booked.reference}")  # type: ignore[attr-defined]
    assert len(office.events(address(1))) == 1


def test_a_mail_that_must_wait_waits_and_one_that_is_refused_is_seen(office: Office) -> None:
    office.book(office.free()[0].start)
    office.post.refuse = [MailLater(retry_after=100)]
    office.drain(seconds=1)
    office.drain(seconds=60)
    assert office.post.sent == []
    office.drain(seconds=50)
    assert len(office.post.sent) == 1
    office.book(office.free()[2].start, key="other")
    office.post.refuse = [MailRefused()]
    office.drain(seconds=1)
    assert due_count(office.desk) == 0
