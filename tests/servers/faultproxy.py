"""A TCP proxy that misbehaves on request, below any protocol: silence, resets, half answers."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

#: Where the real server listens: host and port, or the path of a Unix socket.
Upstream = tuple[str, int] | str

TO_SERVER: Final = "to server"
TO_CLIENT: Final = "to client"
_CHUNK: Final = 65_536
_DRY: Final = 5.0  #: seconds within which the loop's own thread answers, however busy the machine


@dataclass(frozen=True)
class Fault:
    """What happens to every connection, old and new, while it is played.

    ``latency``     seconds that each piece waits before it goes on, in each direction.
    ``drip``        seconds after each single byte, so that something always arrives.
    ``reset``       every connection ends with RST, new ones as soon as they are accepted.
    ``holds``       directions in which nothing goes on; what was held goes on afterwards, late.
    ``cut``         (direction, bytes): after so many bytes that way the connection is closed.
    ``deaf``        the queue of the listener is full: nobody gets a connection at all.
    """

    name: str
    latency: float = 0.0
    drip: float = 0.0
    reset: bool = False
    holds: frozenset[str] = frozenset()
    cut: tuple[str, int] | None = None
    deaf: bool = False

    def __str__(self) -> str:
        return self.name


PASS = Fault("pass")
RESET = Fault("reset", reset=True)
HALF_OPEN = Fault("half open", holds=frozenset({TO_CLIENT}))
BLACK_HOLE = Fault("black hole", holds=frozenset({TO_SERVER, TO_CLIENT}))
DEAF = Fault("deaf", holds=frozenset({TO_SERVER, TO_CLIENT}), deaf=True)


def latency(seconds: float) -> Fault:
    return Fault(f"latency {seconds:g} s", latency=seconds)


def drip(seconds: float) -> Fault:
    return Fault(f"drip {seconds:g} s", drip=seconds)


def cut(direction: str, after: int) -> Fault:
    return Fault(f"cut {direction} after {after}", cut=(direction, after))


@dataclass(eq=False)
class _Link:
    """One accepted connection and its twin to the server."""

    client: socket.socket
    server: socket.socket
    passed: dict[str, int] = field(default_factory=lambda: {TO_SERVER: 0, TO_CLIENT: 0})
    play: int = 0  #: the change of fault since which ``passed`` counts
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class FaultProxy:
    """One loopback port before ``upstream``; switchable from any thread while it runs.

    One thread carries everything, so that what a test finds left behind is not ours.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0  #: connections since the start
        self.carried = {TO_SERVER: 0, TO_CLIENT: 0}  #: bytes that went on, since the start
        self._fault, self._plays = PASS, 0
        self._links: set[_Link] = set()
        self._fillers: dict[int, socket.socket] = {}  #: by their own port
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"fault proxy {self.port}")
        self._thread.start()

    @property
    def open(self) -> int:
        """Connections that neither side has closed."""
        return len(self._links)

    def play(self, fault: Fault) -> None:
        """From now on; when this returns, no byte passes any more but as ``fault`` lets it."""
        self._call(self._switch(fault))

    def heal(self) -> None:
        self.play(PASS)

    @contextmanager
    def playing(self, fault: Fault) -> Iterator[None]:
        self.play(fault)
        try:
            yield
        finally:
            self.heal()

    def close(self) -> None:
        """Every connection is reset, the thread has ended when this returns."""
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_DRY)
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DRY * 6)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.add_reader(self._listener, self._accept)
        self._loop.run_forever()

    async def _switch(self, fault: Fault) -> None:
        before, self._fault = self._fault, fault
        self._plays += 1
        if fault.deaf and not before.deaf:
            self._stop_listening()
        elif before.deaf and not fault.deaf:
            self._listen_again()
        if fault.reset:
            for link in list(self._links):
                self._end(link, reset=True)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _stop_listening(self) -> None:
        """Connections of our own that nobody accepts: the kernel drops who comes after them."""
        self._loop.remove_reader(self._listener)
        self._listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._fillers[filler.getsockname()[1]] = filler

    def _listen_again(self) -> None:
        self._listener.listen(128)
        for filler in self._fillers.values():
            filler.close()
        self._loop.add_reader(self._listener, self._accept)

    async def _shut(self) -> None:
        self._loop.remove_reader(self._listener)
        tasks = [task for link in self._links for task in link.tasks]
        for link in list(self._links):
            self._end(link, reset=True)
        for filler in self._fillers.values():
            filler.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    def _accept(self) -> None:
        try:
            client, address = self._listener.accept()
        except OSError:
            return  # gone again
        if self._fillers.pop(address[1], None) is not None:
            client.close()
            return
        client.setblocking(False)
        self.accepted += 1
        if self._fault.reset:
            _close(client, reset=True)
            return
        server = socket.socket(
            socket.AF_UNIX if isinstance(self._upstream, str) else socket.AF_INET
        )
        server.setblocking(False)
        link = _Link(client, server, play=self._plays)
        self._links.add(link)
        link.tasks.append(self._loop.create_task(self._carry(link)))

    async def _carry(self, link: _Link) -> None:
        try:
            await self._loop.sock_connect(link.server, self._upstream)
        except OSError:
            self._end(link, reset=True)  # the real server is not there
            return
        for one in (link.client, link.server):
            if one.family == socket.AF_INET:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = self._pump(link, link.server, link.client, TO_CLIENT)
        link.tasks.append(self._loop.create_task(back))
        await self._pump(link, link.client, link.server, TO_SERVER)

    async def _pump(
        self, link: _Link, source: socket.socket, sink: socket.socket, direction: str
    ) -> None:
        reset = False
        try:
            while data := await self._loop.sock_recv(source, _CHUNK):
                await self._held(direction)
                if self._fault.latency:
                    await asyncio.sleep(self._fault.latency)
                data, over = self._cut(link, direction, data)
                self.carried[direction] += len(data)
                while self._fault.drip and data:
                    await self._loop.sock_sendall(sink, data[:1])
                    data = data[1:]
                    await asyncio.sleep(self._fault.drip)
                await self._loop.sock_sendall(sink, data)
                if over:
                    break
            else:
                await self._held(direction)
        except OSError:
            reset = True
        self._end(link, reset=reset)

    async def _held(self, direction: str) -> None:
        """The end of a connection is news too, and does not pass a fault that holds everything."""
        while direction in self._fault.holds:
            await self._changed.wait()

    def _cut(self, link: _Link, direction: str, data: bytes) -> tuple[bytes, bool]:
        """What of ``data`` still passes, and whether the connection ends with it."""
        if link.play != self._plays:
            link.play, link.passed = self._plays, {TO_SERVER: 0, TO_CLIENT: 0}
        if self._fault.cut is None or self._fault.cut[0] != direction:
            return data, False
        data = data[: max(0, self._fault.cut[1] - link.passed[direction])]
        link.passed[direction] += len(data)
        return data, link.passed[direction] >= self._fault.cut[1]

    def _end(self, link: _Link, *, reset: bool) -> None:
        if link not in self._links:
            return
        self._links.discard(link)
        for task in link.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        for one in (link.client, link.server):
            self._loop.remove_reader(one)
            self._loop.remove_writer(one)
            _close(one, reset=reset)


def _close(one: socket.socket, *, reset: bool) -> None:
    """``reset``: with RST instead of FIN, as a machine answers that has forgotten us."""
    with suppress(OSError):
        if reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def fault_proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    proxy = FaultProxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def fault_proxies(upstream: Upstream, count: int) -> Iterator[list[FaultProxy]]:
    """Several servers that are one: each has an origin and misfortunes of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(fault_proxy(upstream)) for _ in range(count)]
