"""Which questions are shown: always where asked for, else only where there is a choice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mapping.flow import (
    Choices,
    Step,
    Verdict,
    answer_of,
    groups,
    next_step,
    services,
    settle,
    steps,
    verdict,
)
from mapping.model import Channel, DeclarationAnswer, LocalText, Municipality, ServiceGroup
from tests.mapping.minimal import municipality

TOWN = replace(municipality(), always_ask=())
SERVICE = TOWN.services[0]
DONE = Choices("care", "benefit", Channel.IN_PERSON)


def with_two_services(town: Municipality = TOWN) -> Municipality:
    return replace(town, services=(SERVICE, replace(SERVICE, key="other")))


def with_two_channels(town: Municipality = TOWN) -> Municipality:
    video = replace(SERVICE.channels[0], channel=Channel.TELECONFERENCE)
    return replace(town, services=(replace(SERVICE, channels=(*SERVICE.channels, video)),))


def test_where_there_is_one_of_everything_nothing_is_asked() -> None:
    assert settle(TOWN, Choices()) == DONE
    assert next_step(TOWN, Choices()) is Step.DECLARATION
    assert steps(TOWN, Choices()) == (Step.DECLARATION, Step.SLOT)


def test_always_ask_keeps_the_steps_of_the_manual() -> None:
    town = replace(TOWN, always_ask=("group", "service", "channel"))
    shown = (Step.GROUP, Step.SERVICE, Step.CHANNEL, Step.DECLARATION, Step.SLOT)
    assert steps(town, Choices())[:3] == shown[:3]
    assert steps(town, DONE) == shown
    stages = (Choices(), Choices("care"), Choices("care", "benefit"), DONE)
    asked = [next_step(town, choices) for choices in stages]
    assert asked == [Step.GROUP, Step.SERVICE, Step.CHANNEL, Step.DECLARATION]


def test_a_choice_is_asked() -> None:
    assert next_step(with_two_services(), Choices()) is Step.SERVICE
    assert next_step(with_two_channels(), Choices()) is Step.CHANNEL
    assert steps(with_two_channels(), Choices()) == (Step.CHANNEL, Step.DECLARATION, Step.SLOT)
    chosen = Choices("care", "benefit", Channel.TELECONFERENCE)
    assert settle(with_two_channels(), chosen) == chosen


def test_a_deep_link_names_the_service_only() -> None:
    town = replace(with_two_services(), always_ask=("group", "service"))
    assert settle(town, Choices(service="other")) == replace(DONE, service="other")


@pytest.mark.parametrize(
    "stale",
    [Choices("gone"), Choices("care", "gone"), Choices("care", "benefit", Channel.TELEPHONE)],
)
def test_what_does_not_exist_any_more_is_asked_again(stale: Choices) -> None:
    assert settle(TOWN, stale) == DONE
    town = replace(with_two_channels(with_two_services()), always_ask=("group",))
    settled = settle(town, stale)
    assert settled.channel is None
    assert "gone" not in (settled.group, settled.service)


def test_without_declaration_the_calendar_comes_next() -> None:
    town = replace(TOWN, services=(replace(SERVICE, declarations=()),))
    assert next_step(town, Choices()) is Step.SLOT
    assert steps(town, Choices()) == (Step.SLOT,)


def test_what_nobody_delivers_is_not_shown() -> None:
    idle = replace(SERVICE, key="idle", channels=(replace(SERVICE.channels[0], mailboxes=()),))
    empty = ServiceGroup("empty", LocalText("Άδεια"))
    town = replace(TOWN, groups=(*TOWN.groups, empty), services=(SERVICE, idle))
    assert [each.key for each in groups(town)] == ["care"]
    assert [each.key for each in services(town)] == ["benefit"]
    assert settle(town, Choices(service="idle")) == DONE


def test_verdicts() -> None:
    plain = DeclarationAnswer("no", LocalText("Όχι"))
    text = LocalText("Κείμενο")
    assert verdict(plain) is Verdict.GO_ON
    assert verdict(replace(plain, information=text)) is Verdict.READ
    assert verdict(replace(plain, information=text, confirmation=text)) is Verdict.CONFIRM
    assert verdict(replace(plain, bookable=False, outcome=text)) is Verdict.STOP
    declaration = TOWN.declarations[0]
    assert answer_of(declaration, "yes") is declaration.answers[1]
    assert answer_of(declaration, "maybe") is None
