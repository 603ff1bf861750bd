"""The time that is kept while the citizen fills in the form: until when, longer, and again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import redirect
from werkzeug.wrappers import Response

from booking import holds
from booking.model import Hold, HoldLapsed, SlotTaken, TooManyHolds
from booking.words import dates
from booking_web import visitors
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.hours.slot import show_taken
from booking_web.citizen.questions.steps import next_step
from booking_web.current import desk, language

#: Button of the details form that asks for longer, and where the page says until when.
LONGER = "perissotero"
PLACE = "kratame"


@dataclass(frozen=True, slots=True)
class Held:
    """``until``: in words, "" where the time is not kept any more; ``longer``: it can be kept
    longer, or again."""

    until: str
    longer: bool


def held(chosen: Chosen, draft: Draft) -> Held:
    """How long the time is kept; looking at the page keeps it longer."""
    hold = _extended(draft)
    if hold is None:
        return Held("", longer=True)
    until = dates.clock(hold.expires_at, zone=chosen.zone, language=language())
    return Held(until, longer=hold.expires_at < hold.extendable_until)


def _extended(draft: Draft) -> Hold | None:
    if not draft.hold_id:
        return None
    try:
        return holds.extend(desk(), hold_id=draft.hold_id)
    except HoldLapsed:
        return None


def keep_longer(chosen: Chosen, draft: Draft, *, after: str) -> Response:
    """Keep the time longer, or again where that has lapsed, and go to the page ``after``.

    Where somebody else has it now, the calendar says so; what was answered is kept.
    """
    if draft.start is not None and _extended(draft) is None:
        row = drafting.keep(draft)
        try:
            hold = holds.take(
                desk(),
                service_id=chosen.service_id,
                channel=chosen.channel.channel,
                starts_at=draft.start,
                session_key=row,
                network=visitors.network(),
            )
        except SlotTaken as taken:
            drafting.keep(replace(draft, starts_at="", hold_id=""))
            return show_taken(chosen, start=draft.start, alternatives=taken.alternatives)
        except TooManyHolds:  # the page says that it is not kept, and may still be free
            return redirect(f"{after}#{PLACE}", 303)
        drafting.keep(replace(draft, hold_id=hold.id))
    return redirect(f"{after}#{PLACE}", 303)


@blueprint.post(f"{CHOICE}/hold")
def hold(slug: str, service_key: str, channel_name: str) -> Response:
    """The button of the last page before the booking."""
    chosen = choice.chosen(slug, service_key, channel_name)
    draft = drafting.for_choice(chosen)
    if draft.start is None:
        return redirect(next_step(chosen), 303)
    return keep_longer(chosen, draft, after=chosen.url("check"))
