"""Hands tasks to their queues. A broker that is down is one error, whichever library found it."""

from typing import Any

from kombu.exceptions import OperationalError
from redis import RedisError

from trajectories.errors import KernelWeaveError


class QueueUnavailable(KernelWeaveError):
    """The work queue is down; the request was not accepted. Try again in a few seconds."""


def enqueue(
    task: Any,
    *row_ids: object,
    queue: str,
    countdown_s: float = 0,
    expires_s: float | None = None,
) -> None:
    """Sends a task, with the ids of the rows it is about. Raises QueueUnavailable.

    After `expires_s` nobody begins it any more.
    """
    args = tuple(str(row_id) for row_id in row_ids)
    try:
        task.apply_async(args=args, queue=queue, countdown=countdown_s or None, expires=expires_s)
    except (OperationalError, RedisError, OSError) as error:
        raise QueueUnavailable() from error
