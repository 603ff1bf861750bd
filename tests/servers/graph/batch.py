"""JSON batching: up to 20 requests in one, four at a time, with ``dependsOn``."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from tests.servers.graph.call import Answer, Call, Dropped, GraphError
from tests.servers.graph.world import World

AT_MOST = 20
#: Outlook runs so many requests of one batch at the same time.
_AT_ONCE = 4
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})

Entry = dict[str, Any]


def install(world: World) -> None:
    world.routes.add("POST", "/$batch", lambda call: _answer(world, call))


def _answer(world: World, call: Call) -> Answer:
    entries = call.json().get("requests")
    if not isinstance(entries, list) or not entries:
        raise _bad("Invalid batch payload format.")
    if len(entries) > AT_MOST:
        raise _bad(f"Number of batch request steps exceeds the maximum value of {AT_MOST}.")
    for entry in entries:
        _check(entry)
    names = [entry["id"].lower() for entry in entries]
    if len(set(names)) != len(names):
        raise _bad("Request ids must be unique within a batch.")
    known = set()
    for entry in entries:
        for other in entry.get("dependsOn") or ():
            if other not in known:
                raise _bad("dependsOn must name ids of requests that stand before it.")
        known.add(entry["id"])
    done = _in_waves(world, call, entries)
    return Answer(200, {"responses": [done[entry["id"]] for entry in entries]})


def _check(entry: Any) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise _bad("Each request of a batch needs an id of type string.")
    if str(entry.get("method", "")).upper() not in _METHODS:
        raise _bad(f"Request '{entry['id']}': the method is missing or not supported.")
    url = entry.get("url")
    if not isinstance(url, str) or not url or urlsplit(url).scheme:
        raise _bad(f"Request '{entry['id']}': a relative url is needed.")
    headers = {str(name).lower() for name in entry.get("headers") or {}}
    if "body" in entry and "content-type" not in headers:
        raise _bad(f"Request '{entry['id']}': a body needs the header Content-Type.")
    unknown = set(entry) - {"id", "method", "url", "headers", "body", "dependsOn"}
    if unknown:
        raise _bad(f"Request '{entry['id']}': unknown property {min(unknown)}.")


def _in_waves(world: World, call: Call, entries: list[Entry]) -> dict[str, Entry]:
    """Whatever depends on nothing unanswered runs together; who depends on a failure fails."""
    done: dict[str, Entry] = {}
    left = list(entries)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="graph-batch") as pool:
        while left:
            ready = [e for e in left if all(d in done for d in e.get("dependsOn") or ())]
            left = [entry for entry in left if entry not in ready]
            failed = {name for name, answer in done.items() if answer["status"] >= 400}
            for entry in ready:
                if failed & set(entry.get("dependsOn") or ()):
                    done[entry["id"]] = _failed_dependency(entry)
            run = [entry for entry in ready if entry["id"] not in done]
            for entry, answer in zip(
                run, pool.map(lambda e: _one(world, call, e), run), strict=True
            ):
                done[entry["id"]] = answer
    return done


def _one(world: World, outer: Call, entry: Entry) -> Entry:
    split = urlsplit(entry["url"])
    headers = Headers({"Authorization": outer.headers.get("Authorization", "")})
    for name, value in (entry.get("headers") or {}).items():
        headers[name] = str(value)
    inner = Call(
        method=entry["method"].upper(),
        path="/" + split.path.lstrip("/"),
        query_string=split.query,
        headers=headers,
        body=_body(entry),
        base=outer.base,
        in_batch=True,
    )
    try:
        answer = world.dispatch(inner)
    except Dropped:  # a connection inside a batch is the service's own: it ends in an error
        answer = world.error_answer(inner, GraphError(504, "GatewayTimeout", "No answer in time."))
    content, kind = answer.encoded()
    told: Entry = {"id": entry["id"], "status": answer.status, "headers": dict(answer.headers)}
    if content:
        told["headers"]["Content-Type"] = kind
        is_json = kind.startswith("application/json")
        told["body"] = json.loads(content) if is_json else base64.b64encode(content).decode()
    return told


def _body(entry: Entry) -> bytes:
    body = entry.get("body")
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _failed_dependency(entry: Entry) -> Entry:
    error = {"code": "FailedDependency", "message": "A request it depends on has failed."}
    return {
        "id": entry["id"],
        "status": 424,
        "headers": {"Content-Type": "application/json"},
        "body": {"error": error},
    }


def _bad(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
