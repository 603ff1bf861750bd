"""The four addresses of GSIS's OAuth2: authorize, token, userinfo and logout.

What is known of the real one: code.gov.gr/docs/Authentication, and what public clients of it do.
It is strict where a client of ours could be sloppy: client, secret, redirect address and scope must
be right, and a code is good once.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from html import escape
from urllib.parse import urlencode
from xml.sax.saxutils import quoteattr

from flask import Flask, Response, redirect, request

from tests.servers.gsis.people import PADDED, SAMPLES, Citizen

BASE = "/oauth2server"


@dataclass
class Grant:
    person: Citizen
    redirect_uri: str
    used: bool = False


@dataclass
class Gsis:
    """What the stand-in knows, and what it is told to do wrong."""

    client_id: str = "TESTBODY"
    client_secret: str = "a secret of the stand-in"
    #: Addresses to which it sends a browser back; an entry that ends with a slash is a beginning.
    redirects: tuple[str, ...] = ()
    people: tuple[Citizen, ...] = SAMPLES
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Citizen] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    #: Instead of the right answer: the next ones of "token" or "userinfo".
    instead: dict[str, Response] = field(default_factory=dict)
    #: Seconds before "token" or "userinfo" answers.
    late: dict[str, float] = field(default_factory=dict)

    def allows(self, redirect_uri: str) -> bool:
        return any(
            redirect_uri == each or (each.endswith("/") and redirect_uri.startswith(each))
            for each in self.redirects
        )


def create_app(gsis: Gsis) -> Flask:
    app = Flask("gsis")

    app.before_request(lambda: gsis.calls.append(f"{request.method} {request.path}"))
    app.add_url_rule("/", view_func=_alive)
    for method, path, view in (
        ("GET", "/oauth/authorize", _authorize),
        ("POST", "/oauth/authorize", _agree),
        ("POST", "/oauth/token", _token),
        ("GET", "/userinfo", _userinfo),
        ("GET", "/logout/<client_id>/", _logout),
    ):
        app.add_url_rule(BASE + path, view.__name__, partial(view, gsis), methods=[method])
    return app


def _alive() -> str:
    return _page("Stand-in for GSIS", "<p>Citizens are sent here to sign in.</p>")


def _authorize(gsis: Gsis) -> Response | str:
    if wrong := _wrong_request(gsis):
        return Response(_page("Σφάλμα", f"<p>{escape(wrong)}</p>"), 400)
    known = _by_id(gsis, request.cookies.get("GSIS_SESSION", ""))
    return _sign_in_page(gsis) if known is None else _back(gsis, known)


def _agree(gsis: Gsis) -> Response:
    if wrong := _wrong_request(gsis):
        return Response(wrong, 400)
    if "deny" in request.form:
        told = {"error": "access_denied", "error_description": "User denied access"}
        return _to(request.args["redirect_uri"], told)
    person = _by_id(gsis, request.form.get("person", ""))
    if person is None:
        return Response("unknown person", 400)
    answer = _back(gsis, person)
    answer.set_cookie("GSIS_SESSION", person.userid, httponly=True)
    return answer


def _logout(gsis: Gsis, client_id: str) -> Response:
    back = request.args.get("url", "")
    if client_id != gsis.client_id or not gsis.allows(back):
        return Response("unknown client or address", 400)
    answer = _to(back, {})
    answer.delete_cookie("GSIS_SESSION")
    return answer


def _wrong_request(gsis: Gsis) -> str:
    asked = request.args
    if asked.get("client_id") != gsis.client_id:
        return "invalid_client"
    if not gsis.allows(asked.get("redirect_uri", "")):
        return "redirect_uri is not the registered one"
    if asked.get("response_type") != "code" or asked.get("scope") != "read":
        return "response_type must be code and scope read"
    return ""


def _back(gsis: Gsis, person: Citizen) -> Response:
    code = secrets.token_urlsafe(4)[:6]
    gsis.codes[code] = Grant(person, request.args["redirect_uri"])
    state = request.args.get("state")
    return _to(request.args["redirect_uri"], {"code": code, **({"state": state} if state else {})})


def _to(address: str, query: dict[str, str]) -> Response:
    if query and "state" in request.args:
        query.setdefault("state", request.args["state"])
    target = redirect(address + (f"?{urlencode(query)}" if query else ""), 302)
    assert isinstance(target, Response)
    return target


def _faulty(gsis: Gsis, step: str) -> Response | None:
    time.sleep(gsis.late.get(step, 0))
    return gsis.instead.pop(step, None)


def _token(gsis: Gsis) -> Response:
    if wrong := _faulty(gsis, "token"):
        return wrong
    form = request.form
    if (form.get("client_id"), form.get("client_secret")) != (gsis.client_id, gsis.client_secret):
        return _json({"error": "invalid_client", "error_description": "Bad credentials"}, 401)
    grant = gsis.codes.get(form.get("code", ""))
    if grant is None or grant.used or form.get("grant_type") != "authorization_code":
        return _json({"error": "invalid_grant", "error_description": "Invalid code"}, 400)
    grant.used = True
    if form.get("redirect_uri") != grant.redirect_uri:
        return _json({"error": "invalid_grant", "error_description": "Redirect mismatch"}, 400)
    made = secrets.token_urlsafe(24)
    gsis.tokens[made] = grant.person
    # Of a token that was given before, the rest of its life.
    return _json({"access_token": made, "token_type": "bearer", "expires_in": 21}, 200)


def _userinfo(gsis: Gsis) -> Response:
    if wrong := _faulty(gsis, "userinfo"):
        return wrong
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    person = gsis.tokens.get(token) if kind.lower() == "bearer" else None
    if person is None:
        return _json({"error": "invalid_token"}, 401)
    return Response(document(person), mimetype="text/xml")


def document(person: Citizen) -> str:
    told = {name: getattr(person, name) for name in Citizen.__dataclass_fields__}
    # Padded as a field of fixed width is; the width of the real ones is not documented.
    attributes = " ".join(
        f"{name}={quoteattr(value.ljust(PADDED))}" for name, value in told.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<root><userinfo {attributes}/></root>'


def _json(body: dict[str, object], status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def _by_id(gsis: Gsis, userid: str) -> Citizen | None:
    return next((each for each in gsis.people if each.userid == userid), None)


def _sign_in_page(gsis: Gsis) -> str:
    buttons = "".join(
        f'<p><button name="person" value="{escape(each.userid)}">{escape(each.name)}</button></p>'
        for each in gsis.people
    )
    return _page(
        "Είσοδος με κωδικούς TAXISnet (δοκιμαστική)",
        "<p>Δεν είναι η Γενική Γραμματεία: τίποτα δεν φεύγει από αυτόν τον υπολογιστή. "
        "Διαλέξτε ποιος μπαίνει.</p>"
        f'<form method="post">{buttons}<p><button name="deny" value="1">Άρνηση</button></p></form>',
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="el"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
