"""The citizen's pages: one question a page, from the municipality to the managed booking."""

from booking_web.citizen import signing_in, taxisnet
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.booked import (
    accept,
    again,
    cancel,
    change_channel,
    earlier,
    find_booking,
    join,
    manage,
    my_data,
    reschedule,
)
from booking_web.citizen.form import check, details, held, proving
from booking_web.citizen.hours import slot
from booking_web.citizen.questions import choosing, declaration, info, municipalities

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
    "earlier",
    "find_booking",
    "held",
    "info",
    "join",
    "manage",
    "municipalities",
    "my_data",
    "proving",
    "reschedule",
    "signing_in",
    "slot",
    "taxisnet",
]
