"""Promises of connectors that can look at many mailboxes, or at one short time, for little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pytest

from connectors.abilities import Fingerprinting
from connectors.contract import BusyReading, MailboxRef, Ours, Period, ShowAs
from connectors.errors import ConnectorError
from tests.contract.office import WINDOW, Office, Staff, at, later, new_key, soon, whole_days


@dataclass(frozen=True)
class Neighbour:
    """A further mailbox beside that of the office."""

    mailbox: MailboxRef
    staff: Staff


def _text(office: Office, window: Period = WINDOW) -> str:
    assert isinstance(office.connector, Fingerprinting)
    found = office.connector.fingerprints(
        mailboxes=[office.mailbox], window=window, deadline=soon()
    )[office.mailbox]
    assert isinstance(found, str)
    return found


def _blocked(reading: BusyReading | ConnectorError) -> list[tuple[Period, ShowAs]]:
    assert isinstance(reading, BusyReading)
    return sorted(
        (one.period, one.show_as) for one in reading.intervals if one.show_as != ShowAs.FREE
    )


class LookingPromises:
    """Subclasses give ``office``, ``missing`` and ``neighbours``, which makes further mailboxes.

    For connectors with the capabilities ``fingerprints`` and ``exact_periods``.
    """

    @pytest.fixture(autouse=True)
    def _capable(self, office: Office) -> None:
        capabilities = office.connector.capabilities
        assert capabilities.fingerprints
        assert capabilities.exact_periods

    def test_fingerprints_stay_while_nothing_changes(self, office: Office) -> None:
        office.staff.put(at(3, 9))
        office.staff.put_series(at(4, 9), weeks=3, moved={1: at(12, 12)})
        office.staff.put_all_day(date(2026, 11, 20), 1)
        assert _text(office) == _text(office)

    def test_fingerprints_tell_every_kind_of_change(self, office: Office) -> None:
        seen = [_text(office)]

        def told() -> None:
            seen.append(_text(office))

        single = office.staff.put(at(3, 9))
        told()
        office.staff.move(single, at(3, 10))
        told()
        office.staff.show(single, ShowAs.OUT_OF_OFFICE)
        told()
        series = office.staff.put_series(at(4, 9), weeks=3, moved={1: at(12, 12)})
        told()
        office.staff.remove(series)
        told()
        office.staff.put_all_day(date(2026, 11, 20), 1)
        told()
        own = office.create(at(5, 9))
        told()
        office.connector.delete(mailbox=office.mailbox, ref=own.ref, deadline=soon())
        told()
        assert all(before != after for before, after in pairwise(seen))
        assert seen[3] == seen[5]  # the series came and went
        assert seen[6] == seen[8]  # and so did ours

    def test_what_happens_outside_the_window_changes_no_fingerprint(self, office: Office) -> None:
        before = _text(office)
        office.staff.put(at(20, 9, month=12))
        assert _text(office) == before

    def test_fingerprints_of_a_long_window(self, office: Office) -> None:
        long = Period(WINDOW.start, later(WINDOW, 20).end)
        before = _text(office, long)
        office.staff.put(later(at(3, 9), 18))
        assert _text(office, long) != before

    def test_fingerprints_of_many_mailboxes_are_each_their_own(
        self,
        office: Office,
        missing: MailboxRef,
        neighbours: Callable[[int], list[Neighbour]],
    ) -> None:
        assert isinstance(office.connector, Fingerprinting)
        others = neighbours(2 * office.connector.capabilities.fingerprints)
        everybody = [office.mailbox, *(each.mailbox for each in others)]
        busy = others[-1]
        busy.staff.put(at(3, 9))
        found = office.connector.fingerprints(
            mailboxes=[missing, *everybody], window=WINDOW, deadline=soon()
        )
        assert isinstance(found[missing], ConnectorError)
        assert {len({found[each]}) for each in everybody} == {1}
        empty = found[office.mailbox]
        assert [each for each in everybody if found[each] != empty] == [busy.mailbox]

    def test_an_exact_period_sees_what_was_made_a_moment_ago(self, office: Office) -> None:
        office.busy()
        office.staff.put(at(3, 9))
        key = new_key()
        office.create(at(3, 10), key=key)
        office.staff.put(at(3, 11))
        answer = office.connector.read_busy(
            mailboxes=[office.mailbox],
            window=Period(at(3, 9, 10).start, at(3, 11).start),
            deadline=soon(),
        )
        reading = answer[office.mailbox]
        assert isinstance(reading, BusyReading)
        assert sorted((one.period, one.ours, one.key) for one in reading.intervals) == [
            (at(3, 9), Ours.NO, None),
            (at(3, 10), Ours.YES, key),
        ]

    def test_a_short_time_within_a_whole_day_is_taken(self, office: Office) -> None:
        office.staff.put_all_day(date(2026, 11, 20), 1)
        for hour in (0, 9, 23):
            answer = office.connector.read_busy(
                mailboxes=[office.mailbox], window=at(20, hour), deadline=soon()
            )
            assert _blocked(answer[office.mailbox]) == [
                (whole_days(date(2026, 11, 20), 1), ShowAs.BUSY)
            ]

    def test_many_read_together_are_busy_as_each_alone(
        self, office: Office, neighbours: Callable[[int], list[Neighbour]]
    ) -> None:
        others = neighbours(3)
        for number, show_as in enumerate(ShowAs):
            others[number % 3].staff.put(at(3, 8 + number), show_as=show_as)
        others[0].staff.put_series(at(20, 9, month=10), weeks=4, moved={2: at(5, 14)})
        others[1].staff.put_all_day(date(2026, 10, 25), 1)
        office.create(at(3, 9))
        everybody = [office.mailbox, *(each.mailbox for each in others)]
        together = office.connector.read_busy(mailboxes=everybody, window=WINDOW, deadline=soon())
        alone: Mapping[MailboxRef, BusyReading | ConnectorError] = {
            each: office.connector.read_busy(mailboxes=[each], window=WINDOW, deadline=soon())[each]
            for each in everybody
        }
        assert {each: _blocked(together[each]) for each in everybody} == {
            each: _blocked(alone[each]) for each in everybody
        }
