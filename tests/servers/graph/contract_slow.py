"""The last word on what keeps to Microsoft's contract, and the words for what does not.

Imported only where the quick judge hesitates: openapi-core takes a second to import.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.servers.graph.call import Answer, Call
from tests.servers.graph.deliveries import Delivery

_HOST = "https://graph.microsoft.com"


@dataclass
class _Asked:
    """A request as openapi-core wants to see it."""

    method: str
    path: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None
    host_url: str = _HOST


@dataclass
class _Called:
    """What Graph sends, likewise; having a name is what tells it from a request."""

    method: str
    name: str
    parameters: RequestParameters
    content_type: str
    body: bytes | None


@dataclass
class _Answered:
    status_code: int
    content_type: str
    data: bytes | None
    headers: Headers = field(default_factory=Headers)


class Slow:
    def __init__(self, described: dict[str, Any]) -> None:
        whole = described | {"servers": [{"url": f"{_HOST}/v1.0"}]}
        self._openapi = OpenAPI.from_dict(whole, config=Config(spec_validator_cls=None))

    def request(self, call: Call) -> Iterable[str]:
        yield from map(_reason, self._openapi.iter_apicall_request_errors(_asked(call)))

    def answer(self, call: Call, answer: Answer) -> Iterable[str]:
        content, kind = answer.encoded()
        answered = _Answered(answer.status, kind.lower(), content or None, Headers(answer.headers))
        if answer.status in (202, 204) and content:
            yield "an answer without content has some"
        for error in self._openapi.iter_apicall_response_errors(_asked(call), answered):
            if not isinstance(error, PathError):  # the request has been blamed for that
                yield _reason(error)

    def notification(self, delivery: Delivery) -> Iterable[str]:
        body = json.dumps({"value": delivery.notifications}).encode()
        called = _Called(
            "post", "changeNotification", RequestParameters(), "application/json", body
        )
        yield from map(_reason, self._openapi.iter_webhook_request_errors(called))


def _asked(call: Call) -> _Asked:
    return _Asked(
        method=call.method.lower(),
        path="/v1.0" + unquote(call.path),
        parameters=RequestParameters(
            query=ImmutableMultiDict(call.query), header=Headers(call.headers)
        ),
        content_type=call.headers.get("Content-Type", "").lower(),
        body=call.body or None,
    )


def _reason(error: BaseException) -> str:
    """What the schema said, and where; openapi-core's own words where it said nothing."""
    causes, one = [str(error)[:200]], error.__cause__
    while one is not None:
        for detail in getattr(one, "schema_errors", ()):
            place = "/".join(str(part) for part in detail.absolute_path)
            causes.append(f"{place or 'whole body'}: {detail.message[:300]}")
        one = one.__cause__
    return causes[0] if len(causes) == 1 else " | ".join(dict.fromkeys(causes[1:]))
