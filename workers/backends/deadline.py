"""An HTTP transport whose every network read ends by the deadline of the call it serves.

A read timeout alone starts anew with every byte, so a server that drips bytes never trips it.
Reads also end as soon as the answer is not wanted any more. Not covered: looking up the host's
name, and proxies named in the environment (not used); connecting has its own time alone.
"""

import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext

import httpcore2
import httpx2

from workers.backends.wanted import POLL_S, is_wanted, may_end_early

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
        ends_at = time.monotonic() + _left(timeout, httpcore2.ReadTimeout)
        while may_end_early():
            left = _left(ends_at - time.monotonic(), httpcore2.ReadTimeout)
            try:
                return self._stream.read(max_bytes, min(left, POLL_S))
            except httpcore2.ReadTimeout:
                continue  # nothing came in this turn
        return self._stream.read(max_bytes, ends_at - time.monotonic())

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
    if not is_wanted():
        raise late("The answer is not wanted any more.")
    left = _deadline.get() - time.monotonic()
    left = left if timeout is None else min(timeout, left)
    if left <= 0:
        raise late("The deadline of the call has passed.")
    return left
