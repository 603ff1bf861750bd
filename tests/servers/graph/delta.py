"""calendarView/delta: what changed in a window, by opaque tokens in absolute links.

A series comes as its master and bare occurrences; what happened outside the window is told as
``@removed``; a deleted single occurrence is not told at all (facts of Microsoft's issue trackers).
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from tests.servers.graph import ids, rendering, series
from tests.servers.graph.access import calendar_of, mailbox_of
from tests.servers.graph.call import Answer, Call, GraphError
from tests.servers.graph.events import CALENDAR_PATHS
from tests.servers.graph.items import Instance
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.rendering import View
from tests.servers.graph.views import standing, window_of
from tests.servers.graph.world import World

_TOKENS_KEPT = 5000
_DEFAULT_PAGE = 10

#: One line of a round, as it is kept between pages: [uid, original date or "", what].
#: what: "full", "bare", or "gone:" with the folder's tag data.
Line = list[str]


def install(world: World) -> None:
    delta = Delta(world)
    for base in CALENDAR_PATHS:
        for name in ("delta", "delta()"):
            world.routes.add("GET", f"{base}/calendarView/{name}", delta.page)


def forget_tokens(world: World) -> None:
    """As when the service's cache overflows: every open token is lost."""
    with world.changing():
        world.tokens.clear()


class Delta:
    def __init__(self, world: World) -> None:
        self.world = world

    def page(self, call: Call, *, user: str, calendar: str | None = None) -> Answer:
        self._options(call)
        token = call.parameter("$skiptoken") or call.parameter("$deltatoken")
        with self.world.changing():
            box = mailbox_of(self.world, user)
            target = calendar_of(box, calendar)
            if token is None:
                start, end = window_of(call)
                state = {
                    "user": box.address,
                    "calendar": target,
                    "start": start.isoformat(),
                    "end": end.isoformat(),
                    "number": box.visible_number(),
                }
                lines = _everything(box, target, start, end)
            else:
                kept = self.world.tokens.get(token)
                if kept is None or (kept["user"], kept["calendar"]) != (box.address, target):
                    raise self._lost(call)
                if kept["number"] < box.log_begins:
                    raise self._lost(call)
                if call.parameter("startDateTime") and not _same_window(call, kept):
                    raise self._lost(call)
                state = {name: value for name, value in kept.items() if name != "lines"}
                if "lines" in kept:
                    lines = kept["lines"]
                else:
                    lines = _changes(box, state)
                    state["number"] = box.visible_number()
            return self._answer(call, box, state, lines)

    def _answer(self, call: Call, box: Mailbox, state: dict[str, Any], lines: list[Line]) -> Answer:
        preferred = call.prefer.get("odata.maxpagesize", "")
        size = int(preferred) if preferred.isdigit() and int(preferred) else _DEFAULT_PAGE
        view = rendering.view_of(call, box, options=False)
        start, end = (datetime.fromisoformat(state[name]) for name in ("start", "end"))
        cut = _page_end(lines, size)
        shown = [_shown(box, state["calendar"], line, view, (start, end)) for line in lines[:cut]]
        rest = lines[cut:]
        body: dict[str, Any] = {
            "@odata.context": f"{self.world.base_url}/$metadata#Collection(event)",
            "value": [one for one in shown if one is not None],
        }
        link = f"{self.world.base_url}{call.path}"
        if rest:
            token = self._keep(state | {"lines": rest})
            body["@odata.nextLink"] = f"{link}?$skiptoken={token}"
        else:
            body["@odata.deltaLink"] = f"{link}?$deltatoken={self._keep(state)}"
        return Answer(200, body, rendering.applied(call))

    def _keep(self, state: dict[str, Any]) -> str:
        token = secrets.token_urlsafe(24)
        self.world.tokens[token] = state
        while len(self.world.tokens) > _TOKENS_KEPT:
            del self.world.tokens[next(iter(self.world.tokens))]
        return token

    def _options(self, call: Call) -> None:
        known = ("startDateTime", "endDateTime", "$skiptoken", "$deltatoken")
        for given, _ in call.query:
            if given.lower().removeprefix("$") not in {n.lower().removeprefix("$") for n in known}:
                raise GraphError(
                    400,
                    "ErrorInvalidUrlQuery",
                    "The following parameters are not supported with change tracking over the"
                    f" 'CalendarView' resource: '{given}'.",
                )
        if call.parameter("$skiptoken") is not None and call.parameter("$deltatoken") is not None:
            raise GraphError(400, "ErrorInvalidUrlQuery", "One token at a time.")

    def _lost(self, call: Call) -> GraphError:
        status, code = self.world.switches.sync_state_lost.split(" ", 1)
        headers = {}
        if status == "410":
            headers["Location"] = f"{self.world.base_url}{call.path}?$deltatoken="
        if code == "Location only":
            code = "Gone"
        return GraphError(
            int(status),
            code,
            "The sync state generation is not found; continuing from this token is not possible.",
            headers=headers,
        )


