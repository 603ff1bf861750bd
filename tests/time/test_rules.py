"""The database of time zones that is installed knows the Greek rule for all the years ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from tests.time.clocks import CHANGES, YEARS, ahead, around, instants_of, wall

ATHENS = ZoneInfo("Europe/Athens")


@pytest.mark.parametrize("year", YEARS)
def test_each_year_has_its_two_changes_and_no_other(year: int) -> None:
    found = []
    at = datetime(year, 1, 1, tzinfo=ATHENS).astimezone(CHANGES[0].tzinfo)
    while at.year <= year:
        later = at + timedelta(hours=1)
        if at.astimezone(ATHENS).utcoffset() != later.astimezone(ATHENS).utcoffset():
            found.append(later)
        at = later
    assert found == [each for each in CHANGES if each.year == year]


@given(moment=around)
def test_wall_clocks_agree(moment: datetime) -> None:
    assert moment.astimezone(ATHENS).utcoffset() == ahead(moment)
    assert moment.astimezone(ATHENS).replace(tzinfo=None) == wall(moment)
    assert moment in instants_of(wall(moment))


def test_the_repeated_and_the_missing_hour() -> None:
    twice = datetime(2027, 10, 31, 3, 30)  # noqa: DTZ001 - a wall time
    assert [f"{each:%H:%M}" for each in instants_of(twice)] == ["00:30", "01:30"]
    assert instants_of(datetime(2027, 3, 28, 3, 30)) == ()  # noqa: DTZ001
    assert len(CHANGES) == 28
