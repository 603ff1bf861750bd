"""Pages and forms; everything works without JavaScript, every form ends in a redirect."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.servers.graph import ids
from tests.servers.graph.call import Answer, Call
from tests.servers.graph.content import plain
from tests.servers.graph.mail import Mail
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.meetings import Meetings
from tests.servers.graph.outlook import week as weeks
from tests.servers.graph.outlook.texts import LANGUAGES, words
from tests.servers.graph.world import World

SHOW_AS = ("busy", "free", "tentative", "oof", "workingElsewhere")
CATEGORIES = ("Ραντεβού", "Σημαντικό", "Άδεια", "Υπηρεσιακό")
_QUARTER = timedelta(minutes=15)


def install(world: World, mail: Mail, meetings: Meetings) -> None:
    pages = Pages(world, mail, meetings)
    for method, pattern, handler in (
        ("GET", "/", pages.start),
        ("GET", "/outlook/{address}", pages.week),
        ("POST", "/outlook/{address}/events", pages.add),
        ("POST", "/outlook/{address}/events/{event}/{action}", pages.act),
        ("GET", "/mails", pages.mails),
        ("GET", "/mails/{number}", pages.mail),
        ("GET", "/teams/meet/{meeting}", pages.teams),
        ("GET", "/language/{language}", pages.language),
    ):
        world.routes.add(method, pattern, _guarded(handler), base="")


def _guarded(handler: Callable[..., Answer]) -> Callable[..., Answer]:
    """Forms of other sites are not taken; a page may not be framed."""

    def guarded(call: Call, **parts: str) -> Answer:
        if call.method == "POST" and call.headers.get("Sec-Fetch-Site") not in (
            None,
            "same-origin",
            "none",
        ):
            return Answer(403, "<p>Not from another site.</p>")
        answer = handler(call, **parts)
        answer.headers |= {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
            "form-action 'self'; frame-ancestors 'none'",
            "Referrer-Policy": "same-origin",
        }
        return answer

    return guarded


@dataclass
class Wish:
    """What a form says about time."""

    start: datetime
    end: datetime


class Pages:
    def __init__(self, world: World, mail: Mail, meetings: Meetings) -> None:
        self.world, self._mail, self._meetings = world, mail, meetings
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["time"] = lambda moment: f"{moment:%H:%M}"

    def start(self, call: Call) -> Answer:
        with self.world.lock:
            boxes = sorted(self.world.mailboxes.values(), key=lambda box: box.name)
        if chosen := call.parameter("mailbox"):
            return _go(f"/outlook/{quote(chosen)}")
        return self._page(call, "start.html", boxes=boxes)

    def week(self, call: Call, address: str, problem: str = "") -> Answer:
        with self.world.lock:
            box = self.world.mailbox(address)
            if box is None:
                return self._missing(call)
            today = self.world.clock.now().astimezone(weeks.zone(box)).date()
            day = _date(call.parameter("day")) or today
            monday = day - timedelta(days=day.weekday())
            chosen = weeks.find(box, call.parameter("event") or "")
            if call.parameter("event") and chosen is None:
                problem = "gone"
            return self._page(
                call,
                "week.html",
                status=400 if problem == "bad_times" else 200,
                box=box,
                boxes=sorted(self.world.mailboxes.values(), key=lambda one: one.name),
                week=weeks.week_of(box, monday, today),
                day=day,
                at=_time(call.parameter("at")) or time(10),
                chosen=chosen,
                body=_text(chosen),
                problem=problem,
                show_as=SHOW_AS,
                categories=CATEGORIES,
                timedelta=timedelta,
            )

    def add(self, call: Call, address: str) -> Answer:
        box, form = self.world.mailbox(address), _form(call)
        if box is None:
            return self._missing(call)
        wish = _wish(box, form)
        if wish is None:
            return self.week(call, address, problem="bad_times")
        subject = form.get("subject") or "—"
        shown = form.get("show_as") if form.get("show_as") in SHOW_AS else "busy"
        assert shown is not None
        count = int(form["weekly"]) if form.get("weekly", "").isdigit() else 1
        if 1 < count <= 52 and "all_day" not in form:
            event = box.put_series(wish.start, wish.end, count, show_as=shown, subject=subject)
            return self._back(box, wish.start.date(), "")
        all_day = "all_day" in form
        if all_day:
            local = weeks.zone(box)
            wish.start = datetime.combine(wish.start.date(), time.min, local)
            wish.end = datetime.combine(wish.start.date() + timedelta(days=1), time.min, local)
        event = box.put(wish.start, wish.end, shown, subject, all_day=all_day)
        return self._back(box, wish.start.date(), event)

    def act(self, call: Call, address: str, event: str, action: str) -> Answer:
        box, form = self.world.mailbox(address), _form(call)
        with self.world.lock:
            chosen = weeks.find(box, event) if box else None
        if box is None:
            return self._missing(call)
        if chosen is None:
            return self.week(call, address, problem="gone")
        day = chosen.start.date()
        if action == "delete":
            box.remove(event)
            return self._back(box, day, "")
        if action == "show_as" and form.get("value") in SHOW_AS:
            box.set_show_as(event, form["value"])
        elif action == "category":
            box.set_categories(event, [form["value"]] if form.get("value") else [])
        elif action in ("move", "shorten"):
            wish = _shorter(chosen) if action == "shorten" else _wish(box, form)
            if wish is None:
                return self.week(call, address, problem="bad_times")
            self._move(box, event, wish)
            day = wish.start.date()
        return self._back(box, day, event)

    def mails(self, call: Call) -> Answer:
        return self._page(call, "mails.html", mails=list(enumerate(self._mail.sent, 1)))

    def mail(self, call: Call, number: str) -> Answer:
        index = number.removesuffix(".eml")
        if not index.isdigit() or not 1 <= int(index) <= len(self._mail.sent):
            return self._missing(call)
        content = self._mail.sent[int(index) - 1].content
        return Answer(200, content, {"Content-Type": "text/plain; charset=utf-8"})

    def teams(self, call: Call, meeting: str) -> Answer:
        with self.world.lock:
            tail = f"/{meeting}"
            found = next((m for url, m in self.world.meetings.items() if url.endswith(tail)), None)
            options = self._meetings.options(found["joinUrl"]) if found else {}
            box = self.world.mailbox(found["organizer"]) if found else None
        status = 200 if found else 404
        return self._page(
            call, "teams.html", status=status, meeting=found, options=options, box=box
        )

    def language(self, call: Call, language: str) -> Answer:
        if language not in LANGUAGES:
            return self._missing(call)
        back = call.parameter("back") or "/"
        answer = _go(back if re.match(r"^/(?![/\\])", back) else "/")
        answer.headers["Set-Cookie"] = f"language={language}; Path=/; SameSite=Lax; HttpOnly"
        return answer

    def _move(self, box: Mailbox, event: str, wish: Wish) -> None:
        meant = ids.meant_by(event)
        assert meant is not None
        if meant.original is None:
            box.move(event, wish.start, wish.end)
            return
        item = box.items[meant.uid]
        index = weeks.index_in_series(item, meant.original)
        box.move_occurrence(ids.immutable_id(meant.uid), index, wish.start, wish.end)

    def _back(self, box: Mailbox, day: date, event: str) -> Answer:
        query = {"day": day.isoformat()} | ({"event": event} if event else {})
        return _go(f"/outlook/{quote(box.address)}?{urlencode(query)}")

    def _missing(self, call: Call) -> Answer:
        return self._page(call, "missing.html", status=404)

    def _page(self, call: Call, template: str, *, status: int = 200, **values: Any) -> Answer:
        language = _language(call)
        here = call.path + (f"?{call.query_string}" if call.query_string else "")
        page = self._environment.get_template(template).render(
            **values,
            t=words(language),
            lang=language,
            other=LANGUAGES[1 - LANGUAGES.index(language)],
            here=quote(here if call.method == "GET" else "/", safe=""),
            quote=lambda text: quote(text, safe=""),
        )
        return Answer(status, page)


def _go(address: str) -> Answer:
    return Answer(303, "", {"Location": address})


def _language(call: Call) -> str:
    cookie: SimpleCookie = SimpleCookie(call.headers.get("Cookie", ""))
    chosen = cookie["language"].value if "language" in cookie else ""
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def _form(call: Call) -> dict[str, str]:
    found = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0].strip() for name, values in found.items()}


def _wish(box: Mailbox, form: dict[str, str]) -> Wish | None:
    day, start, end = _date(form.get("date")), _time(form.get("from")), _time(form.get("to"))
    if day is not None and "all_day" in form:
        start, end = time(0), time(23, 45)
    if day is None or start is None or end is None or end <= start:
        return None
    local = weeks.zone(box)
    return Wish(datetime.combine(day, start, local), datetime.combine(day, end, local))


def _shorter(chosen: weeks.Shown) -> Wish | None:
    end = chosen.end - _QUARTER
    return Wish(chosen.start, end) if end > chosen.start and not chosen.all_day else None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _time(text: str | None) -> time | None:
    try:
        return time.fromisoformat(text or "")
    except ValueError:
        return None


def _text(chosen: weeks.Shown | None) -> str:
    """The event's body as text; pages of the stand-in show no foreign HTML."""
    if chosen is None or not chosen.body:
        return ""
    text = plain({"contentType": "html", "content": chosen.body})
    return re.sub(r"_{20,}", "\n", text).strip()
