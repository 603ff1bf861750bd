"""Whether the mail address of a form has to be proved still, and asking its owner for it."""

from __future__ import annotations

from dataclasses import replace

from booking import applicants, verifying
from booking.model import TooManyTries
from booking.verifying import Proof
from booking_web import visitors
from booking_web.citizen import draft as drafting
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import for_whom
from booking_web.current import desk, language


def needed(chosen: Chosen, draft: Draft, email: str) -> bool:
    """``email`` as ``mapping.answers`` cleans it."""
    wanted = applicants.proves_email(chosen.municipality, for_whom.applicant(draft))
    return wanted and draft.proved != email


def running(draft: Draft, email: str) -> Proof | None:
    """The proof of exactly this address that this form waits for; None where it is over."""
    found = verifying.get(desk(), proof_id=draft.proof) if draft.proof else None
    return found if found is not None and found.email == email else None


def ask(chosen: Chosen, draft: Draft, email: str) -> Draft:
    """Send a code and a link, unless those of before still count; returns the form that waits.

    Where too many were sent the form waits for none, and its page says so.
    """
    found = running(draft, email)
    if found is not None and found.tries_left:
        return draft
    draft_id = drafting.keep(draft)
    try:
        begun = verifying.begin(
            desk(),
            email=email,
            municipality=chosen.municipality,
            service=chosen.service.key,
            channel=chosen.channel.channel,
            language=language(),
            draft_id=draft_id,
            network=visitors.network(),
        )
    except TooManyTries:
        begun = None
    draft = replace(draft, proof=begun.id if begun else "")
    drafting.keep(draft)
    return draft
