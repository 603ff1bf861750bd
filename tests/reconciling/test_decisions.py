"""The table of decisions, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.model import BookingState
from booking.reconciling.acting import ACTIONS
from booking.reconciling.decisions import RULES, Action, Case, Target, decide, rule_for
from booking.reconciling.sights import Sight, Word, sight_of, word_of
from connectors.contract import EventRef, Period, RemoteEvent, ShowAs

CONFLICT = BookingState.CONFLICT
OVER = {"begun": True, "over": True}

ROWS = [
    ("the employee says how it went", Case(Sight.AS_WRITTEN, begun=True, word=Word.COMPLETED)),
    (
        "the employee says how it went",
        Case(Sight.GONE, state=BookingState.COMPLETED, word=Word.NO_SHOW, **OVER),
    ),
    (
        "the employee takes that back",
        Case(Sight.AS_WRITTEN, state=BookingState.COMPLETED, **OVER),
    ),
    ("it is known how it went", Case(Sight.GONE, state=BookingState.COMPLETED, **OVER)),
    (
        "it is known how it went",
        Case(Sight.AS_WRITTEN, state=BookingState.NO_SHOW, word=Word.NO_SHOW, **OVER),
    ),
    ("it is over", Case(Sight.GONE, grace_over=True, **OVER)),
    ("it is over", Case(Sight.AS_WRITTEN, overlapped=True, **OVER)),
    ("deleted while it takes place", Case(Sight.GONE, begun=True, grace_over=True)),
    ("deleted, and seen so twice", Case(Sight.GONE, grace_over=True)),
    ("deleted, and seen so twice", Case(Sight.GONE, grace_over=True, state=CONFLICT)),
    ("deleted just now", Case(Sight.GONE)),
    ("made a whole day", Case(Sight.ALL_DAY)),
    ("made a series", Case(Sight.SERIES)),
    ("moved to a possible time", Case(Sight.MOVED, target=Target.FREE)),
    ("moved to a possible time", Case(Sight.MOVED, target=Target.FREE, **OVER)),
    ("moved to a possible time", Case(Sight.MOVED, target=Target.FREE, state=CONFLICT)),
    ("over, and moved to where nobody can come", Case(Sight.MOVED, target=Target.PAST, **OVER)),
    ("moved to an impossible time", Case(Sight.MOVED, target=Target.CLAIMED)),
    ("moved to an impossible time", Case(Sight.MOVED, target=Target.PAST)),
    (
        "moved onto another booking's time, and the office wants both there",
        Case(Sight.MOVED, target=Target.CLAIMED, wanted=True),
    ),
    ("moved to an impossible time", Case(Sight.MOVED, target=Target.PAST, wanted=True)),
    ("the end was changed", Case(Sight.RESIZED)),
    ("the end was changed", Case(Sight.RESIZED, begun=True)),
    (
        "something lies over it, a colleague is free",
        Case(Sight.AS_WRITTEN, overlapped=True, colleague=True),
    ),
    (
        "something lies over it, a colleague is free",
        Case(Sight.FREE, overlapped=True, colleague=True, state=CONFLICT),
    ),
    ("something lies over it, nobody is free", Case(Sight.AS_WRITTEN, overlapped=True)),
    ("something lies over it, nobody is free", Case(Sight.RESIZED, overlapped=True)),
    ("nothing is in its way any more", Case(Sight.AS_WRITTEN, state=CONFLICT)),
    ("as it should be", Case(Sight.AS_WRITTEN)),
    ("as it should be", Case(Sight.FREE)),
    ("as it should be", Case(Sight.AS_WRITTEN, overlapped=True, state=CONFLICT)),
    ("as it should be", Case(Sight.AS_WRITTEN, overlapped=True, colleague=True, begun=True)),
]


@pytest.mark.parametrize(
    ("name", "case"), ROWS, ids=[f"{n}: {name}" for n, (name, _) in enumerate(ROWS)]
)
def test_each_case_falls_under_its_row(name: str, case: Case) -> None:
    assert rule_for(case).name == name


def test_every_row_is_tried_and_every_action_can_be_carried_out() -> None:
    assert {name for name, _ in ROWS} == {rule.name for rule in RULES}
    assert set(ACTIONS) == set(Action)


CASES = st.builds(
    Case,
    sight=st.sampled_from(Sight),
    state=st.sampled_from(
        [
            BookingState.CONFIRMED,
            BookingState.CONFLICT,
            BookingState.COMPLETED,
            BookingState.NO_SHOW,
        ]
    ),
    begun=st.booleans(),
    over=st.booleans(),
    grace_over=st.booleans(),
    target=st.sampled_from(Target),
    overlapped=st.booleans(),
    colleague=st.booleans(),
    word=st.none() | st.sampled_from(Word),
)


@given(CASES)
def test_nobody_loses_an_appointment_by_a_first_look_or_by_anything_but_a_deletion(
    case: Case,
) -> None:
    if decide(case) is Action.LET_GO:
        assert case.sight is Sight.GONE
        assert case.grace_over
        assert not case.begun


@given(CASES)
def test_a_booking_follows_only_to_a_time_that_is_its_own(case: Case) -> None:
    if decide(case) is Action.FOLLOW:
        assert case.target is Target.FREE
        assert case.sight is Sight.MOVED


@given(CASES)
def test_what_stands_as_written_and_alone_changes_nothing(case: Case) -> None:
    quiet = replace(
        case,
        sight=Sight.AS_WRITTEN,
        overlapped=False,
        word=None,
        state=BookingState.CONFIRMED,
    )
    assert decide(quiet) is Action.REST


TEN = datetime(2026, 6, 2, 7, tzinfo=UTC)
EXPECTED = Period(TEN, TEN + timedelta(minutes=30))


def event(**changes: object) -> RemoteEvent:
    return replace(RemoteEvent(ref=EventRef("1", "v1"), period=EXPECTED), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seen", "sight"),
    [
        (event(), Sight.AS_WRITTEN),
        (event(show_as=ShowAs.TENTATIVE), Sight.AS_WRITTEN),
        (event(show_as=ShowAs.FREE), Sight.FREE),
        (event(period=Period(TEN, TEN + timedelta(minutes=15))), Sight.RESIZED),
        (event(period=Period(TEN, TEN + timedelta(hours=2))), Sight.RESIZED),
        (event(period=Period(TEN + timedelta(minutes=15), EXPECTED.end)), Sight.MOVED),
        (event(period=Period(TEN + timedelta(days=400), TEN + timedelta(days=401))), Sight.MOVED),
        (event(all_day=True), Sight.ALL_DAY),
        (event(period=None), Sight.ALL_DAY),
        (event(recurring=True), Sight.SERIES),
        (event(cancelled=True), Sight.GONE),
        (None, Sight.GONE),
    ],
)
def test_what_the_calendar_shows(seen: RemoteEvent | None, sight: Sight) -> None:
    assert sight_of(EXPECTED, seen) is sight


@pytest.mark.parametrize(
    ("categories", "word"),
    [
        ((), None),
        (("Ραντεβού",), None),
        (("Ραντεβού", "Ολοκληρώθηκε"), Word.COMPLETED),
        ((" ολοκληρώθηκε ",), Word.COMPLETED),
        (("Δεν προσήλθε",), Word.NO_SHOW),
        (("Ολοκληρώθηκε", "Δεν προσήλθε"), Word.NO_SHOW),
    ],
)
def test_categories_are_the_employees_words(categories: tuple[str, ...], word: Word | None) -> None:
    assert word_of(event(categories=categories)) is word
