"""The JSON API under ``/api/v1``: one table of routes; no cookies, so no session and no CSRF."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from booking.model import BookingError
from booking.store import StoreUnavailable
from booking_web.api import bookings, catalogue, holds, values
from booking_web.api.bodies import BODY_LIMIT
from booking_web.api.description import description
from booking_web.api.problems import KINDS, Problem, as_response
from booking_web.api.refusals import problem_of
from booking_web.errors import RETRY_AFTER
from booking_web.failures import place_of

PREFIX = "/api/v1"
log = logging.getLogger(__name__)

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


def openapi() -> Response:
    return Response(
        _description_text(),
        content_type="application/json",
        headers={"Cache-Control": values.CATALOGUE},
    )


@cache
def _description_text() -> str:
    return json.dumps(description(), ensure_ascii=False, indent=1)


def problem(name: str) -> Response:
    """What a problem's ``type`` leads to."""
    kind = KINDS.get(name)
    if kind is None:
        raise Problem("not-found")
    body = {"title": kind.title, "status": kind.status, "detail": kind.detail}
    return values.answer(body, cache=values.CATALOGUE)


_ROUTES: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("GET", "/openapi.json", openapi),
    ("GET", "/problems/<name>", problem),
    ("GET", "/municipalities", catalogue.municipalities),
    ("GET", "/municipalities/<slug>/services", catalogue.services),
    ("GET", "/services/<service_id>/availability", catalogue.availability),
    ("POST", "/holds", holds.take),
    ("PATCH", "/holds/<hold_id>", holds.extend),
    ("DELETE", "/holds/<hold_id>", holds.release),
    ("POST", "/bookings", bookings.submit),
    ("GET", "/bookings/<reference>", bookings.show),
    ("PATCH", "/bookings/<reference>", bookings.change),
    ("DELETE", "/bookings/<reference>", bookings.cancel),
)

for _method, _rule, _view in _ROUTES:
    _endpoint = f"{_view.__module__.rpartition('.')[2]}_{_view.__name__}"
    blueprint.add_url_rule(
        _rule, _endpoint, _view, methods=[_method], provide_automatic_options=False
    )


@blueprint.before_request
def bounds() -> None:
    request.max_content_length = BODY_LIMIT


@blueprint.before_app_request
def unknown_addresses() -> Response | None:
    """Flask hands routing errors to the application's pages; below our prefix they are ours."""
    error = request.routing_exception
    if error is None or not request.path.startswith(PREFIX + "/"):
        return None
    return http_error(error)


@blueprint.errorhandler(Problem)
def told(error: Problem) -> Response:
    return as_response(error)


@blueprint.errorhandler(BookingError)
def refused(error: BookingError) -> Response:
    return as_response(problem_of(error))


@blueprint.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    names = {
        404: "not-found",
        405: "method-not-allowed",
        413: "too-large",
        415: "unsupported-media-type",
        503: "unavailable",
    }
    name = names.get(error.code or 500, "bad-request" if (error.code or 500) < 500 else "internal")
    allowed = getattr(error, "valid_methods", None)
    return as_response(Problem(name, headers={"Allow": ", ".join(allowed)} if allowed else None))


@blueprint.errorhandler(StoreUnavailable)
def unavailable(error: StoreUnavailable) -> Response:
    log.error("%s: %s", place_of(error), error)
    return as_response(Problem("unavailable", headers={"Retry-After": RETRY_AFTER}))


@blueprint.errorhandler(Exception)
def unexpected(error: Exception) -> Response:
    """The message of an unknown error may quote what a citizen typed: only its place is logged."""
    log.error("unexpected %s at %s", type(error).__name__, place_of(error))
    return as_response(Problem("internal"))
