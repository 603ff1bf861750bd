"""Signing in with TAXISnet codes: the page before, the way there and back, and the way out."""

from __future__ import annotations

import secrets

from flask import current_app, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking import applicants, sign_ins
from booking.model import TooManyTries
from booking_web import visitors
from booking_web.citizen import draft as drafting
from booking_web.citizen import signing_in
from booking_web.citizen.blueprint import blueprint
from booking_web.current import desk, gettext
from booking_web.register import gsis, identity
from booking_web.register.answer import NotUnderstood, Person
from booking_web.register.gsis import NoAnswer, Refused, Register
from mapping.model import SignIn

#: Sign-ins on their way, by the state that comes back: where each of them leads.
_PENDING = "taxisnet"
#: Tabs in which one may begin to sign in.
_MOST = 3
#: What a session keeps that says nothing of a person: language and time zone.
_KEPT = ("language", "zone")
_LONGEST_CODE = 2000
_REGISTER = "rantevou_register"


@blueprint.get("/taxisnet")
def entrance() -> Response | str:
    """Why one signs in here, and what is taken over from the register."""
    to = signing_in.local(request.args.get("to"))
    if identity.current() is not None:
        return redirect(to, 303)
    asked, within = signing_in.asked_at(to)
    required = asked is SignIn.REQUIRED
    possible = applicants.can_sign_in(desk().settings)
    if not (possible or required):
        return redirect(to, 303)
    page = render_template(
        "citizen/taxisnet.html",
        possible=possible,
        required=required,
        start=url_for("citizen.sign_in", to=to),
        onward=to,
        contact=within.contact if within else None,
        back=url_for("citizen.municipality") if required else to,
    )
    return make_response(page, 200 if possible else 503)


@blueprint.get("/taxisnet/sign-in")
def sign_in() -> Response:
    """Off to the register. Only this browser's cookie remembers it."""
    to = signing_in.local(request.args.get("to"))
    if identity.current() is not None:
        return redirect(to, 303)
    if not applicants.can_sign_in(desk().settings):
        return redirect(url_for("citizen.entrance", to=to), 303)
    state = secrets.token_urlsafe(24)
    pending: dict[str, str] = dict(session.get(_PENDING, {}))
    pending[state] = to
    session[_PENDING] = dict(list(pending.items())[-_MOST:])
    return redirect(gsis.authorize_url(desk().settings, state=state), 303)


@blueprint.get(gsis.CALLBACK)
def signed_in() -> Response | str:
    """Back from the register, with a code that is worth one question."""
    pending: dict[str, str] = dict(session.get(_PENDING, {}))
    to = pending.pop(request.args.get("state", ""), None)
    if to is None:
        if identity.current() is not None:  # reloaded, or the way back of the browser
            return redirect(url_for("citizen.municipality"), 303)
        return _failed(_not_from_here(), to=signing_in.local(None), status=403)
    session[_PENDING] = pending
    code = request.args.get("code", "")
    if not 0 < len(code) <= _LONGEST_CODE or not code.isprintable():
        return _failed(_not_agreed(), to=to, status=200)
    network = visitors.network()
    try:
        sign_ins.count(desk(), network=network)
        person = _register().person(desk().settings, code=code)
    except Refused:
        return _failed(_not_accepted(), to=to, status=400)
    except TooManyTries:
        return _failed(_too_often(), to=to, status=429)
    except (NoAnswer, NotUnderstood):
        return _failed(_no_answer(), to=to, status=503)
    sign_ins.succeeded(desk(), network=network)
    _begin(person)
    return redirect(to, 303)


def _begin(person: Person) -> None:
    """A session of its own: nobody who knew the one before is signed in with it."""
    kept = {name: session[name] for name in _KEPT if name in session}
    draft_id = drafting.move()
    identity.forget()
    session.clear()
    session.update(kept)
    drafting.adopt(draft_id)
    identity.keep(person)


def _register() -> Register:
    made: Register = current_app.extensions.setdefault(_REGISTER, Register())
    return made


@blueprint.get("/taxisnet/left")
def left() -> Response | str:
    """Signed out here; on to the register, where the same browser is signed in still."""
    settings = desk().settings
    if not applicants.can_sign_in(settings):
        return redirect(url_for("citizen.municipality"), 303)
    # No redirect: browsers follow none to another site after a form (form-action of our policy).
    return render_template(
        "citizen/taxisnet_left.html",
        logout=gsis.logout_url(settings, back=settings.public_url.rstrip("/") + "/"),
    )


def _failed(told: list[str], *, to: str, status: int) -> Response:
    asked, within = signing_in.asked_at(to)
    page = render_template(
        "citizen/taxisnet_failed.html",
        told=told,
        start=url_for("citizen.sign_in", to=to),
        without=to if asked is not SignIn.REQUIRED else "",
        contact=within.contact if within else None,
    )
    return make_response(page, status)


def _not_from_here() -> list[str]:
    return [
        gettext("Η είσοδος δεν άρχισε από αυτόν τον περιηγητή, ή έμεινε ανοιχτή πολλή ώρα."),
        gettext("Δοκιμάστε ξανά από τον περιηγητή στον οποίο κλείνετε το ραντεβού."),
    ]


def _not_agreed() -> list[str]:
    return [
        gettext("Δεν συμφωνήσατε να πάρουμε το όνομα και τον ΑΦΜ σας από το TAXISnet."),
        gettext("Δεν πήραμε κανένα στοιχείο. Μπορείτε να δοκιμάσετε ξανά."),
    ]


def _not_accepted() -> list[str]:
    return [
        gettext("Το TAXISnet δεν δέχτηκε αυτή την είσοδο: ίσως πέρασε πολλή ώρα."),
        gettext("Δοκιμάστε ξανά. Όσα έχετε συμπληρώσει στο ραντεβού σας έχουν κρατηθεί."),
    ]


def _too_often() -> list[str]:
    return [
        gettext("Έγιναν πολλές προσπάθειες εισόδου από το δίκτυό σας που δεν πέτυχαν."),
        gettext("Δοκιμάστε ξανά σε μία ώρα, ή καλέστε τον δήμο για να κλείσει το ραντεβού."),
    ]


def _no_answer() -> list[str]:
    return [
        gettext("Το TAXISnet δεν απάντησε όπως περιμέναμε."),
        gettext("Δοκιμάστε ξανά σε λίγα λεπτά. Όσα έχετε συμπληρώσει έχουν κρατηθεί."),
    ]
