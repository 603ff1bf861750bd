"""Promises about reading: what takes time is seen, and changes since a state are all told."""

from __future__ import annotations

from datetime import timedelta

from connectors.conformance.checks import NotApplicable, holds, refused, same
from connectors.conformance.office import Office, new_key
from connectors.contract import BusyReading, ChangeSet, MailboxRef, Ours, Period, ShowAs
from connectors.errors import MailboxNotFound, SyncStateExpired


def promise_an_empty_calendar_reads_empty(office: Office) -> None:
    """An empty calendar reads empty; in a live run: nothing of the run is there."""
    found = office.changes()
    same(found.changed, (), "resources")
    same(found.listing, frozenset(), "listing")
    same(office.busy(), [], "what takes time")


def promise_own_and_foreign_events_are_told_apart(office: Office) -> None:
    """Own and foreign events are told apart."""
    key = new_key()
    own = office.create(office.times.at(15, 9), key=key)
    foreign = office.staff.put(office.times.at(15, 11))
    found = {
        item.id: [(one.ours, one.key) for one in item.intervals]
        for item in office.changes().changed
    }
    wanted = {own.ref.id: [(Ours.YES, key)], foreign: [(Ours.NO, None)]}
    same(found, wanted, "whose events they are")


def promise_what_is_shown_as_free_is_said_so(office: Office) -> None:
    """What is shown as free is said so."""
    event_id = office.staff.put(office.times.at(15, 9), show_as=ShowAs.FREE)
    same(_shown(office.changes()), {event_id: [ShowAs.FREE]}, "how it is shown")


def promise_all_day_is_the_office_s_day(office: Office) -> None:
    """A whole day is the day of the office's time zone, also where the clocks change."""
    first = office.times.day(6)
    event_id = office.staff.put_all_day(first, 2)
    found = {
        item.id: [(one.all_day, one.period) for one in item.intervals]
        for item in office.changes().changed
    }
    same(found, {event_id: [(True, office.times.whole_days(first, 2))]}, "the whole days")


def promise_a_series_keeps_its_wall_time_and_its_exceptions(office: Office) -> None:
    """A series keeps its wall time when the clocks change, and its moved occurrences."""
    later, first = office.times.later, office.times.at(1, 9)
    moved = {2: office.times.at(17, 14)}
    event_id = office.staff.put_series(first, weeks=4, moved=moved)
    readings = office.changes().changed
    same([one.id for one in readings], [event_id], "resources")
    holds(readings[0].recurring, "the series is said to be a single event")
    holds(readings[0].understood, "the series is said not to be understood")
    wanted = [first, later(first, 1), moved[2], later(first, 3)]
    same(sorted(one.period for one in readings[0].intervals), wanted, "its occurrences")


def promise_an_event_outside_the_window_is_complete_or_not_told_and_a_series_is_cut(
    office: Office,
) -> None:
    """An event outside the window is complete or not told, and a series is cut to the window."""
    outside, inside = office.times.at(62, 9), office.times.at(36, 9)
    office.staff.put(outside)
    office.staff.put_series(inside, weeks=4, moved={})
    found = office.changes()
    intervals = {item.recurring: item.intervals for item in found.changed}
    same(found.listing, {item.id for item in found.changed}, "listing")
    if office.connector.capabilities.bounded:
        holds(False not in intervals, "an event outside the window is told")
    else:
        same([one.period for one in intervals.get(False, ())], [outside], "the event outside")
    same([one.period for one in intervals.get(True, ())], [inside], "the series in the window")
    same(office.busy(), [inside], "what takes time")


def promise_an_event_that_reaches_into_the_window_is_complete(office: Office) -> None:
    """An event that reaches beyond the window is complete."""
    window, more = office.window, timedelta(days=3)
    around = Period(window.start - more, window.end + more)
    office.staff.put(around)
    same(_periods(office.changes()), [around], "the event")


def promise_what_an_event_is_shown_as_is_a_change(office: Office) -> None:
    """Showing an event another way is a change."""
    event_id = office.staff.put(office.times.at(15, 9))
    first = office.changes()
    office.staff.show(event_id, ShowAs.FREE)
    second = office.changes(
        first.sync_state, _known(first), until=lambda found: bool(found.changed)
    )
    same(_shown(second), {event_id: [ShowAs.FREE]}, "how it is shown")


