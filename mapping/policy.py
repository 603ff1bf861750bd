"""What the kinds of calendar entries mean for offering: the show-as policy."""

from __future__ import annotations

from connectors.contract import ShowAs
from mapping.model import BusyAs, Municipality, ServiceChannel, ShowAsPolicy


def blocks(policy: ShowAsPolicy, *, show_as: ShowAs, all_day: bool) -> bool:
    """Whether an occurrence takes its time off the offer. What is not known here blocks."""
    if show_as is ShowAs.FREE:
        return all_day and policy.all_day_free is BusyAs.BUSY
    if show_as is ShowAs.TENTATIVE:
        return policy.tentative is BusyAs.BUSY
    if show_as is ShowAs.WORKING_ELSEWHERE:
        return policy.working_elsewhere is BusyAs.BUSY
    return True


def policy_of(municipality: Municipality, channel: ServiceChannel) -> ShowAsPolicy:
    """The channel's own policy, else the municipality's."""
    return channel.show_as or municipality.show_as
