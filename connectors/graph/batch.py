"""Several small requests in one (Graph, json-batching.md); the SDK's own batch sends wrong bodies.

Outlook works on four requests of a batch at a time, so that it saves journeys, not limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.deadline import Deadline
from connectors.errors import ConnectorError, TryLater
from connectors.graph import errors
from connectors.graph.client import PREFER, GraphClient, json_request

#: Requests in one batch.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch. ``path`` is relative to the base URL and percent-encoded."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def told(self, number: int) -> dict[str, Any]:
        headers = {"Prefer": ", ".join(PREFER), **self.headers}
        told: dict[str, Any] = {"id": str(number), "method": self.method, "url": self.path}
        if self.body is not None:
            told["body"] = self.body
            headers["Content-Type"] = "application/json"
        return told | {"headers": headers}


def send(
    client: GraphClient, parts: Sequence[Part], *, writing: bool, deadline: Deadline
) -> list[dict[str, Any] | ConnectorError | None]:
    """The body of each answer in the order of ``parts``; an error of one is its value.

    Raises what ``GraphClient.request`` raises where a whole batch fails.
    """
    answers: list[dict[str, Any] | ConnectorError | None] = []
    for first in range(0, len(parts), MOST):
        answers += _one(client, parts[first : first + MOST], writing, deadline)
    return answers


def _one(
    client: GraphClient, parts: Sequence[Part], writing: bool, deadline: Deadline
) -> Iterator[dict[str, Any] | ConnectorError | None]:
    body = {"requests": [part.told(number) for number, part in enumerate(parts)]}
    answer = client.request(
        lambda graph: json_request("POST", "{+baseurl}/$batch", {}, body),
        mailbox="",
        deadline=deadline,
        writing=writing,
    )
    by_id: dict[str, Mapping[str, Any]] = {}
    for each in answer.json.get("responses") or ():
        by_id[str(each.get("id"))] = each
    for number in range(len(parts)):
        yield _judged(client, by_id.get(str(number)), writing)


def _judged(
    client: GraphClient, each: Mapping[str, Any] | None, writing: bool
) -> dict[str, Any] | ConnectorError | None:
    if each is None:
        return TryLater("the batch has no answer to this request", outcome_unknown=writing)
    status, body = int(each.get("status", 0)), each.get("body")
    if 200 <= status < 300:
        return body if isinstance(body, dict) else None
    headers = {name.lower(): value for name, value in (each.get("headers") or {}).items()}
    wait = client.slow_down(status, headers.get("retry-after"))
    error = body.get("error") if isinstance(body, dict) else None
    code = str(error.get("code") or "") if isinstance(error, dict) else ""
    return errors.from_answer(status, code, writing=writing, retry_after=wait)
