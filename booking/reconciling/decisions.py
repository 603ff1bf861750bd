"""What follows from what staff did to an event of ours: one table, read from the top. Pure."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from booking.model import BookingState
from booking.reconciling.sights import Sight, Word


class Target(enum.StrEnum):
    """The time to which an event was moved."""

    NONE = "none"  #: it was not moved
    FREE = "free"  #: nobody else claims it
    CLAIMED = "claimed"  #: a hold or another booking does
    PAST = "past"  #: it is over


class Action(enum.StrEnum):
    REST = "rest"  #: all is as it should be, or nothing can be done about it any more
    NOTE = "note"  #: keep how the appointment went
    REOPEN = "reopen"  #: the employee took that word back
    WAIT = "wait"  #: whoever deleted it may still think better of it
    LET_GO = "let_go"  #: it is deleted: the citizen hears so, with times kept for them
    FOLLOW = "follow"  #: the booking goes where its event went, and the citizen hears so
    ADJUST = "adjust"  #: another end; the citizen comes when they were told to
    DISPUTE = "dispute"  #: conflict: the office and the citizen decide
    YIELD = "yield"  #: a free colleague takes it over at the same time
    STAND = "stand"  #: the conflict is over: the citizen hears that it takes place
    ASK = "ask"  #: a person of the office says what is meant


@dataclass(frozen=True, slots=True)
class Case:
    """``ours``: the part of what we know that matters for the decision."""

    sight: Sight
    state: BookingState = BookingState.CONFIRMED
    begun: bool = False  #: the appointment's time, as the citizen knows it, has come
    over: bool = False  #: … and has passed
    grace_over: bool = False  #: the deletion was seen long enough ago, and is seen again now
    target: Target = Target.NONE
    overlapped: bool = False  #: somebody else's busy time lies over it, and not on purpose
    colleague: bool = False  #: somebody else of the pool is free at the same time
    word: Word | None = None
    wanted: bool = False  #: the office says that it takes place where its event stands


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the first that applies decides."""

    name: str
    applies: Callable[[Case], bool]
    action: Action


_OUTCOMES = {BookingState.COMPLETED, BookingState.NO_SHOW}
_SAID = {Word.COMPLETED: BookingState.COMPLETED, Word.NO_SHOW: BookingState.NO_SHOW}


def _there(case: Case) -> bool:
    return case.sight in {Sight.AS_WRITTEN, Sight.FREE, Sight.RESIZED}


RULES: tuple[Rule, ...] = (
    Rule(
        "the employee says how it went",
        lambda c: c.word is not None and c.begun and c.state is not _SAID[c.word],
        Action.NOTE,
    ),
    Rule(
        "the employee takes that back",
        lambda c: c.state in _OUTCOMES and c.word is None and c.sight is not Sight.GONE,
        Action.REOPEN,
    ),
    Rule("it is known how it went", lambda c: c.state in _OUTCOMES, Action.REST),
    Rule("it is over", lambda c: c.over and c.sight is not Sight.MOVED, Action.REST),
    Rule("deleted while it takes place", lambda c: c.begun and c.sight is Sight.GONE, Action.REST),
    Rule(
        "deleted, and seen so twice",
        lambda c: c.sight is Sight.GONE and c.grace_over,
        Action.LET_GO,
    ),
    Rule("deleted just now", lambda c: c.sight is Sight.GONE, Action.WAIT),
    Rule("made a whole day", lambda c: c.sight is Sight.ALL_DAY, Action.ASK),
    Rule("made a series", lambda c: c.sight is Sight.SERIES, Action.ASK),
    Rule(
        "moved to a possible time",
        lambda c: c.sight is Sight.MOVED and c.target is Target.FREE,
        Action.FOLLOW,
    ),
    Rule(
        "moved onto another booking's time, and the office wants both there",
        lambda c: c.sight is Sight.MOVED and c.target is Target.CLAIMED and c.wanted,
        Action.FOLLOW,
    ),
    Rule("over, and moved to where nobody can come", lambda c: c.over, Action.REST),
    Rule("moved to an impossible time", lambda c: c.sight is Sight.MOVED, Action.DISPUTE),
    Rule(
        "the end was changed",
        lambda c: c.sight is Sight.RESIZED and not c.overlapped,
        Action.ADJUST,
    ),
    Rule(
        "something lies over it, a colleague is free",
        lambda c: _there(c) and c.overlapped and c.colleague and not c.begun,
        Action.YIELD,
    ),
    Rule(
        "something lies over it, nobody is free",
        lambda c: (
            _there(c) and c.overlapped and not c.begun and c.state is not BookingState.CONFLICT
        ),
        Action.DISPUTE,
    ),
    Rule(
        "nothing is in its way any more",
        lambda c: c.state is BookingState.CONFLICT and not c.overlapped and not c.begun,
        Action.STAND,
    ),
    Rule("as it should be", lambda c: True, Action.REST),
)


def decide(case: Case) -> Action:
    """What to do; the rows above are the whole of it."""
    return rule_for(case).action


def rule_for(case: Case) -> Rule:
    return next(rule for rule in RULES if rule.applies(case))
