"""What kinds of calendar entries take time off the offer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.contract import ShowAs
from mapping.model import BusyAs, ShowAsPolicy
from mapping.policy import blocks, policy_of
from tests.mapping.minimal import municipality

STRICT = ShowAsPolicy(BusyAs.BUSY, BusyAs.BUSY, BusyAs.BUSY)
LAX = ShowAsPolicy(BusyAs.FREE, BusyAs.FREE, BusyAs.FREE)


@pytest.mark.parametrize(
    ("show_as", "all_day", "strict", "lax", "default"),
    [
        (ShowAs.FREE, False, False, False, False),
        (ShowAs.FREE, True, True, False, False),
        (ShowAs.TENTATIVE, False, True, False, True),
        (ShowAs.TENTATIVE, True, True, False, True),
        (ShowAs.BUSY, False, True, True, True),
        (ShowAs.BUSY, True, True, True, True),
        (ShowAs.OUT_OF_OFFICE, False, True, True, True),
        (ShowAs.OUT_OF_OFFICE, True, True, True, True),
        (ShowAs.WORKING_ELSEWHERE, False, True, False, True),
        (ShowAs.WORKING_ELSEWHERE, True, True, False, True),
    ],
)
def test_blocks(show_as: ShowAs, all_day: bool, strict: bool, lax: bool, default: bool) -> None:
    assert blocks(STRICT, show_as=show_as, all_day=all_day) is strict
    assert blocks(LAX, show_as=show_as, all_day=all_day) is lax
    assert blocks(ShowAsPolicy(), show_as=show_as, all_day=all_day) is default


def test_the_channel_may_have_its_own_policy() -> None:
    town = replace(municipality(), show_as=STRICT)
    channel = town.services[0].channels[0]
    assert policy_of(town, channel) == STRICT
    assert policy_of(town, replace(channel, show_as=LAX)) == LAX
