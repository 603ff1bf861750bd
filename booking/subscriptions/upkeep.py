"""Keeping subscriptions up: asked for, renewed, compared with the provider's listing, given up.

Nothing is open in the database while a provider is asked: it calls our web process before it
answers. Each step leaves rows from which any other process goes on: what was made at the provider
and never recorded is found in its listing and removed before anything is made again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from booking.calendars.connecting import Known, Reach, reach_again
from booking.desk import Desk
from booking.leader import lead
from booking.store import StoreUnavailable
from booking.store.subscription_rows import SubscriptionRow, SubscriptionState
from booking.subscriptions import steps
from booking.subscriptions.listing import Seen, compare
from booking.subscriptions.planning import plan
from booking.subscriptions.rules import COMPARED_EVERY
from connectors.abilities import Pushing
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, MailboxNotFound, TryLater, Unsupported

_log = logging.getLogger(__name__)

#: Steps of one run: a start with hundreds of mailboxes must not be a storm.
AT_ONCE = 10
#: Time that one step is worth beginning with (seconds).
_ENOUGH = 5.0
#: The provider calls us before it answers, and gives us ten seconds for that.
_EACH = 20.0
#: Life of the lease of whoever keeps up (seconds); more than one step can take.
_LEASE = 60


@dataclass(frozen=True, slots=True)
class TendReport:
    """``more``: something is due and the last run got on, so that another one is worth while."""

    done: int
    failed: int
    more: bool


@dataclass(frozen=True, slots=True)
class _Member:
    row: SubscriptionRow
    place: Reach


@dataclass(slots=True)
class _Run:
    desk: Desk
    owner: str
    deadline: Deadline
    done: int = 0
    failed: int = 0

    def goes_on(self) -> bool:
        """Whether there is time for a step, and nobody else has taken over."""
        return self.deadline.remaining() >= _ENOUGH and lead(
            self.desk, name="subscriptions", owner=self.owner, seconds=_LEASE
        )


def tend(desk: Desk, *, deadline: Deadline, limit: int = AT_ONCE) -> TendReport:
    """Take at most ``limit`` steps that are due. One process at a time; never raises
    ConnectorError: rows carry what went wrong and when it is tried again."""
    run = _Run(desk, secrets.token_hex(8), deadline)
    if not run.goes_on():
        return TendReport(0, 0, more=False)
    try:
        plan(desk)
        for members in _accounts(run, _due(desk, limit=limit)):
            _tend_account(run, members)
    finally:
        lead(desk, name="subscriptions", owner=run.owner, seconds=0)
    if run.done or run.failed:
        _log.info("subscriptions: %d steps done, %d failed", run.done, run.failed)
    return TendReport(run.done, run.failed, more=run.done > 0 and bool(_due(desk, limit=1)))


def _due(desk: Desk, *, limit: int) -> tuple[SubscriptionRow, ...]:
    with desk.store.read() as uow:
        return uow.subscriptions.due(now=uow.now, seen_before=uow.now - COMPARED_EVERY, limit=limit)


def _accounts(run: _Run, rows: Sequence[SubscriptionRow]) -> Iterator[list[_Member]]:
    """By account at the provider; those that are to be given up come first."""
    known: Known = {}
    accounts: dict[object, list[_Member]] = {}
    for row in sorted(rows, key=lambda row: row.state is not SubscriptionState.ENDING):
        with run.desk.store.read() as uow:
            mailbox = uow.mailboxes.get(row.mailbox_id)
        try:
            if mailbox is None:
                raise MailboxNotFound("this mailbox is not in the database")
            then = replace(mailbox, place=row.place, connection=row.connection)
            place = reach_again(run.desk, then, known=known)
        except ConnectorError as error:
            steps.refuse(run.desk, row, error)
            run.failed += 1
            continue
        made = place.connection
        account = (made.provider, made.url, made.user, tuple(sorted(made.options.items())))
        accounts.setdefault(account, []).append(_Member(row, place))
    yield from accounts.values()


def _tend_account(run: _Run, members: Sequence[_Member]) -> None:
    """The steps of one account, one after the other; it is left when it does not serve."""
    try:
        pushing, seen = _look(run, members)
    except ConnectorError as error:
        for member in members:
            steps.refuse(run.desk, member.row, error)
            run.failed += 1
        return
    for member in members:
        if not run.goes_on():
            return
        try:
            run.done += _step(run, pushing, member, seen=seen)
        except ConnectorError as error:  # recorded with the row
            run.failed += 1
            if isinstance(error, TryLater):
                return


def _look(run: _Run, members: Sequence[_Member]) -> tuple[Pushing, Seen]:
    """Raises ConnectorError where the account does not serve."""
    try:
        connector = members[0].place.connector(run.desk)
        if not isinstance(connector, Pushing):
            raise Unsupported("its provider does not call anybody")
        rows = [member.row for member in members]
        return connector, compare(run.desk, connector, rows, deadline=run.deadline)
    except (ConnectorError, StoreUnavailable):
        raise
    except Exception as fault:
        raise ConnectorError(type(fault).__name__) from fault


def _step(run: _Run, pushing: Pushing, member: _Member, *, seen: Seen) -> bool:
    """Whether it got on."""
    row, deadline = member.row, run.deadline.sooner(_EACH)
    if row.state is SubscriptionState.ENDING:
        if not row.remote_id and not seen.clean:
            return False
        return steps.give_up(run.desk, pushing, row, deadline=deadline)
    if row.state is SubscriptionState.WANTED:
        if seen.crowded:
            return False
        return steps.subscribe(run.desk, pushing, row, member.place.ref, deadline=deadline)
    if row.remote_id in seen.compared and not seen.is_renewal_due(row):
        return True
    return steps.renew(run.desk, pushing, row, deadline=deadline)
