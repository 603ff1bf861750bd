"""What the calendar shows of an event that we wrote, beside what we wrote. Pure."""

from __future__ import annotations

import enum

from connectors.contract import Period, RemoteEvent, ShowAs

#: Categories by which an employee tells us how an appointment went (compared without case).
COMPLETED = "Ολοκληρώθηκε"
NO_SHOW = "Δεν προσήλθε"


class Sight(enum.StrEnum):
    AS_WRITTEN = "as_written"
    MOVED = "moved"  #: it begins at another time
    RESIZED = "resized"  #: it begins when it should and ends at another time
    FREE = "free"  #: in its place, shown as free
    ALL_DAY = "all_day"  #: no hour any more, or one that cannot be read
    SERIES = "series"  #: it repeats
    GONE = "gone"  #: deleted, cancelled, or in a calendar that is not ours to read


class Word(enum.StrEnum):
    """How an appointment went, in the employee's own words."""

    COMPLETED = "completed"
    NO_SHOW = "no_show"


def sight_of(expected: Period, event: RemoteEvent | None) -> Sight:
    """What became of the event that should stand at ``expected``."""
    if event is None or event.cancelled:
        return Sight.GONE
    if event.recurring:
        return Sight.SERIES
    if event.all_day or event.period is None:
        return Sight.ALL_DAY
    if event.period.start != expected.start:
        return Sight.MOVED
    if event.period.end != expected.end:
        return Sight.RESIZED
    return Sight.FREE if event.show_as is ShowAs.FREE else Sight.AS_WRITTEN


def word_of(event: RemoteEvent | None) -> Word | None:
    """What the event's categories say; who did not come weighs more than a finished matter."""
    said = {each.strip().casefold() for each in event.categories} if event else set()
    if NO_SHOW.casefold() in said:
        return Word.NO_SHOW
    return Word.COMPLETED if COMPLETED.casefold() in said else None
