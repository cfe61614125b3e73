"""An HTTP transport whose every network read ends by the deadline of the call it serves.

A read timeout alone starts anew with every byte, so a server that drips bytes never trips it.
Not covered: looking up the host's name, and proxies named in the environment (not used).
"""

import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext

import httpcore2
import httpx2

MAX_CONNECTIONS = 1000
KEEPALIVE_S = 5.0

_deadline: ContextVar[float] = ContextVar("deadline")


@contextmanager
def ends_by(deadline: float) -> Iterator[None]:
    """Bound the network reads and writes of this block; `deadline` is on the monotonic clock."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


def http_client(*, timeout_s: float, connect_timeout_s: float) -> httpx2.Client:
    """A client that threads may share. Call it inside `ends_by`."""
    return httpx2.Client(
        transport=DeadlineTransport(),
        timeout=httpx2.Timeout(timeout_s, connect=connect_timeout_s),
        follow_redirects=True,
    )


class DeadlineTransport(httpx2.HTTPTransport):
    """httpx's own transport over connections that know the deadline.

    Idle connections are closed when the transport is collected.
    """

    def __init__(self) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_S,
            network_backend=DeadlineNetwork(),
        )
        weakref.finalize(self, self._pool.close)


class DeadlineNetwork(httpcore2.SyncBackend):
    """Opens connections that know the deadline."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        stream = super().connect_tcp(host, port, left, local_address, socket_options)
        return DeadlineStream(stream)


class DeadlineStream(httpcore2.NetworkStream):
    """A connection whose reads and writes end by the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[httpcore2.TimeoutException]) -> float:
    """Seconds this operation may take: its own timeout or what the call has left."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise late("The deadline of the call has passed.")
    return left if timeout is None else min(timeout, left)
