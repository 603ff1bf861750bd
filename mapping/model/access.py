"""Who may book and how often, and how long what they told is kept."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mapping.model.texts import LocalText


class SignIn(enum.StrEnum):
    """Whether citizens prove who they are before they book (in Greece: TAXISnet codes)."""

    OFF = "off"
    OFFERED = "offered"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class FairAccess:
    """Limits to what one may book; 0 stands for none."""

    per_person: int = 0  #: appointments that one person may have ahead, all services together
    per_service: int = 0  #: the same, of one service
    per_network: int = 0  #: bookings of a day from one network address
    #: A cancelled slot is offered again after a random delay of up to this many minutes.
    return_after_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Privacy:
    """What name, mail address and phone are asked for, and when all that was told is erased."""

    purpose: LocalText = LocalText("")
    erase_after_days: int = 365  #: after the appointment
