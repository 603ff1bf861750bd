"""Walks to every page of a seeded product and keeps what the server answered, in both languages.

A *scene* is a function that walks and calls ``see``: one line for each page or state of a page.
What was seen is looked at again without the product, by a browser (``replay``) and by the checker
of HTML.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from booking import outbox
from booking.messages import OutgoingMail
from booking.tasks import OfficeTask, open_tasks
from booking_web.app import create_app
from connectors.deadline import Deadline
from tests.booking_web.citizen.visitor import Visitor
from tests.booking_web.desk import PASSWORD, House, house

LANGUAGES = ("el", "en")


@dataclass(frozen=True)
class View:
    """One page in one language, as the server answered it."""

    name: str  #: as in the scene, unique: "slot-taken"
    language: str
    endpoint: str  #: the route of a page that was got; empty for an answer to a form, or an error
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def file(self) -> str:
        return f"{self.name}.{self.language}"

    @property
    def html(self) -> Any:
        return lxml.html.fromstring(self.body.decode())


class Remembering(FlaskClient):
    """Knows the last request, so that its page can be had in another language."""

    last: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self.last = (args, kwargs)
        return super().open(*args, **kwargs)


class Post:
    """A mail server that keeps everything."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMail] = []

    def send(self, message: OutgoingMail, *, deadline: Deadline) -> None:
        self.sent.append(message)


@dataclass
class Stage:
    """A product of its own for one scene, and what was seen there."""

    house: House
    app: Flask
    views: list[View] = field(default_factory=list)
    post: Post = field(default_factory=Post)

    def visitor(self, network: str = "127.0.0.1") -> Visitor:
        one = Visitor(self.app)
        one.client.environ_base["REMOTE_ADDR"] = network
        return one

    def office(self, user: str, *, area: str = "/staff/") -> Visitor:
        """Somebody who is signed in: "staff-kalamata", "staff-kavala", "admin"."""
        one = self.visitor().get(f"{area}sign-in")
        one.press("Σύνδεση", user=user, password=PASSWORD)
        assert one.status == 200, one.text
        return one

    def see(self, name: str, at: Visitor, *, status: int = 200, once: bool = False) -> None:
        """Keep the page that ``at`` stands on, as ``name``, in Greek and in English.

        For English the last request is sent again; ``once`` where it cannot be: Greek only."""
        assert at.status == status, (name, at.status, at.url, at.text[:300])
        answers = {"el": at.page}
        if not once:
            answers["en"] = self._in_english(at.client)
        got = at.page.request.method == "GET"
        endpoint = self._endpoint(at.url) if got else ""
        for language, answer in answers.items():
            assert answer.status_code == status, (name, language, answer.status_code)
            headers = tuple((key, value) for key, value in answer.headers if key != "Set-Cookie")
            self.views.append(View(name, language, endpoint, status, headers, answer.data))

    def _in_english(self, client: Any) -> TestResponse:
        args, kwargs = client.last
        client.get("/page/accessibility?lang=en")
        answer: TestResponse = client.open(*args, **kwargs)
        client.get("/page/accessibility?lang=el")
        client.last = (args, kwargs)
        return answer

    def _endpoint(self, url: str) -> str:
        try:
            return str(self.app.url_map.bind("x").match(urlsplit(url).path)[0])
        except HTTPException:
            return ""

    # What happens outside the pages.

    def work(self, *, seconds: float = 31) -> None:
        """The calendars are read, and what is owed is carried out."""
        self.house.read_calendars()
        self.house.clock.forward(seconds=seconds)
        self.house.read_calendars()
        for _ in range(3):
            outbox.drain(self.house.desk, mailer=self.post, limit=100, deadline=Deadline.after(60))
            self.house.clock.forward(seconds=1)

    def tasks(self, municipality: str | None = None) -> list[OfficeTask]:
        return list(open_tasks(self.house.desk, municipality=municipality))


Scene = Callable[[Stage], None]
Edit = Callable[[str], str]
#: All scenes by name, in the order of the files, with how their mapping files differ.
SCENES: dict[str, tuple[Scene, Edit]] = {}


def scene(walk: Scene) -> Scene:
    """Registers a scene; its function's name is its own."""
    return scene_where(str)(walk)


def scene_where(edit: Edit) -> Callable[[Scene], Scene]:
    """A scene in municipalities whose sample files were changed by ``edit``."""

    def register(walk: Scene) -> Scene:
        SCENES[walk.__name__] = (walk, edit)
        return walk

    return register


def play(name: str) -> list[View]:
    """The views of one scene, on a product of its own. Same pages every time: its clock stands."""
    walk, edit = SCENES[name]
    with _stage(edit) as stage:
        walk(stage)
        return stage.views


def remembering(app: Flask) -> Flask:
    app.test_client_class = Remembering
    return app


class _stage:  # noqa: N801  (used like a function)
    def __init__(self, edit: Edit) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.edit = edit

    def __enter__(self) -> Stage:
        self.house = house(Path(self.folder.name), edit=self.edit)
        return Stage(self.house, remembering(create_app(self.house.desk)))

    def __exit__(self, *_: object) -> None:
        self.house.desk.store.close()
        self.folder.cleanup()


def play_all() -> Iterator[View]:
    for name in SCENES:
        yield from play(name)
