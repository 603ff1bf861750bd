"""Promises of connectors that can look at many mailboxes, or at one short time, for little."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from connectors.abilities import Fingerprinting
from connectors.conformance.checks import NotApplicable, PromiseBroken, holds, same
from connectors.conformance.office import Neighbour, Office, new_key
from connectors.conformance.promises import needs, not_live
from connectors.contract import BusyReading, Ours, Period, ShowAs
from connectors.errors import ConnectorError


@needs("fingerprints")
def promise_fingerprints_stay_while_nothing_changes(office: Office) -> None:
    """Fingerprints stay while nothing changes."""
    office.staff.put(office.times.at(15, 9))
    office.staff.put_series(office.times.at(16, 9), weeks=3, moved={1: office.times.at(24, 12)})
    office.staff.put_all_day(office.times.day(32), 1)
    same(office.fingerprint(), office.fingerprint(), "two fingerprints")


@needs("fingerprints")
def promise_fingerprints_tell_every_kind_of_change(office: Office) -> None:
    """Fingerprints tell every kind of change: new, moved, shown otherwise, removed."""
    at, staff = office.times.at, office.staff
    seen = [office.fingerprint()]

    def told() -> None:
        seen.append(office.fingerprint())

    single = staff.put(at(15, 9))
    told()
    staff.move(single, at(15, 10))
    told()
    staff.show(single, ShowAs.OUT_OF_OFFICE)
    told()
    series = staff.put_series(at(16, 9), weeks=3, moved={1: at(24, 12)})
    told()
    staff.remove(series)
    told()
    staff.put_all_day(office.times.day(32), 1)
    told()
    own = office.create(at(17, 9))
    told()
    office.delete(own.ref)
    told()
    untold = [number for number, (old, new) in enumerate(pairwise(seen), 1) if old == new]
    same(untold, [], "changes that were not told (by number)")
    same(seen[5], seen[3], "the fingerprint when the series came and went")
    same(seen[8], seen[6], "the fingerprint when our event came and went")


@needs("fingerprints")
def promise_what_happens_outside_the_window_changes_no_fingerprint(office: Office) -> None:
    """What happens outside the window changes no fingerprint."""
    before = office.fingerprint()
    office.staff.put(office.times.at(62, 9))
    same(office.fingerprint(), before, "the fingerprint")


@needs("fingerprints")
def promise_fingerprints_of_a_long_window(office: Office) -> None:
    """A window that is longer than one request may be is looked at as a whole."""
    long = Period(office.window.start, office.times.later(office.window, 20).end)
    before = office.fingerprint(long)
    office.staff.put(office.times.later(office.times.at(15, 9), 18))
    holds(office.fingerprint(long) != before, "an event late in the window changes nothing")


@not_live
@needs("fingerprints")
def promise_fingerprints_of_many_mailboxes_are_each_their_own(office: Office) -> None:
    """Of many mailboxes each has its own fingerprint, and a missing one an error."""
    connector = office.connector
    if not isinstance(connector, Fingerprinting) or office.missing is None:
        raise NotApplicable("fingerprints")
    others = _neighbours(office, 2 * office.connector.capabilities.fingerprints)
    everybody = [office.mailbox, *(each.mailbox for each in others)]
    busy = others[-1]
    busy.staff.put(office.times.at(15, 9))
    found = connector.fingerprints(
        mailboxes=[office.missing, *everybody], window=office.window, deadline=office.soon()
    )
    holds(isinstance(found[office.missing], ConnectorError), "a missing mailbox has a fingerprint")
    empty = found[office.mailbox]
    same([each for each in everybody if found[each] != empty], [busy.mailbox], "who is busy")


@needs("exact_periods")
def promise_an_exact_period_sees_what_was_made_a_moment_ago(office: Office) -> None:
    """Asked for a short time, the calendar tells what was made a moment ago, and whose it is."""
    at, key = office.times.at, new_key()
    office.busy()
    office.staff.put(at(15, 9))
    office.create(at(15, 10), key=key)
    office.staff.put(at(15, 11))
    found = office.intervals(Period(at(15, 9, 10).start, at(15, 11).start))
    same(
        sorted((one.period, one.ours, one.key) for one in found),
        [(at(15, 9), Ours.NO, None), (at(15, 10), Ours.YES, key)],
        "what takes time",
    )


@needs("exact_periods")
def promise_a_short_time_within_a_whole_day_is_taken(office: Office) -> None:
    """A short time within a whole day is taken, in the night too."""
    day = office.times.whole_days(office.times.day(32), 1)
    office.staff.put_all_day(office.times.day(32), 1)
    for hour in (0, 9, 23):
        hour_of_day = office.times.at(32, hour + office.times.earlier)
        found = [(one.period, one.show_as) for one in office.intervals(hour_of_day)]
        same(found, [(day, ShowAs.BUSY)], f"what takes time at {hour} o'clock")


@not_live
@needs("exact_periods")
def promise_many_read_together_are_busy_as_each_alone(office: Office) -> None:
    """Many who are read together are busy as each is alone."""
    at, read = office.times.at, office.connector.read_busy
    others = _neighbours(office, 3)
    for number, show_as in enumerate(ShowAs):
        others[number % 3].staff.put(at(15, 8 + number), show_as=show_as)
    others[0].staff.put_series(at(1, 9), weeks=4, moved={2: at(17, 14)})
    others[1].staff.put_all_day(office.times.day(6), 1)
    office.create(at(15, 9))
    everybody = [office.mailbox, *(each.mailbox for each in others)]
    together = read(mailboxes=everybody, window=office.window, deadline=office.soon())
    for each in everybody:
        alone = read(mailboxes=[each], window=office.window, deadline=office.soon())
        same(_blocked(together[each]), _blocked(alone[each]), "what takes time")


def _neighbours(office: Office, count: int) -> Sequence[Neighbour]:
    if office.neighbours is None:
        raise NotApplicable("further mailboxes")
    return office.neighbours(count)


def _blocked(reading: BusyReading | ConnectorError) -> list[tuple[Period, ShowAs]]:
    if not isinstance(reading, BusyReading):
        raise PromiseBroken(f"instead of a reading: {type(reading).__name__}")
    return sorted(
        (one.period, one.show_as) for one in reading.intervals if one.show_as != ShowAs.FREE
    )
