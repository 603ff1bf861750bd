"""The description is valid OpenAPI 3.1 and tells all that the blueprint routes."""

from __future__ import annotations

import re

from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from booking_web.api import blueprint
from booking_web.api.description import description


def test_it_is_valid_openapi() -> None:
    errors = list(OpenAPIV31SpecValidator(description()).iter_errors())  # type: ignore[arg-type]
    assert errors == []


def test_it_describes_each_route_and_no_other() -> None:
    app = Flask("test")
    app.register_blueprint(blueprint)
    routed = {
        (method.lower(), re.sub(r"<[a-z_]+>", "{}", rule.rule.removeprefix("/api/v1")))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    paths = description()["paths"]
    assert isinstance(paths, dict)
    described = {
        (method, re.sub(r"\{[a-z_]+\}", "{}", path))
        for path, item in paths.items()
        for method in item
        if method != "parameters"
    }
    assert routed == described
