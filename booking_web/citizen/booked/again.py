"""«Νέα κράτηση για την ίδια υπηρεσία»: what was answered before need not be typed again."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect
from werkzeug.wrappers import Response

from booking_web.citizen import draft as drafting
from booking_web.citizen import rights
from booking_web.citizen.blueprint import blueprint
from booking_web.citizen.chosen import chosen_of
from booking_web.citizen.draft import Draft
from booking_web.citizen.questions.steps import next_step


@blueprint.post("/booking/<reference>/again")
def again(reference: str) -> Response:
    """A new form of the same service and channel, with these details where a person sits there;
    declarations and consent are asked anew."""
    view, _ = rights.booking(reference)
    chosen = chosen_of(view)
    draft = Draft(service_id=chosen.service_id, channel=chosen.channel.channel.value)
    if not rights.asks_digits(reference):
        who = view.citizen
        contact = {"name": who.name, "email": who.email, "phone": who.phone}
        draft = replace(draft, contact=contact, answers=dict(view.answers))
    drafting.keep(draft)
    return redirect(next_step(chosen), 303)
