"""The citizen's pages: one question a page, from the municipality to the managed booking."""

from booking_web.citizen import (
    accept,
    again,
    cancel,
    change_channel,
    check,
    choosing,
    declaration,
    details,
    find_booking,
    info,
    join,
    manage,
    municipalities,
    reschedule,
    signing_in,
    slot,
    taxisnet,
)
from booking_web.citizen.blueprint import blueprint

__all__ = [
    "accept",
    "again",
    "blueprint",
    "cancel",
    "change_channel",
    "check",
    "choosing",
    "declaration",
    "details",
    "find_booking",
    "info",
    "join",
    "manage",
    "municipalities",
    "reschedule",
    "signing_in",
    "slot",
    "taxisnet",
]
