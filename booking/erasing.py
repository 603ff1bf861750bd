"""Erasing: after the time that the municipality set, or because the citizen asks for it.

The booking stays as a number: when, which service, by which channel, with which outcome. What a
person told goes in one transaction, which owes the steps that take the name out of old events.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, pairwise

from booking import catalogue
from booking.cancelling import cancel
from booking.desk import Desk
from booking.model import BookingState, BookingView, NotOffered, WrongState
from booking.placement.forgetting import owe_forgetting
from booking.placement.releasing import drop_alternatives
from booking.store import UnitOfWork, fingerprint
from booking.store.bookings import NOBODY, BookingRow
from booking.store.columns import to_microseconds
from booking.store.erasures import OVER, UNDER_WAY
from booking.store.outbox import Step
from booking.tasks import NOBODY as ITSELF
from mapping.model import Municipality, service_id
from mapping.retention import Stage, everything, stages

_log = logging.getLogger(__name__)

#: How much one transaction erases, and one call in all.
_SOME = 10
_AT_ONCE = 400
#: How often it is looked for, over all processes; nobody waits for it by the minute.
EVERY = timedelta(minutes=5)
#: A mail that says that the appointment is cancelled may still be waiting for its mail server.
_FOR_MAILS = timedelta(days=1)
#: The limit by network looks back a day.
_NETWORKS = timedelta(days=2)
#: Keys of forms are gone by then, and have no index by booking.
_FORM_KEYS = timedelta(days=8)
#: What would tell somebody something, or look for more about it.
_MOOT = (Step.MAIL, Step.LINK, Step.SECURE, Step.REVIEW)
_CANCELLABLE = (BookingState.PENDING, BookingState.CONFIRMED, BookingState.CONFLICT)


@dataclass(frozen=True, slots=True)
class _Owed:
    """``stage``: only these answers. ``before``: if it ended by then; None: its citizen asked.
    ``calendar_in``: when its event is due, so that many of them keep no mail waiting."""

    booking_id: str
    before: datetime | None = None
    stage: Stage | None = None
    calendar_in: timedelta = timedelta(0)


def ask(desk: Desk, *, booking_id: str) -> BookingView:
    """The citizen wants everything erased that is known of them with this booking.

    An appointment ahead is cancelled first, and erased when that cannot be undone any more
    (undoing it takes the wish back) and the mail about it has left; what is over is erased at once.
    Twice is once. Raises NotOffered, WrongState (it is taking place, or a change is on its way).
    """
    row, now = _look_up(desk, booking_id)
    # After a restored backup somebody has to know whom to erase again.
    _log.info("erasing booking %s on request", row.reference)
    if row.erased_at is None and row.state in _CANCELLABLE and row.ends_at > now:
        cancel(desk, booking_id=booking_id)
    desk.store.transact(lambda uow: _wish(uow, booking_id))
    desk.wake("drain")
    return _look_up(desk, booking_id)[0].view()


def _look_up(desk: Desk, booking_id: str) -> tuple[BookingRow, datetime]:
    with desk.store.read() as uow:
        row = uow.bookings.get(booking_id)
        if row is None:
            raise NotOffered("there is no such booking")
        return row, uow.now


def _wish(uow: UnitOfWork, booking_id: str) -> None:
    row = uow.bookings.get(booking_id, lock=True)
    if row is None or row.erased_at is not None:
        return
    if row.pending_starts_at is not None:
        raise WrongState("a change of this booking is on its way: try again when it has arrived")
    if row.state is not BookingState.CANCELLING:
        if not _is_over(row, now=uow.now):
            raise WrongState("this booking is not over: cancel it first")
        if row.ends_at <= uow.now or not uow.erasures.has_mails_to_send(row.id):
            _erase(uow, row)
            return
    if row.erase_wanted_at is None:
        uow.bookings.change(row, now=uow.now, erase_wanted_at=uow.now)


def erase_at_times(desk: Desk, *, owner: str = "housekeeping") -> int:
    """``erase``, at most once in ``EVERY`` over all processes."""

    def mine(uow: UnitOfWork) -> bool:
        name = f"{owner}:{to_microseconds(uow.now)}"
        return uow.leases.take(name="erase", owner=name, now=uow.now, until=uow.now + EVERY)

    return erase(desk) if desk.store.transact(mine) else 0


def erase(desk: Desk) -> int:
    """Erase what is due, some hundreds of bookings at a time; how many there were.

    A booking is erased in one transaction with the rows of what must follow, so that a process
    that dies in between has done some of it, and the next one goes on.
    """
    municipalities = catalogue.municipalities(desk)
    with desk.store.read() as uow:
        found = islice(_owed(uow, municipalities), _AT_ONCE)
        owed = [replace(each, calendar_in=EVERY * n / _AT_ONCE) for n, each in enumerate(found)]
    count = 0
    for first in range(0, len(owed), _SOME):
        some = owed[first : first + _SOME]
        count += desk.store.transact(partial(_carry_out, owed=some))
    forgotten = desk.store.transact(
        lambda uow: uow.erasures.forget_networks(before=uow.now - _NETWORKS)
    )
    if count:
        _log.info("erased personal data that was kept long enough: %s bookings", count)
        desk.wake("drain")
    return count + forgotten


def _owed(uow: UnitOfWork, municipalities: tuple[Municipality, ...]) -> Iterator[_Owed]:
    yield from map(_Owed, uow.erasures.wanted(now=uow.now, limit=_AT_ONCE))
    for each in municipalities:
        before = uow.now - everything(each.privacy)
        for booking_id in uow.erasures.due(municipality=each.slug, before=before, limit=_AT_ONCE):
            yield _Owed(booking_id, before)
        yield from _answers(uow, each)


def _answers(uow: UnitOfWork, municipality: Municipality) -> Iterator[_Owed]:
    """Some answers go sooner. Bookings between two stages carry the mark of the earlier one."""
    for service in municipality.services:
        found = stages(service, municipality.privacy)
        ends = [*(each.after for each in found), everything(municipality.privacy)]
        for stage, (begins, over) in zip(found, pairwise(ends), strict=True):
            before = uow.now - begins
            for booking_id in uow.erasures.with_answers(
                municipality=municipality.slug,
                service_id=service_id(municipality, service),
                after=uow.now - over,
                before=before,
                mark=_mark(stage),
                limit=_AT_ONCE,
            ):
                yield _Owed(booking_id, before, stage)


def _mark(stage: Stage) -> str:
    return fingerprint("answers erased", *stage.keys)


def _carry_out(uow: UnitOfWork, owed: list[_Owed]) -> int:
    """What has changed since it was looked up is left alone."""
    count = 0
    for each in owed:
        row = uow.bookings.get(each.booking_id, lock=True)
        if row is None or not _may_go(uow, row, each):
            continue
        if each.stage is None:
            _erase(uow, row, calendar_in=each.calendar_in)
        else:
            _erase_answers(uow, row, each.stage)
        count += 1
    return count


def _may_go(uow: UnitOfWork, row: BookingRow, owed: _Owed) -> bool:
    under_way = row.state in UNDER_WAY or row.pending_starts_at is not None
    if row.erased_at is not None or under_way:
        return False
    if owed.before is not None:
        return row.ends_at <= owed.before
    asked = row.erase_wanted_at
    if asked is None or not _is_over(row, now=uow.now):
        return False
    return uow.now >= asked + _FOR_MAILS or not uow.erasures.has_mails_to_send(row.id)


def _is_over(row: BookingRow, *, now: datetime) -> bool:
    return row.state in OVER or row.ends_at <= now


def _erase(uow: UnitOfWork, row: BookingRow, *, calendar_in: timedelta = timedelta(0)) -> None:
    uow.bookings.change(
        row,
        now=uow.now,
        personal=NOBODY,
        erased_at=uow.now,
        erase_wanted_at=None,
        # Else whoever erases what they booked could book for ever.
        network_hash=row.network_hash if row.created_at > uow.now - _NETWORKS else None,
        # No link that was mailed leads here any more.
        token_hash=fingerprint("erased", row.id),
    )
    uow.erasures.withdraw(row.id, kinds=_MOOT, now=uow.now)
    uow.erasures.drop_traces(row.id, now=uow.now, by=ITSELF)
    if row.created_at > uow.now - _FORM_KEYS:
        uow.erasures.drop_form_keys(row.id)
    drop_alternatives(uow, row.id)
    owe_forgetting(uow, row.id, after=calendar_in)


def _erase_answers(uow: UnitOfWork, row: BookingRow, stage: Stage) -> None:
    kept = {key: value for key, value in row.personal.answers.items() if key not in stage.keys}
    personal = replace(row.personal, answers=kept)
    if stage.tax_number:
        personal = replace(personal, person="")
        if personal.applicant is not None:
            personal = replace(personal, applicant=replace(personal.applicant, afm=""))
    uow.bookings.change(row, now=uow.now, personal=personal, answers_erased=_mark(stage))
