"""Rows that were lost come back on both databases, and the command and pages tell of it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from booking.office.rebuilding import rebuild
from booking.store.tables import booking, claim, claim_cell, idempotency, outbox, placement
from booking_web.cli import rebuild as command
from tests.booking.conftest import Office
from tests.booking.drill import counted


def lose_everything(office: Office) -> None:
    def work(uow: Any) -> None:
        for table in (outbox, claim_cell, claim, placement, booking, idempotency):
            uow.connection.execute(delete(table))

    office.desk.store.transact(work)


def test_lost_rows_are_made_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [office.book(office.at(4, hour), key=str(hour)).booking for hour in (9, 11)]
    lose_everything(office)
    assert counted(rebuild(office.desk, apply=False)) == {"RESTORED": 2}

    monkeypatch.setattr(command, "desk_from", lambda _: office.desk)
    told = CliRunner().invoke(command.rebuild, [])
    assert told.exit_code == 0
    assert "2 restored" in told.output
    assert "Run it again with --apply" in told.output
    told = CliRunner().invoke(command.rebuild, ["--apply"])
    assert [each.reference in told.output for each in made] == [True, True]
    assert "Phone, mail address and answers never stood in a calendar" in told.output
    again = [office.view(each.id) for each in made]
    assert [each.period for each in again] == [each.period for each in made]
    told = CliRunner().invoke(command.rebuild, ["--apply"])
    assert "2 matched, 0 restored" in told.output


def test_what_was_not_restored_is_the_exit_status(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = office.book(office.at(4, 9)).booking
    lose_everything(office)
    (event,) = office.memory.events(office.ref(booked.mailbox))
    office.memory.edit(office.ref(booked.mailbox), event.ref.id, all_day=True)
    monkeypatch.setattr(command, "desk_from", lambda _: office.desk)
    told = CliRunner().invoke(command.rebuild, ["--apply"])
    assert told.exit_code == 1
    assert "a whole day, a series or without a time" in told.output
