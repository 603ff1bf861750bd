"""«Επιβεβαιώστε το email σας»: a code to type, or the mailed link in whichever browser it opens."""

from __future__ import annotations

from dataclasses import replace

from flask import (
    flash,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from booking import verifying
from booking.model import EmailUnproved, NotOffered, TooManyTries
from booking.verifying import Proof
from booking_web import visitors
from booking_web.citizen import chosen as choice
from booking_web.citizen import draft as drafting
from booking_web.citizen import rights
from booking_web.citizen.blueprint import CHOICE, blueprint
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import details, held, proof
from booking_web.current import desk, gettext, language

#: Field of the form, and what the session remembers of an opened link.
FIELD = "kodikos"
_OPENED = "proof"


@blueprint.get(f"{CHOICE}/email")
def prove_email(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    draft, email = _waiting(chosen)
    return _elsewhere(chosen, draft, email) or _show(chosen, draft, email)


@blueprint.post(f"{CHOICE}/email")
def give_code(slug: str, service_key: str, channel_name: str) -> Response | str:
    chosen = choice.chosen(slug, service_key, channel_name)
    draft, email = _waiting(chosen)
    if (elsewhere := _elsewhere(chosen, draft, email)) is not None:
        return elsewhere
    waits_for = proof.running(draft, email)
    if waits_for is None:
        return _show(chosen, draft, email, error=_over(), status=422)
    try:
        right = verifying.try_code(desk(), proof_id=waits_for.id, typed=request.form.get(FIELD, ""))
    except TooManyTries:
        return _show(chosen, draft, email, error=_over(), status=422)
    if not right:
        error = gettext("Γράψτε τα 6 ψηφία του κωδικού που στείλαμε στο email σας")
        return _show(chosen, draft, email, error=error, status=422)
    drafting.keep(replace(draft, proved=email))
    return redirect(chosen.url("check"), 303)


@blueprint.post(f"{CHOICE}/email/again")
def send_code(slug: str, service_key: str, channel_name: str) -> Response | str:
    """The same code once more; another one where that is over."""
    chosen = choice.chosen(slug, service_key, channel_name)
    draft, email = _waiting(chosen)
    if (elsewhere := _elsewhere(chosen, draft, email)) is not None:
        return elsewhere
    waits_for = proof.running(draft, email)
    network = visitors.network()
    try:
        if waits_for is not None and verifying.send_again(
            desk(), proof_id=waits_for.id, network=network
        ):
            flash(gettext("Στείλαμε ξανά τον κωδικό."))
        elif proof.ask(chosen, draft, email).proof:
            flash(gettext("Στείλαμε νέο κωδικό."))
        else:
            raise TooManyTries
    except TooManyTries:
        return _show(chosen, draft, email, error=_too_many(), status=429)
    return redirect(chosen.url("prove_email"), 303)


@blueprint.errorhandler(EmailUnproved)
def unproved(_error: EmailUnproved) -> Response:
    """Asked for only since the form was checked: the check page leads to where it is done."""
    return redirect(request.path, 303)


@blueprint.get("/verify/<token>")
def open_link(token: str) -> Response:
    """Remember which proof the mailed link belongs to, and leave the token out of the address."""
    found = verifying.by_link(desk(), token=token)
    if found is None:
        session.pop(_OPENED, None)
    else:
        session[_OPENED] = found.id
        session.setdefault("language", found.language)
    return redirect(url_for("citizen.verify"), 303)


@blueprint.get("/verify")
def verify() -> Response | str:
    """Opening the link changes nothing: scanners of mail do that too."""
    found = _opened()
    return _lapsed() if found is None else _show_link(*found)


@blueprint.post("/verify")
def go_on() -> Response | str:
    """The form goes on in this browser. Where it was begun in another one, who presses types what
    stands in the form and not in the mail."""
    found = _opened()
    if found is None:
        return _lapsed()
    waits_for, chosen, draft = found
    if not _is_here(waits_for):
        typed = request.form.get(rights.DIGITS, "")
        phone = draft.contact.get("phone", "")
        try:
            right = verifying.try_digits(desk(), proof_id=waits_for.id, typed=typed, phone=phone)
        except TooManyTries:
            return _show_link(waits_for, chosen, draft, error=_over())
        if not right:
            error = gettext("Γράψτε τα 3 τελευταία ψηφία του τηλεφώνου που δώσατε στη φόρμα")
            return _show_link(waits_for, chosen, draft, error=error)
        if not drafting.take_over(waits_for.draft_id):
            return _lapsed()
    draft_id = drafting.keep(replace(draft, proof=waits_for.id, proved=waits_for.email))
    verifying.prove(desk(), proof_id=waits_for.id, draft_id=draft_id)
    session.pop(_OPENED, None)
    return redirect(chosen.url("check"), 303)


def _waiting(chosen: Chosen) -> tuple[Draft, str]:
    draft = drafting.for_choice(chosen)
    return draft, details.checked(chosen, draft).email


def _elsewhere(chosen: Chosen, draft: Draft, email: str) -> Response | None:
    """Where there is nothing to prove here (yet, or any more)."""
    if drafting.gone_elsewhere():
        return make_response(render_template("citizen/proving_moved.html"))
    if step := details.open_step(chosen, draft):
        return redirect(step, 303)
    if not email:
        return redirect(chosen.url("details"), 303)
    if not proof.needed(chosen, draft, email):
        return redirect(chosen.url("check"), 303)
    return None


def _show(
    chosen: Chosen, draft: Draft, email: str, *, error: str = "", status: int = 200
) -> Response:
    waits_for = proof.running(draft, email)
    undelivered = waits_for is not None and waits_for.undelivered
    if undelivered and not error:
        error = gettext("Το μήνυμα δεν παραδόθηκε: ελέγξτε αν η διεύθυνση είναι σωστή")
    page = render_template(
        "citizen/proving.html",
        sent=waits_for is not None and not undelivered,
        email=email,
        errors={FIELD: error} if error else {},
        done=get_flashed_messages(),
        held=held.held(chosen, draft),
        longer_url=chosen.url("hold"),
        again=chosen.url("send_code"),
        change=chosen.url("details") + "#email",
        back=chosen.url("details"),
        contact=chosen.municipality.contact,
    )
    return make_response(page, status)


def _opened() -> tuple[Proof, Chosen, Draft] | None:
    """The proof whose link this session opened, with the form that waits for it."""
    proof_id = session.get(_OPENED)
    waits_for = verifying.get(desk(), proof_id=proof_id) if proof_id else None
    if waits_for is None:
        return None
    draft = drafting.form_in(waits_for.draft_id, waits_for.service_id, waits_for.channel.value)
    if draft is None or draft.reference:
        return None
    try:
        chosen = choice.chosen(waits_for.municipality, waits_for.service, waits_for.channel.value)
    except NotOffered:
        return None
    return waits_for, chosen, draft


def _is_here(waits_for: Proof) -> bool:
    return drafting.row_id() == waits_for.draft_id


def _show_link(waits_for: Proof, chosen: Chosen, draft: Draft, *, error: str = "") -> Response:
    page = render_template(
        "citizen/proving_link.html",
        asks_digits=not _is_here(waits_for),
        service=chosen.service.title.in_language(language()),
        errors={rights.DIGITS: error} if error else {},
    )
    return make_response(page, 422 if error else 200)


def _lapsed() -> Response:
    return make_response(render_template("citizen/proving_lapsed.html"), 404)


def _over() -> str:
    return gettext("Ο κωδικός δεν ισχύει πια. Ζητήστε να στείλουμε νέο")


def _too_many() -> str:
    return gettext("Έχουν σταλεί πολλοί κωδικοί σε αυτή τη διεύθυνση. Δοκιμάστε ξανά σε μία ώρα")
