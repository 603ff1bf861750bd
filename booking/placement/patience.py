"""How patient we are: which failure is tried again, how long, what then, what the citizen hears.

One table for every step of the outbox. ``docs/operations.md`` prints it, and a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: A server that asks to be left alone longer is asked again all the same (seconds).
_LONGEST_WISH = 900.0
#: So many times must ``find`` say no after an unknown outcome before another mailbox is tried.
NOES = 2
#: When to look for an event that turned up after we had stopped waiting for it.
AUDITS = (timedelta(seconds=60), timedelta(minutes=10))
#: A pending booking that is older than this, and nobody's step has settled, is released.
STUCK = timedelta(hours=1)
#: Whose mail did not leave by then before their appointment, is called …
CALL_BEFORE = timedelta(hours=2)
#: … but not because the mail server paused for a moment.
CALL_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Patience:
    """One row: after a failure of this kind, this is what happens.

    ``pauses`` (seconds) follow the first, second … try, the last one all further; with ``grows``
    the wait is at least so many seconds per try, up to ``longest``. Empty: never tried again.
    """

    step: str
    after: str
    then: str
    told: str
    pauses: tuple[int, ...] = ()
    grows: int = 0
    longest: int = 0
    lasts: timedelta | None = None  #: since the step was owed; None: until it is done
    before: timedelta | None = None  #: and never longer than until so long before the appointment

    def wait(self, tries: int, *, retry_after: float | None = None) -> timedelta:
        """How long to wait after the ``tries``-th try; a server's own wish is respected."""
        tries = max(tries, 1)
        seconds = float(self.pauses[min(tries, len(self.pauses)) - 1])
        seconds = max(seconds, float(min(self.grows * tries, self.longest)))
        return timedelta(seconds=max(seconds, min(retry_after or 0.0, _LONGEST_WISH)))

    def over(self, *, now: datetime, since: datetime, starts_at: datetime | None = None) -> bool:
        """Whether it has been tried long enough, or the appointment is too near."""
        if self.lasts is not None and now - since >= self.lasts:
            return True
        if self.before is None or starts_at is None:
            return False
        return starts_at - now < self.before


_CALENDAR = (2, 5, 10, 20, 40, 60)
_NOBODY = "nothing: nobody waits for it"

PLACE_LATER = Patience(
    "place",
    "no answer, throttled, outcome unknown",
    pauses=_CALENDAR,
    lasts=timedelta(minutes=30),
    before=timedelta(minutes=15),
    then="released; what turns up in the calendar later is removed",
    told="the page says that we are confirming; then a mail with times that are kept",
)
PLACE_REFUSED = Patience(
    "place",
    "busy, refused, not allowed, no such mailbox",
    then="the next mailbox of the pool, at once (after an unknown outcome when the calendar has"
    f" said {NOES} times that nothing is there); none left: released",
    told="the page, or a mail, offers other times",
)
UPDATE_LATER = Patience(
    "update",
    "no answer, throttled, outcome unknown",
    pauses=_CALENDAR,
    lasts=timedelta(minutes=30),
    before=timedelta(minutes=15),
    then="stays at its old time; where the calendar may have taken the new one it goes on asking"
    " and keeps both",
    told="the page says that we are confirming; then a mail that the old time holds",
)
UPDATE_REFUSED = Patience(
    "update",
    "busy, refused, event gone",
    then="stays at its old time",
    told="the page, or a mail, says that the old time holds",
)
REMOVE = Patience(
    "remove",
    "whatever keeps the event from going",
    pauses=(10,),
    grows=10,
    longest=600,
    lasts=None,
    then="tried until a day after the appointment; then the event stays where it is",
    told="nothing: they heard of the cancellation at once",
)
MAIL_LATER = Patience(
    "mail",
    "the mail server is down, refuses our login, asks to wait, needs more than 24 s for a mail",
    pauses=(15,),
    grows=15,
    longest=900,
    lasts=timedelta(days=2),
    then="a task for the office; also 2 h before the appointment, while it is tried on",
    told="the office calls; a mail that is not true any more is never sent",
)
MAIL_REFUSED = Patience(
    "mail",
    "the mail server refuses the address or the mail for good",
    then="a task for the office",
    told="the office calls",
)
LINK_MISSING = Patience(
    "link",
    "the event has no meeting link yet",
    pauses=(5, 10, 20, 40, 60, 90, 120),
    lasts=timedelta(minutes=10),
    before=timedelta(minutes=15),
    then="a task for the office",
    told="a mail that the link comes later; another one when it is there",
)
LINK_SILENT = Patience(
    "link",
    "the calendar does not answer",
    pauses=LINK_MISSING.pauses,
    lasts=timedelta(minutes=30),
    before=LINK_MISSING.before,
    then=LINK_MISSING.then,
    told=LINK_MISSING.told,
)
SECURE_LATER = Patience(
    "secure",
    "no answer, or the meeting is unknown",
    pauses=(15,),
    grows=15,
    longest=3600,
    then="until the appointment is over; a meeting unknown for 8 tries: a task for the office",
    told=_NOBODY,
)
SECURE_REFUSED = Patience(
    "secure",
    "the right is not granted",
    pauses=(1800,),
    grows=1800,
    longest=21600,
    then="a task for the office at once; tried until the appointment is over",
    told=_NOBODY,
)
REVIEW_LATER = Patience(
    "review",
    "no answer, throttled",
    pauses=(30, 60),
    then="until the calendar answers; nothing is decided without it",
    told="nothing yet: the booking stands as it is",
)
FORGET_LATER = Patience(
    "forget",
    "whatever keeps the name in an old event",
    pauses=(60,),
    grows=600,
    longest=21600,
    lasts=timedelta(days=7),
    then="a task for the office: the name is taken out by hand",
    told="nothing: they heard that their data are erased, and from us they are",
)
OUR_FAULT = Patience(
    "any",
    "an error of our own",
    pauses=(10,),
    grows=10,
    longest=3600,
    then=f"until it is mended; a booking pending for {STUCK.seconds // 3600} h is released",
    told="a mail with times that are kept, where a booking is released",
)

TABLE = (
    PLACE_LATER,
    PLACE_REFUSED,
    UPDATE_LATER,
    UPDATE_REFUSED,
    REMOVE,
    MAIL_LATER,
    MAIL_REFUSED,
    LINK_MISSING,
    LINK_SILENT,
    SECURE_LATER,
    SECURE_REFUSED,
    REVIEW_LATER,
    FORGET_LATER,
    OUR_FAULT,
)


def as_markdown() -> str:
    """The table as the operations manual prints it."""
    head = ("step", "after", "tried again", "how long", "then", "what the citizen hears")
    lines = [head, ("---",) * len(head)]
    lines += [(f"`{each.step}`", each.after, *_times(each), each.then, each.told) for each in TABLE]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _times(each: Patience) -> tuple[str, str]:
    if not each.pauses:
        return "no", "–"
    first = ", ".join(_span(seconds) for seconds in each.pauses)
    grown = f", then {_span(each.grows)} more each time up to {_span(each.longest)}"
    again = f"after {first}{grown if each.grows else ', and so on'}"
    limits = [_span(int(each.lasts.total_seconds()))] if each.lasts else []
    if each.before:
        limits.append(f"at most until {_span(int(each.before.total_seconds()))} before")
    return again, ", ".join(limits) or "until it is done"


def _span(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0 and seconds != 60:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
