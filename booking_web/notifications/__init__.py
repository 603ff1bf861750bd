"""Where calendar providers call us: the handshake, changes, and what subscriptions need."""

from __future__ import annotations

import json
import logging
import re
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from booking.store import StoreUnavailable
from booking.subscriptions.intake import receive
from booking_web.current import desk
from booking_web.failures import place_of
from booking_web.notifications.delivery import Malformed, notices_of

#: Largest delivery (bytes); Graph's have some hundred bytes an entry and few entries.
MAX_BODY = 256 * 1024
#: The handshake's token comes back as it came: visible ASCII and blanks, nothing a browser could
#: take for markup whatever it thinks of the media type.
_TOKEN = re.compile(r"[\x20-\x3b\x3d\x3f-\x7e]{1,2048}")
_PROVIDER = re.compile(r"[a-z]{1,20}")
RETRY_AFTER = "5"
_log = logging.getLogger("rantevou.notifications")

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")


@blueprint.post("/<provider>", endpoint="changes")
@blueprint.post("/<provider>/lifecycle", endpoint="lifecycle")
def called(provider: str) -> Response:
    """A handshake where a token is given, else a delivery (Graph: "Receive change notifications
    through webhooks", "Lifecycle notifications").

    Whoever calls learns nothing: what is unknown or not proven is answered like the rest.
    """
    if not _PROVIDER.fullmatch(provider):
        abort(404)
    if "validationToken" in request.args:
        return _handshake(_tokens())
    request.max_content_length = MAX_BODY
    try:
        notices = notices_of(request.get_data(cache=False))
    except Malformed as error:
        return _problem(400, "The delivery is malformed", str(error))
    receive(desk(), provider=provider, notices=notices)
    return Response(status=202)


def _tokens() -> list[str]:
    """Decoded as a form is; empty where the bytes are no UTF-8, which Flask would leave encoded."""
    query = request.query_string.decode("latin-1")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        return []
    return [value for name, value in pairs if name == "validationToken"]


def _handshake(tokens: list[str]) -> Response:
    """Needs neither database nor queue: a worker of ours may be waiting for it at the provider."""
    if len(tokens) != 1 or not _TOKEN.fullmatch(tokens[0]):
        detail = "Send one validationToken of 1 to 2048 visible ASCII characters, without < and >."
        return _problem(400, "The validation token is malformed", detail)
    return Response(tokens[0], content_type="text/plain; charset=utf-8")


@blueprint.errorhandler(StoreUnavailable)
def _unavailable(error: StoreUnavailable) -> Response:
    _log.error("notifications could not be kept at %s: %s", place_of(error), error)
    detail = "Nothing was kept. Send the delivery again later."
    answer = _problem(503, "The service is not available at the moment", detail)
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer


@blueprint.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Response:
    return _problem(413, "The delivery is too large", f"Send at most {MAX_BODY // 1024} KiB.")


@blueprint.errorhandler(HTTPException)
def _refused(error: HTTPException) -> Response:
    return _problem(error.code or 500, error.name, "Compare the address with the one you know.")


@blueprint.errorhandler(Exception)
def _failed(error: Exception) -> Response:
    _log.error("notifications failed: %s at %s", type(error).__name__, place_of(error))
    return _problem(500, "The delivery could not be kept", "Send it again later.")


def _problem(status: int, title: str, detail: str) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(body), status, content_type="application/problem+json")
