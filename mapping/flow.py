"""Which questions a citizen is asked, and in which order; configuration decides, not code."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeVar

from mapping.model import (
    Channel,
    Declaration,
    DeclarationAnswer,
    Municipality,
    Service,
    ServiceChannel,
    ServiceGroup,
)

_T = TypeVar("_T")


class Step(enum.StrEnum):
    """Questions before the details form, in the order of the manuals."""

    GROUP = "group"
    SERVICE = "service"
    CHANNEL = "channel"
    DECLARATION = "declaration"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Choices:
    """What is settled so far, by the citizen or because there is only one possibility."""

    group: str | None = None
    service: str | None = None
    channel: Channel | None = None


class Verdict(enum.StrEnum):
    """What follows from an answer to a declaration."""

    GO_ON = "go_on"
    READ = "read"  #: a second page informs, nothing to tick
    CONFIRM = "confirm"  #: a second page with a box to tick
    STOP = "stop"  #: not bookable: the answer's ``outcome`` says what to do


def groups(municipality: Municipality) -> tuple[ServiceGroup, ...]:
    """Groups with at least one service that can be booked, in the file's order."""
    return tuple(each for each in municipality.groups if services(municipality, each.key))


def services(municipality: Municipality, group: str | None = None) -> tuple[Service, ...]:
    """Services that can be booked, of one group or of all, in the file's order."""
    return tuple(
        each
        for each in municipality.services
        if (group is None or each.group == group) and channels(each)
    )


def channels(service: Service) -> tuple[ServiceChannel, ...]:
    """Channels that somebody delivers, in the file's order."""
    return tuple(each for each in service.channels if each.mailboxes)


def settle(municipality: Municipality, choices: Choices) -> Choices:
    """Drop what does not exist (any more) and fill in what has one possibility and is not asked.

    A service settles its group, so that a deep link needs to name the service only.
    """
    service = municipality.service(choices.service) if choices.service else None
    if service is not None and not channels(service):
        service = None
    group = service.group if service else choices.group
    if group not in {each.key for each in groups(municipality)}:
        group = None
    if group is None and (only := _only(municipality, Step.GROUP, groups(municipality))):
        group = only.key
    if service is None and group is not None:
        service = _only(municipality, Step.SERVICE, services(municipality, group))
    if service is None:
        return Choices(group=group)
    channel = _settle_channel(municipality, service, choices.channel)
    return Choices(group=group, service=service.key, channel=channel)


def next_step(municipality: Municipality, choices: Choices) -> Step:
    """The first question that is open. Declarations are answered after the channel."""
    settled = settle(municipality, choices)
    if settled.group is None:
        return Step.GROUP
    if settled.service is None:
        return Step.SERVICE
    if settled.channel is None:
        return Step.CHANNEL
    service = municipality.service(settled.service)
    return Step.DECLARATION if service and service.declarations else Step.SLOT


def steps(municipality: Municipality, choices: Choices) -> tuple[Step, ...]:
    """All questions that this citizen sees, in order, as far as the choices tell already."""
    shown: list[Step] = []
    settled = settle(municipality, choices)
    if _asked(municipality, Step.GROUP, len(groups(municipality))):
        shown.append(Step.GROUP)
    in_group = services(municipality, settled.group)
    if settled.group is None or _asked(municipality, Step.SERVICE, len(in_group)):
        shown.append(Step.SERVICE)
    service = municipality.service(settled.service) if settled.service else None
    if service is None or _asked(municipality, Step.CHANNEL, len(channels(service))):
        shown.append(Step.CHANNEL)
    if service is not None and service.declarations:
        shown.append(Step.DECLARATION)
    return (*shown, Step.SLOT)


def answer_of(declaration: Declaration, value: str) -> DeclarationAnswer | None:
    return next((each for each in declaration.answers if each.value == value), None)


def verdict(answer: DeclarationAnswer) -> Verdict:
    if not answer.bookable:
        return Verdict.STOP
    if answer.confirmation.el:
        return Verdict.CONFIRM
    return Verdict.READ if answer.information.el else Verdict.GO_ON


def _settle_channel(
    municipality: Municipality, service: Service, chosen: Channel | None
) -> Channel | None:
    offered = channels(service)
    if chosen in {each.channel for each in offered}:
        return chosen
    only = _only(municipality, Step.CHANNEL, offered)
    return only.channel if only else None


def _asked(municipality: Municipality, step: Step, possibilities: int) -> bool:
    return possibilities > 1 or step.value in municipality.always_ask


def _only(municipality: Municipality, step: Step, offered: tuple[_T, ...]) -> _T | None:
    if len(offered) != 1 or _asked(municipality, step, len(offered)):
        return None
    return offered[0]
