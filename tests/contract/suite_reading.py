"""Promises about reading: what takes time is seen, and changes since a state are all told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.contract import (
    BusyReading,
    Capabilities,
    ChangeSet,
    MailboxRef,
    Ours,
    Period,
    ShowAs,
)
from connectors.errors import MailboxNotFound, SyncStateExpired
from tests.contract.office import WINDOW, Office, at, draft, later, new_key, soon, whole_days


def _periods(found: ChangeSet) -> list[Period]:
    return sorted(one.period for item in found.changed for one in item.intervals)


class ReadingPromises:
    """Subclasses give an ``office`` fixture."""

    def test_an_empty_calendar_reads_empty(self, office: Office) -> None:
        found = office.changes()
        assert (found.changed, found.gone, found.listing) == ((), frozenset(), frozenset())
        assert office.busy() == []

    def test_own_and_foreign_events_are_told_apart(self, office: Office) -> None:
        key = new_key()
        own = office.create(at(3, 9), key=key)
        foreign = office.staff.put(at(3, 11))
        found = {item.id: item.intervals for item in office.changes().changed}
        assert [(one.ours, one.key) for one in found[own.ref.id]] == [(Ours.YES, key)]
        assert [(one.ours, one.key) for one in found[foreign]] == [(Ours.NO, None)]

    def test_what_is_shown_as_free_is_said_so(self, office: Office) -> None:
        office.staff.put(at(3, 9), show_as=ShowAs.FREE)
        [reading] = office.changes().changed
        assert [one.show_as for one in reading.intervals] == [ShowAs.FREE]

    def test_all_day_is_the_office_s_day(self, office: Office) -> None:
        office.staff.put_all_day(date(2026, 10, 25), 2)
        [reading] = office.changes().changed
        [interval] = reading.intervals
        assert interval.all_day
        assert interval.period == whole_days(date(2026, 10, 25), 2)
        # 25 October 2026 has 25 hours in Greece.
        assert interval.period.duration.total_seconds() == 49 * 3600

    def test_a_series_keeps_its_wall_time_and_its_exceptions(self, office: Office) -> None:
        first = at(20, 9, month=10)
        moved = {2: at(5, 14)}
        office.staff.put_series(first, weeks=4, moved=moved)
        [reading] = office.changes().changed
        assert reading.recurring
        assert reading.understood
        assert sorted(one.period for one in reading.intervals) == [
            first,
            later(first, 1),
            moved[2],
            later(first, 3),
        ]

    def test_an_event_outside_the_window_is_complete_or_not_told_and_a_series_is_cut(
        self, office: Office
    ) -> None:
        office.staff.put(at(20, 9, month=12))
        office.staff.put_series(at(24, 9), weeks=4, moved={})
        found = office.changes()
        intervals = {item.recurring: item.intervals for item in found.changed}
        assert found.listing == {item.id for item in found.changed}
        if office.connector.capabilities.bounded:
            assert False not in intervals
        else:
            assert [one.period for one in intervals[False]] == [at(20, 9, month=12)]
        assert [one.period for one in intervals[True]] == [at(24, 9)]
        assert office.busy() == [at(24, 9)]

    def test_an_event_that_reaches_into_the_window_is_complete(self, office: Office) -> None:
        around = Period(WINDOW.start - timedelta(days=3), WINDOW.end + timedelta(days=3))
        office.staff.put(around)
        [reading] = office.changes().changed
        assert [one.period for one in reading.intervals] == [around]

    def test_what_an_event_is_shown_as_is_a_change(self, office: Office) -> None:
        event_id = office.staff.put(at(3, 9))
        first = office.changes()
        office.staff.show(event_id, ShowAs.FREE)
        second = office.changes(first.sync_state, {one.id: one.etag for one in first.changed})
        [reading] = second.changed
        assert reading.id == event_id
        assert [one.show_as for one in reading.intervals] == [ShowAs.FREE]

    def test_own_writes_come_back_in_the_version_that_was_answered(self, office: Office) -> None:
        state = office.changes().sync_state
        created = office.create(at(3, 9))
        found = office.changes(state, {created.ref.id: created.ref.etag})
        assert {(one.id, one.etag) for one in found.changed} <= {(created.ref.id, created.ref.etag)}
        updated = office.connector.update(
            mailbox=office.mailbox,
            ref=created.ref,
            draft=draft(at(5, 12), sequence=1),
            deadline=soon(),
        )
        found = office.changes(found.sync_state, {updated.ref.id: updated.ref.etag})
        assert {(one.id, one.etag) for one in found.changed} <= {(updated.ref.id, updated.ref.etag)}
        assert found.gone == frozenset()

    def test_changes_since_a_state(self, office: Office) -> None:
        staying = office.staff.put(at(3, 9))
        moving = office.staff.put(at(3, 10))
        going = office.staff.put(at(3, 11))
        first = office.changes()
        assert first.listing == frozenset({staying, moving, going})
        office.staff.move(moving, at(3, 13))
        office.staff.remove(going)
        coming = office.staff.put(at(3, 15))
        known = {item.id: item.etag for item in first.changed}
        second = office.changes(first.sync_state, known)
        assert {item.id for item in second.changed} == {moving, coming}
        assert _periods(second) == [at(3, 13), at(3, 15)]
        assert going in second.gone or (second.listing is not None and going not in second.listing)
        third = office.changes(second.sync_state, known)
        assert third.changed == ()
        assert third.gone == frozenset()

    def test_a_full_comparison_reads_only_what_differs(self, office: Office) -> None:
        same = office.staff.put(at(3, 9))
        other = office.staff.put(at(3, 10))
        known = {item.id: item.etag for item in office.changes().changed}
        office.staff.move(other, at(3, 13))
        found = office.changes(None, known)
        assert [item.id for item in found.changed] == [other]
        assert found.listing == frozenset({same, other})

    def test_a_window_that_grows_brings_a_full_comparison(self, office: Office) -> None:
        office.staff.put_series(at(3, 9), weeks=8, moved={})
        first = office.changes()
        larger = type(WINDOW)(WINDOW.start, datetime(2026, 12, 31, tzinfo=UTC))
        second = office.changes(first.sync_state, {}, larger)
        assert second.listing is not None
        assert len(_periods(second)) == 8
        smaller = office.changes(second.sync_state, {}, WINDOW)
        assert smaller.changed == ()

    def test_more_than_one_batch_is_read(self, office: Office) -> None:
        periods = [at(day, 8, 10 * n, minutes=5) for day in range(1, 23) for n in range(5)]
        ids = frozenset(office.staff.put(period) for period in periods)
        found = office.changes()
        assert found.listing == ids
        assert {item.id for item in found.changed} == ids
        assert _periods(found) == periods

    def test_a_removed_and_newly_made_event_is_there(self, office: Office) -> None:
        key = new_key()
        first = office.create(at(3, 9), key=key)
        state = office.changes().sync_state
        office.staff.remove(first.ref.id)
        again = office.create(at(3, 10), key=key)
        found = office.changes(state)
        assert [item.id for item in found.changed] == [again.ref.id]
        assert first.ref.id not in found.gone
        assert _periods(found) == [at(3, 10)]

    def test_a_state_that_is_no_state_is_expired(self, office: Office) -> None:
        state = office.changes().sync_state
        if not office.connector.capabilities.delta or not state.token:
            pytest.skip("this calendar gives no states")
        kind, colon, _ = state.token.partition(":")
        strange = f"{kind}{colon}no-such-token" if colon else "no-such-token"
        if kind == "ctag":
            assert office.changes(type(state)(strange, state.window)).listing is not None
            return
        with pytest.raises(SyncStateExpired):
            office.changes(type(state)(strange, state.window))

    def test_one_missing_mailbox_does_not_hide_the_others(self, office: Office) -> None:
        office.staff.put(at(3, 9))
        missing = MailboxRef("nobody@example.gr", "no-such-calendar")
        answer = office.connector.read_busy(
            mailboxes=[missing, office.mailbox], window=WINDOW, deadline=soon()
        )
        reading = answer[office.mailbox]
        assert isinstance(reading, BusyReading)
        assert [one.period for one in reading.intervals] == [at(3, 9)]
        assert missing in answer

    def test_another_process_sees_the_same(self, office: Office) -> None:
        key = new_key()
        created = office.create(at(3, 9), key=key)
        found = office.another().find(mailbox=office.mailbox, key=key, deadline=soon())
        assert found == created

    def test_check_is_content_and_leaves_nothing(self, office: Office) -> None:
        report = office.connector.check(mailbox=office.mailbox, deadline=soon())
        assert [finding for finding in report.findings if not finding.ok] == []
        assert report.readable
        assert report.writable
        assert report.keeps_private()
        assert office.staff.events() == 0

    def test_closing_does_not_end_it(self, office: Office) -> None:
        office.create(at(3, 9))
        office.connector.close()
        assert office.busy() == [at(3, 9)]

    def test_capabilities_are_told(self, office: Office) -> None:
        capabilities = office.connector.capabilities
        assert isinstance(capabilities, Capabilities)
        assert capabilities.batch_free_busy >= 1


class MissingCalendarPromises:
    """For connectors where a calendar can be missing: ``office`` and ``missing`` fixtures."""

    def test_a_missing_calendar_is_said_to_be_missing(
        self, office: Office, missing: MailboxRef
    ) -> None:
        with pytest.raises(MailboxNotFound):
            office.connector.changes(
                mailbox=missing, sync_state=None, known={}, window=WINDOW, deadline=soon()
            )

    def test_check_of_a_missing_calendar_names_a_remedy(
        self, office: Office, missing: MailboxRef
    ) -> None:
        report = office.connector.check(mailbox=missing, deadline=soon())
        failed = [finding for finding in report.findings if not finding.ok]
        assert failed
        assert all(finding.remedy for finding in failed)
        assert not report.readable
        assert not report.writable
