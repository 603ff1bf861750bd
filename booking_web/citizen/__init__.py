"""The citizen's pages: one question a page, from the municipality to the managed booking."""

from booking_web.citizen import (
    accept,
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
