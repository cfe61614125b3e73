"""How a worker's words reach the web process that waits for them: one Redis stream a run.

A stream (not pub/sub) keeps what was said before anybody listened. It lives ten minutes; the
answer itself is on the run's row, which is also where the reader looks when Redis stays silent.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any, Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from trajectories.errors import KernelWeaveError
from trajectories.models import Run
from workers.redis_client import redis_client

LIFETIME_S = 600
LOOK_AT_ROW_S = 2.0


class NoAnswerInTime(KernelWeaveError):
    """The answer is not ready yet; it will be on the run when it is."""


@dataclass(frozen=True)
class Message:
    """A piece of the answer, or its end. `attempt` counts the workers that took the run over."""

    kind: Literal["delta", "done", "failed"]
    attempt: int
    text: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    tried: dict[str, Any] | None = None  # instead of a piece: what a search tried


def _key(run_id: UUID | str) -> str:
    return f"kw:run:{run_id}"


def post(run_id: UUID | str, message: Message) -> None:
    """Adds a message to the run's stream."""
    pipe = redis_client().pipeline(transaction=False)
    pipe.xadd(_key(run_id), {"m": json.dumps(asdict(message))})
    pipe.expire(_key(run_id), LIFETIME_S)
    pipe.execute()


_loops: WeakKeyDictionary[Any, redis.asyncio.Redis] = WeakKeyDictionary()


def _async_client() -> redis.asyncio.Redis:
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        _loops[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL, max_connections=1000)
    return _loops[loop]


async def follow(run_id: UUID, *, timeout_s: float) -> AsyncGenerator[Message, None]:
    """The run's messages as they come, ending with `done` or `failed`.

    Raises NoAnswerInTime when `timeout_s` passes between two messages.
    """
    last = "0"
    deadline = monotonic() + timeout_s
    while monotonic() < deadline:
        entries = await _read(run_id, last)
        for entry_id, fields in entries:
            last = entry_id.decode()
            message = Message(**json.loads(fields[b"m"]))
            yield message
            if message.kind != "delta":
                return
            deadline = monotonic() + timeout_s
        if not entries and (
            message_from_row := await sync_to_async(_from_row, thread_sensitive=False)(run_id)
        ):
            yield message_from_row
            return
    raise NoAnswerInTime()


async def _read(run_id: UUID, last: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    try:
        block_ms = int(LOOK_AT_ROW_S * 1000)
        found: Any = await _async_client().xread({_key(run_id): last}, block=block_ms)
    except redis.RedisError:
        # The row has the answer, too: wait a little and look there.
        await asyncio.sleep(LOOK_AT_ROW_S / 4)
        return []
    entries: list[tuple[bytes, dict[bytes, bytes]]]
    if isinstance(found, dict):  # RESP3
        entries = next(iter(found.values()), [[]])[0] if found else []
    else:
        entries = found[0][1] if found else []
    return entries


def _from_row(run_id: UUID) -> Message | None:
    try:
        run = Run.objects.filter(pk=run_id).only("status", "response", "error", "attempts").first()
    except (DatabaseError, InterfaceError):
        return None  # looked at again in a moment, until the caller's time is over
    finally:
        connections.close_all()  # back to the pool: this thread belongs to no request
    if run is None or not run.is_finished:
        return None
    return finished(run)


def finished(run: Run) -> Message:
    """The last message of a finished run."""
    if run.status == Run.Status.DONE:
        return Message("done", run.attempts, result=run.response)
    return Message("failed", run.attempts, result=run.error)
