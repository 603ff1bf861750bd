"""A visitor without JavaScript: follows links, fills in forms, reads what the page says."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
from flask import Flask
from werkzeug.test import TestResponse

HOUSING = "/d/kalamata/housing-benefit/in_person"
#: Details that pass every check.
MARIA = {"onoma": "Μαρία Παππά", "email": "maria.pappa@example.gr", "tilefono": "690 123 4567"}


class Visitor:
    """One browser. ``page`` is the last answer, after redirects."""

    def __init__(self, app: Flask, **client: Any) -> None:
        self.client = app.test_client(**client)
        self.page: TestResponse = None  # type: ignore[assignment]
        self.url = "/"

    # What is seen.

    @property
    def status(self) -> int:
        return self.page.status_code

    @property
    def html(self) -> Any:
        return lxml.html.fromstring(self.page.text)

    @property
    def text(self) -> str:
        """Words of the page's body, spaces made plain."""
        return re.sub(r"\s+", " ", str(self.html.body.text_content()).replace("\u00a0", " "))

    @property
    def heading(self) -> str:
        return " ".join(self.html.find(".//h1").text_content().split())

    @property
    def title(self) -> str:
        return str(self.html.findtext(".//title"))

    def errors(self) -> dict[str, str]:
        """The error summary: field → message."""
        links = self.html.cssselect(".rv-error-summary li a")
        return {link.get("href").lstrip("#"): link.text_content() for link in links}

    def times(self) -> list[str]:
        return [each.get("value") for each in self.html.cssselect("#ores input[name=ora]")]

    # What is done.

    def get(self, url: str) -> Visitor:
        return self._took(self.client.get(url), url)

    def follow(self, words: str) -> Visitor:
        """Click the first link with these words."""
        for link in self.html.iter("a"):
            if words in " ".join(link.text_content().split()):
                return self.get(urljoin(self.url, link.get("href").split("#")[0]))
        raise AssertionError(f"no link {words!r} at {self.url}: {self.text[:600]}")

    def press(self, words: str, **fields: str) -> Visitor:
        """Fill in the form of the button with these words, and press it."""
        form, button = self._pressed(words)
        values: dict[str, str] = dict(form.form_values())
        values.update(fields)
        target = button.get("formaction") or form.get("action")
        action = urljoin(self.url, target or self.url)
        if (form.get("method") or "get").lower() == "get":
            return self._took(self.client.get(action.split("?")[0], query_string=values), action)
        return self._took(self.client.post(action, data=values), action)

    def _form_of(self, words: str) -> Any:
        return self._pressed(words)[0]

    def _pressed(self, words: str) -> tuple[Any, Any]:
        for form in self.html.forms:
            for button in form.iter("button"):
                if words in button.text_content():
                    return form, button
        raise AssertionError(f"no button {words!r} at {self.url}: {self.text[:600]}")

    def _took(self, answer: TestResponse, url: str) -> Visitor:
        for _ in range(6):
            self.page, self.url = answer, url
            if answer.status_code not in {302, 303}:
                return self
            url = urljoin(url, answer.headers["Location"])
            split = urlsplit(url)
            answer = self.client.get(split.path + (f"?{split.query}" if split.query else ""))
        raise AssertionError(f"redirects without end at {url}")

    # Whole stretches of the way.

    def at_calendar(self, *, receives: bool = False) -> Visitor:
        """From the front page to Kalamata's calendar of the housing benefit."""
        self.get("/").press("Συνέχεια", dimos="kalamata")
        self.press("Συνέχεια", omada="social-care")
        self.press("Συνέχεια", ypiresia="housing-benefit")
        self.press("Συνέχεια", kanali="in_person")
        if not receives:
            return self.press("Συνέχεια", apantisi="no-first-time")
        return self.press("Συνέχεια", apantisi="yes-already").press("Συνέχεια", epivevaiosi="1")

    def at_details(self, *, time: str = "", receives: bool = False) -> Visitor:
        self.at_calendar(receives=receives)
        return self.press("Συνέχεια", ora=time or self.times()[0])

    def at_check(self, **changes: str) -> Visitor:
        return self.at_details().press("Συνέχεια", **{**MARIA, "synainesi": "1", **changes})

    def booked(self) -> str:
        """Book; returns the reference."""
        self.at_check().press("Κράτηση")
        return self.reference

    @property
    def reference(self) -> str:
        found = re.search(r"/booking/([^/?]+)", self.url)
        assert found, (self.url, self.text[:600])
        return found[1]
