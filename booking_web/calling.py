"""What whoever is served by telephone is told: that the office calls, and from which number."""

from __future__ import annotations

from booking_web.current import gettext
from mapping.model import Channel, ServiceChannel


def we_call(delivered: ServiceChannel | None) -> str:
    """Empty for another way of serving."""
    if delivered is None or delivered.channel is not Channel.TELEPHONE:
        return ""
    if not delivered.calls_from:
        return gettext(
            "Σας καλούμε εμείς, στο τηλέφωνο που δώσατε. Δεν χρειάζεται να καλέσετε εσείς."
        )
    return gettext(
        "Σας καλούμε εμείς, στο τηλέφωνο που δώσατε, από τον αριθμό %(phone)s. Δεν χρειάζεται να "
        "καλέσετε εσείς."
    ) % {"phone": delivered.calls_from.replace(" ", "\u00a0")}