def promise_own_writes_come_back_in_the_version_that_was_answered(office: Office) -> None:
    """Own writes come back in the version that was answered to them."""
    state = office.changes().sync_state
    created = office.create(office.times.at(15, 9))
    found = office.changes(state, {created.ref.id: created.ref.etag})
    _no_other(found, {(created.ref.id, created.ref.etag)}, "after creating")
    draft = office.draft(office.times.at(17, 12), sequence=1)
    updated = office.update(created.ref, draft)
    found = office.changes(found.sync_state, {updated.ref.id: updated.ref.etag})
    _no_other(found, {(updated.ref.id, updated.ref.etag)}, "after updating")
    holds(updated.ref.id not in found.gone, "the updated event is said to be gone")


def promise_changes_since_a_state(office: Office) -> None:
    """Since a state, every change is told once: new, moved and removed."""
    at = office.times.at
    staying, moving, going = (office.staff.put(at(15, hour)) for hour in (9, 10, 11))
    first = office.changes()
    same(first.listing, frozenset({staying, moving, going}), "first listing")
    office.staff.move(moving, at(15, 13))
    office.staff.remove(going)
    coming = office.staff.put(at(15, 15))
    known = _known(first)

    def told(found: ChangeSet) -> bool:
        return {one.id for one in found.changed} == {moving, coming} and _is_gone(going, found)

    second = office.changes(first.sync_state, known, until=told)
    same({item.id for item in second.changed}, {moving, coming}, "what changed")
    same(_periods(second), [at(15, 13), at(15, 15)], "their times")
    holds(_is_gone(going, second), "what was removed is not told")
    known = {name: tag for name, tag in known.items() if name != going} | _known(second)
    third = office.changes(second.sync_state, known)
    same(third.changed, (), "changes after the last change")
    holds(not third.gone & {staying, moving, coming}, "what is there is said to be gone")


def promise_a_full_comparison_reads_only_what_differs(office: Office) -> None:
    """A full comparison reads only what differs from what is known."""
    unchanged = office.staff.put(office.times.at(15, 9))
    other = office.staff.put(office.times.at(15, 10))
    known = _known(office.changes())
    office.staff.move(other, office.times.at(15, 13))
    found = office.changes(None, known)
    same([item.id for item in found.changed], [other], "what is read")
    same(found.listing, frozenset({unchanged, other}), "listing")


def promise_a_window_that_grows_brings_a_full_comparison(office: Office) -> None:
    """A window that grows brings a full comparison."""
    office.staff.put_series(office.times.at(15, 9), weeks=8, moved={})
    first = office.changes()
    larger = Period(office.window.start, office.window.end + timedelta(days=31))
    second = office.changes(first.sync_state, {}, larger)
    holds(second.listing is not None, "there is no listing")
    same(len(_periods(second)), 8, "occurrences in the larger window")
    known = _known(second)
    same(office.changes(second.sync_state, known, larger).changed, (), "changes afterwards")
    if not office.patience:
        # A change that is told late is read anew, and a series is another in another window.
        same(office.changes(second.sync_state).changed, (), "changes in the smaller window")


def promise_more_than_one_batch_is_read(office: Office) -> None:
    """More events than fit into one answer are all read."""
    days, at = range(13, 35), office.times.at
    periods = [at(day, 8, 10 * n, minutes=5) for day in days for n in range(5)]
    ids = frozenset(office.staff.put(period) for period in periods)
    found = office.changes()
    same(found.listing, ids, "listing")
    same({item.id for item in found.changed}, ids, "what is read")
    same(_periods(found), periods, "their times")


def promise_a_removed_and_newly_made_event_is_there(office: Office) -> None:
    """What staff removed and we wrote again under the same key is there."""
    key = new_key()
    first = office.create(office.times.at(15, 9), key=key)
    state = office.changes().sync_state
    office.staff.remove(first.ref.id)
    again = office.create(office.times.at(15, 10), key=key)
    found = office.changes(state, until=lambda found: bool(found.changed))
    same([item.id for item in found.changed], [again.ref.id], "what changed")
    holds(again.ref.id not in found.gone, "the new event is said to be gone")
    same(_periods(found), [office.times.at(15, 10)], "its time")