def _same_window(call: Call, kept: dict[str, Any]) -> bool:
    start, end = window_of(call)
    return (start.isoformat(), end.isoformat()) == (kept["start"], kept["end"])


def _everything(box: Mailbox, calendar: str, start: datetime, end: datetime) -> list[Line]:
    """First round: singles, and each series with an occurrence in the window, in one piece."""
    found: dict[str, list[Line]] = {}
    for one in standing(box, calendar, start, end):
        if one.original is not None:
            found.setdefault(one.item.uid, [[one.item.uid, "", "full"]])
        found.setdefault(one.item.uid, []).append(_line(one))
    return [line for lines in found.values() for line in lines]


def _page_end(lines: list[Line], size: int) -> int:
    """A series is never split over pages (docs issue 4501, by experiment)."""
    end = min(size, len(lines))
    while end < len(lines) and lines[end][0] == lines[end - 1][0]:
        end += 1
    return end


def _changes(box: Mailbox, state: dict[str, Any]) -> list[Line]:
    """What happened since the token, once per event, in order of the last change."""
    start, end = (datetime.fromisoformat(state[name]) for name in ("start", "end"))
    until = box.visible_number()
    latest: dict[str, list[dict[str, Any]]] = {}
    for entry in box.log:
        if not state["number"] < entry["number"] <= until:
            continue
        if entry["calendar"] == state["calendar"]:
            entries = latest.pop(entry["uid"], [])
            latest[entry["uid"]] = [*entries, entry]
    lines: list[Line] = []
    for uid, entries in latest.items():
        lines += _of_one(box, state["calendar"], uid, entries, (start, end))
    return lines


def _of_one(
    box: Mailbox,
    calendar: str,
    uid: str,
    entries: list[dict[str, Any]],
    window: tuple[datetime, datetime],
) -> list[Line]:
    item = box.items.get(uid)
    gone = f"gone:{entries[-1]['calendar']}:{entries[-1]['moves']}"
    if item is None or item.calendar != calendar:
        return [[uid, "", gone]]
    found = series.instances(item, *window)
    if item.recurrence is None:
        return [[uid, "", "full"]] if found else [[uid, "", gone]]
    whole = [entry for entry in entries if not entry["occurrence"]]
    if whole:
        if not found:
            return [[uid, "", gone], *_vanished(box, whole, gone)]
        return [[uid, "", "full"], *(_line(one) for one in found), *_vanished(box, whole, gone)]
    return _of_occurrences(box, uid, entries, found, gone)


def _of_occurrences(
    box: Mailbox, uid: str, entries: list[dict[str, Any]], found: list[Instance], gone: str
) -> list[Line]:
    """Only single occurrences of the series were touched."""
    switches = box.world.switches
    here = {one.original.isoformat(): one for one in found if one.original}
    master: Line = [uid, "", "full"]
    lines: list[Line] = []
    for day, kind in {entry["original"]: entry["occurrence"] for entry in entries}.items():
        if kind == "removed":
            told = {"nothing": [], "master": [master], "removed": [[uid, day, gone]]}
            lines += told[switches.delta_deleted_occurrence]
        elif day not in here:
            lines.append([uid, day, gone])
        elif switches.delta_exception == "whole_series":
            return [master, *(_line(one) for one in found)]
        elif switches.delta_exception == "with_master":
            lines += [master, _line(here[day])]
        else:
            lines.append(_line(here[day]))
    return lines


def _vanished(box: Mailbox, entries: list[dict[str, Any]], gone: str) -> list[Line]:
    if box.world.switches.delta_shrunk_series == "silent":
        return []
    return [[entry["uid"], day, gone] for entry in entries for day in entry["vanished"]]


def _line(one: Instance) -> Line:
    if one.original is None:
        return [one.item.uid, "", "full"]
    return [one.item.uid, one.original.isoformat(), "full" if one.exception else "bare"]


def _shown(
    box: Mailbox,
    calendar: str,
    line: Line,
    view: View,
    window: tuple[datetime, datetime],
) -> dict[str, Any] | None:
    """As things are when the page is asked for; None for what has gone since."""
    uid, day, what = line
    original = date.fromisoformat(day) if day else None
    if what.startswith("gone:"):
        _, folder, moves = what.rsplit(":", 2)
        shown_id = (
            ids.immutable_id(uid, original)
            if view.immutable
            else ids.plain_id(uid, folder, int(moves), original)
        )
        return {
            "@odata.type": "#microsoft.graph.event",
            "id": shown_id,
            "@removed": {"reason": "deleted"},
        }
    item = box.items.get(uid)
    if item is None or item.calendar != calendar:
        return None
    kind = {"@odata.type": "#microsoft.graph.event"}
    if original is None:
        return kind | rendering.as_graph(box, item, view)
    one = series.instance_of(item, original)
    if one is None or not one.touches(*window):
        return None
    if what == "bare" and not one.exception:
        return rendering.bare(box, one, view)
    return kind | rendering.instance_as_graph(box, one, view)
