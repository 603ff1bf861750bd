"""Every page comes in two parts, the second a while later: ``pytest -p tests.slow_pages``.

On a busy machine a browser has the beginning of a page before the rest of it. A test that reads
there without waiting passes nearly always; with this it fails each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask

#: Seconds between the parts, and how much of a page comes first.
WAIT, FIRST = 0.25, 0.1

_answer = Flask.__call__


def _in_two_parts(body: Iterable[bytes]) -> Iterator[bytes]:
    whole = b"".join(body)
    close = getattr(body, "close", None)
    if close is not None:
        close()
    first = int(len(whole) * FIRST)
    yield whole[:first]
    time.sleep(WAIT)
    yield whole[first:]


def _slowly(app: Flask, environ: Any, start_response: Any) -> Iterable[bytes]:
    is_page = False

    def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        nonlocal is_page
        kinds = [value for name, value in headers if name.lower() == "content-type"]
        is_page = any(kind.startswith("text/html") for kind in kinds)
        return start_response(status, headers, *more)

    body = _answer(app, environ, begin)
    return _in_two_parts(body) if is_page else body


Flask.__call__ = _slowly  # type: ignore[method-assign]