def promise_a_state_that_is_no_state_is_expired(office: Office) -> None:
    """A state that the provider never gave is refused as expired."""
    state = office.changes().sync_state
    if not office.connector.capabilities.delta or not state.token:
        raise NotApplicable("delta")
    kind, colon, _ = state.token.partition(":")
    strange = type(state)(f"{kind}{colon}no-such-token" if colon else "no-such-token", state.window)
    if kind == "ctag":
        holds(office.changes(strange).listing is not None, "there is no full comparison")
        return
    with refused(SyncStateExpired, "a strange state"):
        office.changes(strange)


def promise_one_missing_mailbox_does_not_hide_the_others(office: Office) -> None:
    """A mailbox that is missing does not hide the others."""
    period = office.times.at(15, 9)
    office.staff.put(period)
    missing = MailboxRef("nobody@example.gr", "no-such-calendar")
    answer = office.connector.read_busy(
        mailboxes=[missing, office.mailbox], window=office.window, deadline=office.soon()
    )
    reading = answer[office.mailbox]
    holds(isinstance(reading, BusyReading), f"the mailbox that is there: {type(reading).__name__}")
    assert isinstance(reading, BusyReading)
    told = [one.period for one in office.without_others(reading)]
    same(told, [period], "what takes time")
    holds(missing in answer, "nothing is said of the missing mailbox")


def promise_check_is_content_and_leaves_nothing(office: Office) -> None:
    """The check of a mailbox passes and leaves nothing behind."""
    report = office.connector.check(mailbox=office.mailbox, deadline=office.soon())
    failed = [f"{each.name}: {each.detail}" for each in report.findings if not each.ok]
    same(failed, [], "findings")
    holds(report.readable and report.writable, "readable and writable are not both found")
    holds(report.keeps_private(), "a private event could not be read back")
    same(office.staff.events(), 0, "number of events")


def promise_capabilities_are_told(office: Office) -> None:
    """The connector tells what it can do."""
    holds(office.connector.capabilities.batch_free_busy >= 1, "no mailbox can be read")


def promise_a_missing_calendar_is_said_to_be_missing(office: Office) -> None:
    """A calendar that is not there is said to be missing, never read as empty."""
    missing = _missing(office)
    with refused(MailboxNotFound, "reading a calendar that is not there"):
        office.connector.changes(
            mailbox=missing,
            sync_state=None,
            known={},
            window=office.window,
            deadline=office.soon(),
        )


def promise_check_of_a_missing_calendar_names_a_remedy(office: Office) -> None:
    """The check of a calendar that is not there names the remedy."""
    report = office.connector.check(mailbox=_missing(office), deadline=office.soon())
    failed = [finding for finding in report.findings if not finding.ok]
    holds(bool(failed), "the check finds nothing wrong")
    holds(all(finding.remedy for finding in failed), "a finding has no remedy")
    holds(not report.readable and not report.writable, "it is said to be readable or writable")


def _missing(office: Office) -> MailboxRef:
    if office.missing is None:
        raise NotApplicable("a calendar that is missing")
    return office.missing


def _periods(found: ChangeSet) -> list[Period]:
    return sorted(one.period for item in found.changed for one in item.intervals)


def _shown(found: ChangeSet) -> dict[str, list[ShowAs]]:
    return {item.id: [one.show_as for one in item.intervals] for item in found.changed}


def _known(found: ChangeSet) -> dict[str, str]:
    return {item.id: item.etag for item in found.changed}


def _is_gone(event_id: str, found: ChangeSet) -> bool:
    return event_id in found.gone or (found.listing is not None and event_id not in found.listing)


def _no_other(found: ChangeSet, wanted: set[tuple[str, str]], when: str) -> None:
    told = {(one.id, one.etag) for one in found.changed}
    same(told - wanted, set(), f"other versions told {when}")
