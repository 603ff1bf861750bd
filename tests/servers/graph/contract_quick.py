"""Says at once of most requests and answers that they keep to the contract, in a tenth of a ms.

openapi-core needs 3 to 15 ms for each, which is more than the stand-in itself. Here the schemas
are compiled once; "no" only means that openapi-core has to be asked, which also has the words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
from werkzeug.datastructures import Headers

from tests.servers.graph.call import Answer, Call
from tests.servers.graph.deliveries import Delivery

_METHODS = ("get", "post", "patch", "delete")
_JSON = "application/json"


@dataclass
class _Operation:
    """Schemas of one method of one path, compiled when they are first needed."""

    described: dict[str, Any]
    parameters: list[dict[str, Any]]
    #: Query options without their dollar sign; True for those that the documentation refuses.
    options: dict[str, bool] = field(default_factory=dict)


@dataclass
class _Path:
    exactly: re.Pattern[str]
    loosely: re.Pattern[str]  #: whatever the case
    operations: dict[str, _Operation]


class Quick:
    """``described`` is the OpenAPI document (3.1: its schemas are those of JSON Schema)."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._document = described
        self._paths = [
            _path(template, described["paths"][template])
            for template in sorted(described["paths"], key=lambda path: path.count("{"))
        ]
        self._validators: dict[int, Any] = {}

    def request(self, call: Call) -> bool:
        """Whether the request surely keeps to the contract; query options are not looked at."""
        operation = self._operation(call)
        return (
            operation is not None
            and all(self._parameter_fits(each, call) for each in operation.parameters)
            and self._body_fits(operation.described.get("requestBody"), call)
        )

    def answer(self, call: Call, answer: Answer) -> bool:
        """Whether the answer surely keeps to the contract."""
        operation = self._operation(call)
        if operation is None:
            return False
        responses = operation.described["responses"]
        status = str(answer.status)
        found = responses.get(status, responses.get(f"{status[0]}XX"))
        if found is None:
            return False
        found = self._resolved(found)
        if not self._headers_fit(found.get("headers", {}), answer):
            return False
        content, kind = answer.encoded()
        if not found.get("content"):
            return not content
        return bool(content) and self._content_fits(found["content"], kind, content)

    def notification(self, delivery: Delivery) -> bool:
        body = self._document["webhooks"]["changeNotification"]["post"]["requestBody"]
        return self._fits(body["content"][_JSON]["schema"], {"value": list(delivery.notifications)})

    def options(self, call: Call) -> dict[str, bool]:
        """Query options of the operation, whatever the case of its path."""
        path = unquote(call.path)
        for each in self._paths:
            if each.loosely.fullmatch(path):
                found = each.operations.get(call.method.lower())
                return found.options if found is not None else {}
        return {}

    def _operation(self, call: Call) -> _Operation | None:
        path = unquote(call.path)
        for each in self._paths:
            if each.exactly.fullmatch(path):
                return each.operations.get(call.method.lower())
        return None

    def _parameter_fits(self, described: dict[str, Any], call: Call) -> bool:
        schema, name = described["schema"], described["name"]
        if described["in"] == "path":  # the pattern of the path wants a character
            return bool(schema["type"] == "string")
        if described["in"] == "header":
            return bool(schema == {"type": "string"})
        given = [value for key, value in call.query if key == name]
        if not given:
            return not described.get("required")
        if len(given) > 1 or not given[0]:
            return False
        value = _deserialised(given[0], described)
        return value is not None and self._fits(schema, value)

    def _headers_fit(self, described: dict[str, Any], answer: Answer) -> bool:
        given = Headers(answer.headers)
        for name, header in described.items():
            if name not in given:
                if header.get("required"):
                    return False
                continue
            value = _deserialised(given[name], header)
            if value is None or not self._fits(header["schema"], value):
                return False
        return True

    def _body_fits(self, described: dict[str, Any] | None, call: Call) -> bool:
        if described is None:
            return True
        described = self._resolved(described)
        if not call.body:
            return not described.get("required")
        kind = call.headers.get("Content-Type", "")
        return self._content_fits(described["content"], kind, call.body)

    def _content_fits(self, described: dict[str, Any], kind: str, content: bytes) -> bool:
        if kind.lower().partition(";")[0].strip() != _JSON or _JSON not in described:
            return False
        try:
            value = json.loads(content)
        except ValueError:
            return False
        return self._fits(described[_JSON]["schema"], value)

    def _fits(self, schema: dict[str, Any], value: Any) -> bool:
        validator = self._validators.get(id(schema))
        if validator is None:
            whole = {**schema, "components": self._document["components"]}
            validator = self._validators[id(schema)] = jsonschema_rs.Draft202012Validator(whole)
        try:
            return bool(validator.is_valid(value))
        except ValueError:  # a number that JSON has no word for
            return False

    def _resolved(self, described: dict[str, Any]) -> dict[str, Any]:
        while reference := described.get("$ref"):
            described = self._document
            for part in reference.removeprefix("#/").split("/"):
                described = described[part]
        return described


def _operations(item: dict[str, Any]) -> Iterator[tuple[str, _Operation]]:
    for method in _METHODS:
        if method not in item:
            continue
        parameters = item[method].get("parameters", []) + item.get("parameters", [])
        options = {
            one["name"].lower().removeprefix("$"): "x-documented-unsupported" in one
            for one in parameters
            if one.get("in") == "query"
        }
        yield method, _Operation(item[method], parameters, options)


def _path(template: str, item: dict[str, Any]) -> _Path:
    pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
    return _Path(re.compile(pattern), re.compile(pattern, re.IGNORECASE), dict(_operations(item)))


def _deserialised(text: str, described: dict[str, Any]) -> Any:
    """None where it takes more than a look."""
    kind = described["schema"].get("type")
    if kind == "string":
        return text
    if kind == "integer" and re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "array" and (described.get("style"), described.get("explode")) == ("form", False):
        return text.split(",")
    return None
