"""Everything under /notifications/ on the TLS port goes on to the product, which speaks http."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from tests.servers.graph.authority import TokenAuthority

PREFIX = "/notifications/"
_SECONDS = 15.0
_NOT_PASSED_ON = frozenset(
    {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"}
)


def forward(request: Request, target: str) -> Response:
    """The product's own answer, or 502 where it does not answer. ``target``: "http://host:port".

    The path and the query go on as they came: a validation token must not be encoded anew.
    """
    place = urlsplit(target)
    connection = http.client.HTTPConnection(
        place.hostname or "127.0.0.1", place.port or 80, timeout=_SECONDS
    )
    headers = {name: value for name, value in request.headers if name.lower() not in _NOT_PASSED_ON}
    headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": request.host}
    try:
        connection.request(
            request.method, _raw_target(request), body=request.get_data() or None, headers=headers
        )
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return Response("the product does not answer", 502, mimetype="text/plain")
    finally:
        connection.close()
    kept = [
        (name, value) for name, value in answer.getheaders() if name.lower() not in _NOT_PASSED_ON
    ]
    return Response(body, answer.status, kept)


def _raw_target(request: Request) -> str:
    raw = str(request.environ.get("RAW_URI") or request.environ["REQUEST_URI"])
    split = urlsplit(raw)
    return split.path + (f"?{split.query}" if split.query else "")


class TlsFront:
    """The application on the TLS port: Entra's endpoints, and the way to the product."""

    def __init__(self, authority: TokenAuthority, *, forward_to: str = "") -> None:
        self.authority = authority
        self.forward_to = forward_to.rstrip("/")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        answer: Response | None = None
        if request.path.startswith(PREFIX) and self.forward_to:
            answer = forward(request, self.forward_to)
        else:
            answer = self.authority.respond(request)
        if answer is None:
            text = "This stands for Microsoft Entra (token endpoint). It is not Microsoft.\n"
            answer = Response(text, 404, mimetype="text/plain")
        return answer(environ, start_response)
