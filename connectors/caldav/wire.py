"""HTTP connections that keep one total deadline, whatever the server does with single bytes."""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests.adapters
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions

from connectors.deadline import Deadline

#: Bytes of one answer; a calendar of 10,000 events listed with etags has about 3 million.
MAX_ANSWER: Final = 64_000_000


class _Current(threading.local):
    deadline: Deadline | None = None


_current: Final = _Current()


@contextmanager
def within(deadline: Deadline) -> Iterator[None]:
    """Every read in this thread inside the block must be over by ``deadline``.

    A time-out of requests counts from byte to byte, so that a server which drips never ends it.
    """
    _current.deadline = deadline
    try:
        yield
    finally:
        _current.deadline = None


class _TimedSocket(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._left = MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        deadline = _current.deadline
        if deadline is not None:
            remaining = deadline.remaining()
            if remaining <= 0:
                raise TimeoutError("the deadline has passed")
            self._sock.settimeout(remaining)
        count = self._raw.readinto(buffer) or 0
        self._left -= count
        if self._left < 0:
            raise urllib3.exceptions.ProtocolError("the answer is too large")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Lines(io.BufferedReader):
    """Remembers whether the last line that was asked for had its end."""

    whole = True

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self.whole = line.endswith(b"\n")
        return line


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp: io.BufferedReader = _Lines(_TimedSocket(sock))

    def begin(self) -> None:
        """Raises IncompleteRead for a connection that broke between two headers: the library takes
        that for the end of the headers, and for an answer without content."""
        lines = self.fp
        super().begin()
        if isinstance(lines, _Lines) and not lines.whole:
            raise http.client.IncompleteRead(b"")


def refuse_link_local(sock: Any) -> None:
    """Cloud metadata services answer there, never a calendar; asked of the address connected to,
    so that no DNS answer can change it afterwards."""
    peer = sock.getpeername()
    address = ipaddress.ip_address(str(peer[0]).split("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if (mapped or address).is_link_local:
        sock.close()
        raise urllib3.exceptions.LocationValueError("link-local addresses are refused")


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        refuse_link_local(self.sock)


class _TlsConnection(urllib3.connection.HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        refuse_link_local(self.sock)


class _Pool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """Connections of one thread, none of them repeated by the library."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
