"""What anybody may throw at the address that calendars call, byte by byte over real sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.booking_web.desk import House, house
from tests.booking_web.serving import serving

PATH = "/notifications/graph"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    from booking_web.app import create_app

    home: House = house(tmp_path_factory.mktemp("house"))
    with serving(create_app(home.desk)) as port:
        yield port


def request(line: str, body: bytes = b"", *headers: str, host: str = "rantevou.example") -> bytes:
    head = [
        f"{line} HTTP/1.1", f"Host: {host}", "Connection: close",
        f"Content-Length: {len(body)}", *headers, "", "",
    ]  # fmt: skip
    return "\r\n".join(head).encode("latin-1") + body


def chunked(*chunks: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    body = b"".join(f"{len(each):x}\r\n".encode() + each + b"\r\n" for each in (*chunks, b""))
    return head.encode() + body


def exchange(port: int, data: bytes) -> tuple[int, str, bytes]:
    """Status, head and body of the answer."""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(data)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1").lower(), body


def entries(count: int) -> bytes:
    one = {"subscriptionId": "a", "clientState": "b"}
    return json.dumps({"value": [one] * count}).encode()


HANDSHAKE = f"POST {PATH}?validationToken="
CASES = {
    "a token": (request(f"{HANDSHAKE}a%20b%2B"), 200),
    "two tokens": (request(f"{HANDSHAKE}a&validationToken=b"), 400),
    "a token with a header": (request(f"{HANDSHAKE}a%0d%0aSet-Cookie:%20x"), 400),
    "markup": (request(f"{HANDSHAKE}%3Cscript%3E"), 400),
    "a token in a form": (
        request(f"POST {PATH}", b"validationToken=a", FORM),
        400,
    ),
    "a foreign host": (request(f"{HANDSHAKE}a", host="evil.example"), 200),
    "a whole address": (request(f"POST http://evil.example{PATH}?validationToken=a"), 200),
    "two slashes": (request(f"POST //evil.example{PATH}"), 404),
    "a slash too many": (request("POST /notifications//graph"), 308),
    "a slash at the end": (request(f"POST {PATH}/"), 404),
    "NUL": (request(f"POST {PATH}%00"), 404),
    "an escape sequence": (request(f"POST {PATH}%1b%5b31m%0aFAKE"), 404),
    "another place": (request("POST /notifications/..%2fadmin/"), 404),
    "GET": (request(f"GET {PATH}?validationToken=a"), 405),
    "TRACE": (request(f"TRACE {PATH}"), 405),
    "an overridden method": (request(f"GET {PATH}", b"", "X-HTTP-Method-Override: POST"), 405),
    "nothing": (request(f"POST {PATH}"), 400),
    "nested arrays": (request(f"POST {PATH}", b"[" * 200_000, JSON), 400),
    "nested objects": (request(f"POST {PATH}", b'{"value":' * 25_000, JSON), 400),
    "a long number": (request(f"POST {PATH}", b'{"value":' + b"9" * 200_000 + b"}", JSON), 400),
    "no UTF-8": (request(f"POST {PATH}", b'{"value":[{"a":"\xff"}]}', JSON), 400),
    "half a character": (
        request(f"POST {PATH}", b'{"value":[{"subscriptionId":"\\ud800"}]}', JSON), 202,
    ),
    "parts of a form": (
        request(f"POST {PATH}", b"--x\r\n" * 30_000, PARTS),
        400,
    ),
    "compressed": (request(f"POST {PATH}", b"\x1f\x8b\x08", "Content-Encoding: gzip"), 400),
    "many entries": (request(f"POST {PATH}", entries(1_000), JSON), 202),
    "too many entries": (request(f"POST {PATH}", entries(1_001), JSON), 400),
    "too much": (request(f"POST {PATH}", b"x" * 300_000, JSON), 413),
    "far too much": (request(f"POST {PATH}", b"x" * (2 << 20), JSON), 413),
    "too much in chunks": (chunked(*[b"x" * 65_536] * 5), 413),
    "many parameters": (request(f"POST {PATH}?" + "&".join("a=1" for _ in range(20_000))), 400),
}  # fmt: skip


@pytest.mark.parametrize(("data", "status"), CASES.values(), ids=CASES)
def test_it_is_answered_at_once_and_tells_nothing(port: int, data: bytes, status: int) -> None:
    began = time.monotonic()
    found, head, body = exchange(port, data)
    assert found == status
    assert time.monotonic() - began < 20
    assert "x-content-type-options: nosniff" in head
    assert "set-cookie" not in head
    assert "evil" not in head
    assert b"<script" not in body


def test_bodies_that_never_end_keep_nobody_waiting(port: int) -> None:
    """Many callers who send a byte and then nothing take no thread of the server."""
    unfinished = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode()
    with ExitStack() as open_ones:
        for _ in range(40):
            slow = socket.create_connection(("127.0.0.1", port), 20)
            open_ones.enter_context(slow)
            slow.sendall(unfinished)
        began = time.monotonic()
        assert exchange(port, request(f"{HANDSHAKE}a"))[0] == 200
        assert time.monotonic() - began < 20
