"""Planted bugs of what is written into calendars and read from them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from booking import cancelling, submitting
from booking.calendars import connecting, readings, refresh
from booking.placement import moving, owing, placing, removing, writing
from booking.placement.writing import Outcome
from connectors.contract import ChangeSet, EventRef, SyncState
from connectors.deadline import Deadline
from connectors.errors import ConnectorError, EventGone, SyncStateExpired
from tests.simulation.mutants import Swaps, mutant, rare


class _Through:
    """The connector, with some of its methods in other words."""

    def __init__(self, real: Any, **other: Any) -> None:
        self._real, self._other = real, other

    def __getattr__(self, name: str) -> Any:
        return self._other.get(name) or getattr(self._real, name)


def _through(swap: Swaps, **wrong: Any) -> None:
    """Every connector that the product is handed does ``name`` as ``wrong`` says."""
    real = connecting.Reach.connector

    def connector(self: Any, desk: Any) -> Any:
        inner = real(self, desk)
        return _Through(inner, **{name: make(inner) for name, make in wrong.items()})

    swap.set(connecting.Reach, "connector", connector)


@mutant
def no_live_look(swap: Swaps) -> None:
    swap.everywhere(
        writing.look,
        lambda desk, task, *, start, deadline: writing.Look(None, task.place.row.fence),
    )


@mutant
def remote_before_local(swap: Swaps) -> None:
    """The event is written before anything is written down."""
    real = submitting._accept

    def accept(desk: Any, request: Any, **keys: Any) -> Any:
        booking_id = submitting.secrets.token_hex(12)
        mailbox = next(iter(desk.calendars._stage.mailboxes.values()))
        draft = writing.EventDraft(
            period=submitting_period(desk, request), subject="", body="", reference="new"
        )
        with suppress(ConnectorError):
            desk.calendars._stage.running.calendars.create(
                mailbox=mailbox, draft=draft, key=f"{booking_id}-1", deadline=Deadline.after(4)
            )
        return real(desk, request, **keys)

    def submitting_period(desk: Any, request: Any) -> Any:
        with desk.store.read() as uow:
            offered = submitting.catalogue.offered(
                desk, uow, service_id=request.service_id, channel=request.channel
            )
        return submitting.Shape.of(offered.service).period(request.starts_at)

    swap.set(submitting, "_accept", accept)


@mutant
def written_over_what_was_read(swap: Swaps) -> None:
    """What somebody read while an event was written counts for nothing."""

    def record(uow: Any, task: Any, attempt: Any, event: Any) -> None:
        if writing.was_disturbed(uow, task, attempt):
            writing.look_again(uow, task)
        writing.put_event(
            uow,
            task.place,
            event=event,
            key=task.placement.key,
            over=attempt.replaced or "",
            disturbed=False,
        )

    swap.everywhere(writing.record_written, record)


@mutant
def removed_over_what_was_read(swap: Swaps) -> None:
    """An event that somebody took out of the bin is forgotten with the one that we deleted."""
    real = removing.drop_event

    def drop(uow: Any, place: Any, *, event_id: str, known: str | None) -> None:
        real(uow, place, event_id=event_id, known=uow.replicas.etag(place.row.id, event_id))

    swap.set(removing, "drop_event", drop)


@mutant
def random_key(swap: Swaps) -> None:
    """Each try to write an event calls it by another name."""

    def make(inner: Any) -> Any:
        def create(*, key: str, **other: Any) -> Any:
            return inner.create(key=f"{key}{placing.secrets.token_hex(2)}", **other)

        return create

    _through(swap, create=make)


@mutant
def unknown_outcome_handed_over(swap: Swaps) -> None:
    real = writing.write_event

    def write(*args: Any, **other: Any) -> Any:
        attempt = real(*args, **other)
        if attempt.outcome is Outcome.LATER and attempt.unknown:
            return replace(attempt, outcome=Outcome.REFUSED, unknown=False)
        return attempt

    swap.set(placing, "write_event", write)


@rare
def unknown_outcome_forgotten(swap: Swaps) -> None:
    """Nobody remembers that the event may have been written although no answer came."""
    real = writing.write_event

    def write(*args: Any, **other: Any) -> Any:
        return replace(real(*args, **other), unknown=False)

    swap.everywhere(real, write)


@mutant
def one_no_is_enough(swap: Swaps) -> None:
    swap.set(placing, "NOES", 0)
    swap.everywhere(owing.owe_audits, lambda uow, placement: None)


@mutant
def no_lookup_of_unknown(swap: Swaps) -> None:
    real = writing.write_event

    def write(desk: Any, task: Any, *, fresh: bool, deadline: Any) -> Any:
        return real(desk, task, fresh=True, deadline=deadline)

    swap.everywhere(real, write)


@mutant
def no_audit(swap: Swaps) -> None:
    """An event that turns up after we stopped waiting for it stays."""
    swap.everywhere(owing.owe_audits, lambda uow, placement: None)


@mutant
def former_holder_forgotten(swap: Swaps) -> None:
    """Who takes a step over believes that the process before it had written nothing."""
    real = owing.owe_audits

    def owe(uow: Any, placement: Any) -> None:
        if placement.outcome_unknown:
            real(uow, placement)

    swap.set(placing, "owe_audits", owe)


@rare
def read_of_itself_is_busy(swap: Swaps) -> None:
    """The own event of a booking is in its own way."""
    real = writing.blocked_at

    def blocked(*args: Any, booking_id: str, start: Any) -> int:
        return real(*args, booking_id="nobody", start=start)

    swap.everywhere(real, blocked)


@mutant
def removed_before_written(swap: Swaps) -> None:
    """A booking that moves to another calendar leaves the old one first."""
    real = moving.write_event

    def write(desk: Any, task: Any, **other: Any) -> Any:
        with desk.store.read() as uow:
            current = moving._current(uow, task.booking)
            place = connecting.reach(desk, uow, current.mailbox_id) if current else None
        if current is not None and place is not None and current.key != task.placement.key:
            place.connector(desk).delete(
                mailbox=place.ref, ref=EventRef(current.event_id, ""), deadline=other["deadline"]
            )
        return real(desk, task, **other)

    swap.set(moving, "write_event", write)


@mutant
def cancel_not_carried_out(swap: Swaps) -> None:
    swap.set(cancelling, "_owe_removals", lambda desk, uow, row: [])


@mutant
def cancelled_while_written(swap: Swaps) -> None:
    """What was cancelled while the calendar was being written stays there."""
    swap.set(placing, "owe_removal", lambda uow, placement, **_: None)


@mutant
def removal_gives_up(swap: Swaps) -> None:
    """One refusal of the calendar, and the event stays."""

    def postpone(desk: Any, entry: Any, code: str, wait: Any) -> Any:
        return removing._finish(desk, entry, None, None, outcome=code)

    swap.set(removing, "_postpone", postpone)


@mutant
def confirmed_whatever_happened(swap: Swaps) -> None:
    """Confirming does not ask what became of the booking meanwhile."""
    real = placing._wanted
    swap.set(
        placing,
        "_wanted",
        lambda booking, placement: (
            real(booking, placement)
            or (booking is not None and booking.state.value == "cancelling")
        ),
    )


@mutant
def deletions_ignored(swap: Swaps) -> None:
    real = readings._apply

    def apply(uow: Any, mailbox_id: str, told: Any) -> Any:
        return real(uow, mailbox_id, replace(told, gone=frozenset()))

    swap.set(readings, "_apply", apply)


@mutant
def error_read_as_empty(swap: Swaps) -> None:
    """A calendar that does not answer has no news."""

    def make(inner: Any) -> Any:
        def changes(*, sync_state: Any, window: Any, **other: Any) -> ChangeSet:
            try:
                return inner.changes(sync_state=sync_state, window=window, **other)
            except SyncStateExpired:
                raise
            except ConnectorError:
                state = sync_state or SyncState("0", window)
                return ChangeSet((), frozenset(), None, state)

        return changes

    _through(swap, changes=make)


@mutant
def expired_state_kept(swap: Swaps) -> None:
    """ "Your sync state has expired" is taken for "nothing is new" (410 swallowed)."""

    def make(inner: Any) -> Any:
        def changes(*, sync_state: Any, **other: Any) -> ChangeSet:
            try:
                return inner.changes(sync_state=sync_state, **other)
            except SyncStateExpired:
                fresh = SyncState(str(len(inner.log)), sync_state.window)
                return ChangeSet((), frozenset(), None, fresh)

        return changes

    _through(swap, changes=make)


@mutant
def token_kept_without_its_changes(swap: Swaps) -> None:
    """The new sync state is stored in another transaction than what it stands for."""
    real = refresh.record_reading

    def record(desk: Any, place: Any, row: Any, *, changes: ChangeSet, **other: Any) -> Any:
        token = changes.sync_state.token
        desk.store.transact(lambda uow: uow.mailboxes.change(row.id, sync_token=token))
        return real(desk, place, row, changes=changes, **other)

    swap.set(refresh, "record_reading", record)


@mutant
def silence_is_refusal(swap: Swaps) -> None:
    """A calendar that does not answer a change has refused it."""
    real = moving._update

    def update(*args: Any) -> Any:
        attempt = real(*args)
        if attempt.outcome is Outcome.LATER:
            return replace(attempt, outcome=Outcome.REFUSED)
        return attempt

    swap.set(moving, "_update", update)


@mutant
def gone_is_success(swap: Swaps) -> None:
    """Reading back is left out: whatever was answered, it stands there."""

    def make(inner: Any) -> Any:
        def create(*, mailbox: Any, draft: Any, key: str, deadline: Any) -> Any:
            try:
                return inner.create(mailbox=mailbox, draft=draft, key=key, deadline=deadline)
            except (ConnectorError, EventGone):
                from connectors.contract import RemoteEvent

                return RemoteEvent(ref=EventRef(f"own-{key}", "v0"), period=draft.period, key=key)

        return create

    def back(inner: Any) -> Any:
        def get(*, mailbox: Any, event_id: str, deadline: Any) -> Any:
            from connectors.contract import RemoteEvent

            try:
                return inner.get(mailbox=mailbox, event_id=event_id, deadline=deadline)
            except EventGone:
                return RemoteEvent(ref=EventRef(event_id, "v0"), period=None, key=event_id[4:])

        return get

    _through(swap, create=make, get=back)
