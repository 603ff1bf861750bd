"""The citizen's pages with a register of taxpayers beside them, and who signs in there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from flask import Flask

from booking_web.app import create_app
from booking_web.register.gsis import Register
from mapping.model import SignIn
from tests.booking_web.citizen.visitor import HOUSING, Visitor
from tests.booking_web.desk import House, with_settings
from tests.booking_web.serving import serving
from tests.servers.gsis.app import BASE, Gsis
from tests.servers.gsis.app import create_app as gsis_app
from tests.servers.gsis.people import EFTYCHIA, Citizen

PUBLIC = "https://rantevou.example.gr"


@dataclass
class Stage:
    """The product with a register beside it."""

    app: Flask
    gsis: Gsis
    house: House

    def visitor(self) -> Visitor:
        return Visitor(self.app)


@contextmanager
def registered(house: House) -> Iterator[Gsis]:
    """A register that knows ``house``; who may sign in is a setting still."""
    gsis = Gsis(redirects=(f"{PUBLIC}/taxisnet/callback", f"{PUBLIC}/"))
    with serving(gsis_app(gsis), threads=4) as port:
        base = f"http://127.0.0.1:{port}{BASE}"
        house.desk = with_settings(
            house.desk,
            gsis_client_id=gsis.client_id,
            gsis_client_secret=gsis.client_secret,
            gsis_authorize_url=f"{base}/oauth/authorize",
            gsis_token_url=f"{base}/oauth/token",
            gsis_userinfo_url=f"{base}/userinfo?format=xml",
            gsis_logout_url=f"{base}/logout",
        )
        yield gsis


def staged(house: House, gsis: Gsis, sign_in: SignIn) -> Stage:
    house.desk = with_settings(house.desk, sign_in=sign_in)
    app = create_app(house.desk)
    app.extensions["rantevou_register"] = Register(patience=30)
    return Stage(app, gsis, house)


def at_register(
    visitor: Visitor, person: Citizen | None = EFTYCHIA, *, to: str = f"{HOUSING}/slot"
) -> str:
    """Go to the register and choose who signs in there (None: it is denied); returns path and
    query of the way back."""
    answer = visitor.client.get("/taxisnet/sign-in", query_string={"to": to})
    assert answer.status_code == 303
    return chosen(answer.headers["Location"], person)


def chosen(address: str, person: Citizen | None) -> str:
    form = {"person": person.userid} if person else {"deny": "1"}
    back = requests.post(address, data=form, allow_redirects=False, timeout=20)
    assert back.status_code == 302, back.text
    split = urlsplit(back.headers["Location"])
    assert f"{split.scheme}://{split.netloc}" == PUBLIC
    return f"{split.path}?{split.query}"


def sign_in(
    visitor: Visitor, person: Citizen = EFTYCHIA, *, to: str = f"{HOUSING}/slot"
) -> Visitor:
    return visitor.get(at_register(visitor, person, to=to))
