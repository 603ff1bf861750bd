"""The stand-in as a WSGI application: requests become calls, answers become bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any

from werkzeug.datastructures import EnvironHeaders, Headers

from tests.servers.graph.call import Answer, Call, Dropped
from tests.servers.graph.serving import hang_up
from tests.servers.graph.world import World

StartResponse = Callable[..., Any]


class App:
    """``/v1.0/…`` is Graph; everything else are pages beside it (routes with base "")."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        call = _call(environ)
        try:
            answer = self.world.dispatch(call)
        except Dropped:
            hang_up(environ)
        return _send(answer, environ, start_response)


def _call(environ: dict[str, Any]) -> Call:
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"]
    path = target.partition("?")[0]
    base = "/v1.0" if path.lower().startswith("/v1.0/") else ""
    ends = environ.get("wsgi.input_terminated")  # a chunked body tells its own end
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Call(
        method=environ["REQUEST_METHOD"],
        path=path[len(base) :],
        query_string=environ.get("QUERY_STRING", ""),
        headers=Headers(list(EnvironHeaders(environ))),
        body=environ["wsgi.input"].read(*([] if ends else [length])) if ends or length else b"",
        base=base,
    )


def _send(
    answer: Answer, environ: dict[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    body, kind = answer.encoded()
    headers = {"Content-Length": str(len(body)), "Cache-Control": "no-cache"}
    if kind:
        headers["Content-Type"] = kind
    headers |= answer.headers
    start_response(f"{answer.status} {responses.get(answer.status, 'Unknown')}", [*headers.items()])
    if environ["REQUEST_METHOD"] == "HEAD":
        return
    if answer.cut_at is None:
        yield body
        return
    yield body[: answer.cut_at]
    hang_up(environ)
