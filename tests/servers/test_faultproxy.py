"""The fault proxy does what it says, switches while it runs, and leaves nothing behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.servers.faultproxy import (
    BLACK_HOLE,
    DEAF,
    HALF_OPEN,
    RESET,
    TO_CLIENT,
    TO_SERVER,
    FaultProxy,
    cut,
    drip,
    fault_proxy,
    latency,
)
from tests.waiting import wait_until


class Echo:
    """Answers every piece with the same bytes, and keeps what it got."""

    def __init__(self) -> None:
        self.got = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = ("127.0.0.1", self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(one,), daemon=True).start()

    def _echo(self, one: socket.socket) -> None:
        with one:
            try:
                while data := one.recv(4096):
                    self.got += data
                    one.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[FaultProxy]:
    before = set(threading.enumerate())
    with fault_proxy(echo.address) as made:
        yield made
    assert not [one for one in set(threading.enumerate()) - before if "fault" in one.name]


def connected(proxy: FaultProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def silent(one: socket.socket) -> bool:
    one.settimeout(0.1)
    try:
        one.recv(1)
    except TimeoutError:
        return True
    finally:
        one.settimeout(5)
    return False


def test_it_passes_counts_and_delays(proxy: FaultProxy) -> None:
    with connected(proxy) as one:
        one.sendall(b"abc")
        assert one.recv(10) == b"abc"
        proxy.play(latency(0.1))
        began = time.monotonic()
        one.sendall(b"def")
        assert one.recv(10) == b"def"
        assert time.monotonic() - began >= 0.15  # once in each direction
        assert (proxy.accepted, proxy.open) == (1, 1)
        assert proxy.carried == {TO_SERVER: 6, TO_CLIENT: 6}
    wait_until(lambda: proxy.open == 0)


def test_a_drip_comes_byte_by_byte(proxy: FaultProxy) -> None:
    proxy.play(drip(0.01))
    with connected(proxy) as one:
        began = time.monotonic()
        one.sendall(b"0123456789")
        got = b""
        while len(got) < 10:
            got += one.recv(10)
        assert got == b"0123456789"
        # Ten pauses, the clocks of which need not agree to the millisecond.
        assert time.monotonic() - began >= 0.05


def test_a_reset_ends_the_old_and_the_new(proxy: FaultProxy) -> None:
    with connected(proxy) as old:
        old.sendall(b"a")
        old.recv(1)
        proxy.play(RESET)
        with pytest.raises(ConnectionResetError):
            old.recv(1)
    # Sometimes it comes before the connection counts as made.
    with pytest.raises(ConnectionResetError), connected(proxy) as new:
        new.recv(1)
    proxy.heal()
    with connected(proxy) as again:
        again.sendall(b"b")
        assert again.recv(1) == b"b"


def test_half_open_works_but_never_answers(proxy: FaultProxy, echo: Echo) -> None:
    proxy.play(HALF_OPEN)
    with connected(proxy) as one:
        one.sendall(b"request")
        wait_until(lambda: echo.got == b"request")
        assert silent(one)
        proxy.heal()
        assert one.recv(10) == b"request"  # late, as after a cable was put back


def test_a_black_hole_passes_nothing_on(proxy: FaultProxy, echo: Echo) -> None:
    with connected(proxy) as old:
        proxy.play(BLACK_HOLE)
        with connected(proxy) as new:
            for one in (old, new):
                one.sendall(b"x")
            assert silent(old)
            assert silent(new)
    assert echo.got == b""


def test_a_deaf_listener_lets_nobody_in_until_it_is_healed(proxy: FaultProxy) -> None:
    proxy.play(DEAF)
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=0.3)
    proxy.heal()
    with connected(proxy) as one:
        one.sendall(b"x")
        assert one.recv(1) == b"x"


@pytest.mark.parametrize("direction", [TO_SERVER, TO_CLIENT])
def test_a_cut_lets_exactly_so_many_bytes_through(
    proxy: FaultProxy, echo: Echo, direction: str
) -> None:
    with connected(proxy) as one:
        one.sendall(b"before")
        assert one.recv(10) == b"before"
        proxy.play(cut(direction, 4))
        one.sendall(b"abcdefg")
        got = b""
        try:
            while data := one.recv(10):
                got += data
        except ConnectionResetError:
            pass  # what it had sent was not read to the end
    if direction == TO_SERVER:
        wait_until(lambda: echo.got == b"beforeabcd")
    else:
        assert got == b"abcd"
    wait_until(lambda: proxy.open == 0)


def test_it_ends_cleanly_in_the_middle_of_a_fault(echo: Echo) -> None:
    with fault_proxy(echo.address) as proxy:
        one = connected(proxy)
        one.sendall(b"x")
        assert one.recv(1) == b"x"
        proxy.play(DEAF)
    with one, pytest.raises(ConnectionResetError):
        one.recv(1)


def test_a_server_that_is_not_there_is_no_hang() -> None:
    with fault_proxy(("127.0.0.1", 9)) as proxy:
        with pytest.raises(ConnectionResetError), connected(proxy) as one:
            one.recv(1)
        wait_until(lambda: proxy.open == 0)
