"""A browser without pixels: follows forms as a person would, with their hidden fields."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.booking_web.desk import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_of(page: TestResponse) -> str:
    found = _TOKEN.search(page.text)
    assert found, "the page has no form"
    return unescape(found.group(1))


def without_tokens(page: TestResponse) -> str:
    """The page as it would be in any other second: a token tells when it was made."""
    return _TOKEN.sub("", page.text)


def sign_in(
    client: FlaskClient, user: str, *, area: str = "/staff/", password: str = PASSWORD, to: str = ""
) -> TestResponse:
    page = client.get(f"{area}sign-in" + (f"?to={to}" if to else ""))
    values = {"csrf_token": token_of(page), "user": user, "password": password, "to": to}
    return client.post(f"{area}sign-in", data=values)


def press(client: FlaskClient, page_url: str, action: str, **values: str) -> TestResponse:
    """Post the form ``action`` of a page, with that page's token."""
    page = client.get(page_url)
    assert f'action="{action}"' in page.text, f"{page_url} has no form for {action}"
    return client.post(action, data={"csrf_token": token_of(page), **values})
