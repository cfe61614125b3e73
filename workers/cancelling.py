"""A run that nobody waits for any more: it ends at once, and what works on it stops."""

import time
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from redis import RedisError

from trajectories.errors import KernelWeaveError
from trajectories.models import Client, Run
from workers import mailbox
from workers.feedback import RunNotFound
from workers.redis_client import redis_client

POLL_S = 0.2
ERROR = {
    "status": 409,
    "type": "invalid_request_error",
    "code": "run_cancelled",
    "message": "The run was cancelled.",
    "retry_after_s": None,
}


class RunFinished(KernelWeaveError):
    """The run is finished: there is nothing to cancel."""


def cancel_run(*, client: Client, run_id: UUID) -> Run:
    """Ends an accepted run without an answer. Raises RunNotFound, RunFinished.

    Its row ends it; the flag in Redis only tells its worker sooner than the next write would.
    """
    found = Run.objects.filter(pk=run_id, client=client)
    ended = found.filter(status__in=(Run.Status.QUEUED, Run.Status.RUNNING)).update(
        status=Run.Status.CANCELLED,
        error=ERROR,
        finished_at=timezone.now(),
        lease_expires_at=None,
    )
    run = found.first()
    if run is None:
        raise RunNotFound()
    if not ended:
        raise RunFinished(f"The run is {run.status}: there is nothing to cancel.")
    redis_client().set(_flag(run_id), 1, ex=int(settings.KW_RUN_LIMIT_S) + 1)
    mailbox.post(run.pk, mailbox.finished(run))
    return run


class Cancellation:
    """Whether a run was cancelled. Threads may ask as often as they like."""

    def __init__(self, run_id: UUID) -> None:
        self._flag = _flag(run_id)
        self._looked_at = 0.0
        self._seen = False

    def __call__(self) -> bool:
        if not self._seen and time.monotonic() - self._looked_at >= POLL_S:
            self._looked_at = time.monotonic()
            self._seen = self._is_set()
        return self._seen

    def _is_set(self) -> bool:
        try:
            return bool(redis_client().exists(self._flag))
        except RedisError:
            return False  # the run's row still keeps the answer from being recorded


def _flag(run_id: UUID) -> str:
    return f"kw:cancelled:{run_id}"
