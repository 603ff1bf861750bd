"""What an event means for the time it takes: the table of TRANSP, STATUS and Microsoft's word."""

from __future__ import annotations

from typing import Final

from icalendar import Event

from connectors.contract import ShowAs
from connectors.vevent.identity import text_of

# [MS-OXCICAL] 2.1.3.1.1.20.31; only the values that say more than TRANSP and STATUS do.
_MICROSOFT: Final = {
    "OOF": ShowAs.OUT_OF_OFFICE,
    "WORKINGELSEWHERE": ShowAs.WORKING_ELSEWHERE,
    "TENTATIVE": ShowAs.TENTATIVE,
}
# RFC 5545, 3.2.9 FBTYPE; a missing or unknown value is BUSY.
_FREE_BUSY_TYPES: Final = {
    "FREE": ShowAs.FREE,
    "BUSY-TENTATIVE": ShowAs.TENTATIVE,
    "BUSY-UNAVAILABLE": ShowAs.OUT_OF_OFFICE,
}


def cancelled(event: Event) -> bool:
    """RFC 5545, 3.8.1.11; compared case-blind, because clients write it in every case."""
    return text_of(event, "STATUS").strip().upper() == "CANCELLED"


def show_as(event: Event) -> ShowAs:
    """RFC 5545, 3.8.2.7 TRANSP first: what is transparent takes no time, whatever else it says."""
    if text_of(event, "TRANSP").strip().upper() == "TRANSPARENT":
        return ShowAs.FREE
    microsoft = text_of(event, "X-MICROSOFT-CDO-BUSYSTATUS").strip().upper()
    if microsoft in _MICROSOFT:
        return _MICROSOFT[microsoft]
    if text_of(event, "STATUS").strip().upper() == "TENTATIVE":
        return ShowAs.TENTATIVE
    return ShowAs.BUSY


def free_busy_type(value: str) -> ShowAs:
    return _FREE_BUSY_TYPES.get(value.strip().upper(), ShowAs.BUSY)
