"""Planted bugs of what citizens are told."""

from __future__ import annotations

import importlib
from typing import Any

from sqlalchemy import false

from booking import mails, submitting, undelivered
from booking import outbox as drains
from booking.desk import MailLater
from booking.messages import MessageKind
from booking.model import BookingState
from booking.placement import owing, placing
from booking.store import outbox
from connectors.deadline import Deadline
from tests.simulation.machines import LONG
from tests.simulation.mutants import Swaps, mutant


@mutant
def confirmed_before_it_stands(swap: Swaps) -> None:
    """The mail is owed with the form, not with the event."""
    real = submitting._write_down

    def write(
        desk: Any, uow: Any, offered: Any, request: Any, booking_id: str, chosen: Any
    ) -> None:
        real(desk, uow, offered, request, booking_id, chosen)
        owing.owe_mail(uow, booking_id=booking_id, kind=MessageKind.CONFIRMATION, version=1)

    states = {*mails._TRUE_IN[MessageKind.CONFIRMATION], BookingState.PENDING}
    swap.set(submitting, "_write_down", write)
    swap.set(mails, "_TRUE_IN", {**mails._TRUE_IN, MessageKind.CONFIRMATION: states})


@mutant
def another_name_at_each_try(swap: Swaps) -> None:
    rendering = importlib.import_module("booking.messages.render")
    swap.set(rendering, "_message_id", lambda *_: f"<{placing.secrets.token_hex(8)}@town.example>")


@mutant
def marked_before_it_left(swap: Swaps) -> None:
    """The mail counts as sent before the mail server has it."""
    real = mails.send

    def send(desk: Any, *, entry: Any, mailer: Any, deadline: Any) -> bool:
        owed = mails._message(desk, entry)
        if owed is None:
            return real(desk, entry=entry, mailer=mailer, deadline=deadline)
        undelivered.delivered(desk, entry)
        try:
            mailer.send(owed[0], deadline=deadline)
        except MailLater:
            return False
        return True

    swap.everywhere(real, send)


@mutant
def overtaken_mails_leave(swap: Swaps) -> None:
    """What is not true any more is sent all the same."""
    every = set(BookingState)
    swap.set(mails, "_TRUE_IN", dict.fromkeys(mails._TRUE_IN, every))


@mutant
def released_without_mail(swap: Swaps) -> None:
    real = placing.release

    def release(desk: Any, uow: Any, row: Any, *, tell: bool, **other: Any) -> Any:
        return real(desk, uow, row, tell=False, **other)

    swap.set(placing, "release", release)


@mutant
def no_mail_of_a_cancellation(swap: Swaps) -> None:
    from booking import cancelling

    swap.set(cancelling, "owe_mail", lambda uow, **_: None)


@mutant
def mail_given_up_at_once(swap: Swaps) -> None:
    """A mail server that said "later" is not asked again."""
    swap.set(
        undelivered,
        "try_later",
        lambda desk, entry, **_: owing.finish(desk, entry, "given up"),
    )


@mutant
def newer_mails_overtake(swap: Swaps) -> None:
    """A mail whose answer was lost is sent again after the one about a later change."""
    swap.set(outbox, "_waits_for_an_older_mail", lambda: false())
    for statement in ("_due", "_due_count", "_take"):
        swap.set(outbox, statement, getattr(outbox, statement).__wrapped__)


@mutant
def lapsed_offers_are_mailed(swap: Swaps) -> None:
    """A mail that waited tells of an earlier time that others have been offered since."""
    swap.set(mails.waiting, "is_kept", lambda uow, booking_id, *, until: True)


@mutant
def sent_after_its_time(swap: Swaps) -> None:
    """A process that stood still sends its mail all the same when it goes on."""
    send = mails.send
    swap.set(
        drains,
        "send",
        lambda desk, *, entry, mailer, deadline: send(
            desk, entry=entry, mailer=mailer, deadline=Deadline.after(LONG)
        ),
    )


@mutant
def late_mails_have_the_last_word(swap: Swaps) -> None:
    """Whoever stood still in the middle of handing over a mail says nothing more."""
    swap.set(undelivered, "say_the_last_again", lambda uow, late: False)
