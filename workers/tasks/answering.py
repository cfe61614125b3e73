"""The interactive queue: answers accepted runs, and takes over those of dead workers."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone
from redis import RedisError

from kernels.execution import Shot
from kernels.models import CacheEntry, Exemplar
from kernels.routing import version_facts
from trajectories.models import Event, Run, Trajectory
from workers import mailbox
from workers.adapters.generating import generate_as_routed
from workers.adapters.routing import table as adapters
from workers.adapters.shadowing import shadowed_by
from workers.answer import Answer, ChosenKernel, Say, answer
from workers.backends.choose import live_backend
from workers.backends.completion import (
    Backend,
    BackendError,
    BackendGarbage,
    BackendRejected,
    BackendTimeout,
    BackendUnavailable,
    Delta,
)
from workers.cancelling import Cancellation
from workers.counting import count_answer, count_failure
from workers.leases import WORKER, keeper
from workers.queueing import QueueUnavailable, enqueue
from workers.recording import claim_run, fail_run, record_answer
from workers.request import ChatRequest
from workers.search.budget import SearchCancelled
from workers.searches.allowed import may_search
from workers.searches.answering import pays, search_answer
from workers.searches.patience import seconds_left
from workers.searches.records import somewhere_pays
from workers.stored.replaying import Stored, answer_again
from workers.suspects import alone
from workers.tasks.rollout import try_shadow
from workers.tasks.scoring import ask_for_scores
from workers.telemetry import tell_answer
from workers.trace import Trace

log = logging.getLogger(__name__)

# Class of failure -> HTTP status, OpenAI error type, code, seconds to wait.
FAILURES: dict[type[BackendError], tuple[int, str, str, int | None]] = {
    BackendUnavailable: (503, "server_error", "model_server_unavailable", 5),
    BackendTimeout: (504, "server_error", "model_server_timeout", 5),
    BackendGarbage: (502, "server_error", "model_server_garbage", None),
    BackendRejected: (400, "invalid_request_error", "model_server_rejected", None),
}
UNEXPECTED = (500, "server_error", "internal_error", None)
TRIED_WITHIN_S = 20.0


@shared_task(ignore_result=True)
def answer_run(run_id: str) -> None:
    """Answers one run. Safe to run twice: only the first that claims the row works on it."""
    run = claim_run(run_id=run_id, worker=WORKER, lease_s=settings.KW_LEASE_S)
    if run is None:
        return
    with keeper.hold(run_id, lease_s=settings.KW_LEASE_S, limit_s=settings.KW_RUN_LIMIT_S):
        try:
            _answer(run)
        except SearchCancelled:
            log.info("run %s was cancelled", run_id)
        except BackendError as error:
            _fail(run, error.detail, *FAILURES.get(type(error), UNEXPECTED))
        except (OperationalError, InterfaceError):
            raise  # the database is away: nothing can be written now; the sweep hands the run on
        except Exception:
            log.exception("run %s failed", run_id)
            _fail(run, "The service failed; the log has the details.", *UNEXPECTED)


@shared_task(ignore_result=True)
def answer_suspect(run_id: str) -> None:
    """Answers a run that was in work when its worker died, one at a time in a process."""
    alone(answer_suspect, answer_run, run_id)


def _answer(run: Run) -> None:
    request = ChatRequest.model_validate(run.request)
    trace = Trace()
    trace.add(Event.Kind.DECISION, route=run.decision["route"], reason=run.decision["reason"])
    backend, say = live_backend(), _Voice(run, silent=not request.stream).say
    reason = run.decision["reason"]

    def otherwise(why: str) -> Answer:
        return _otherwise(run, request, why, backend, say, trace)

    if stored := stored_before(run.decision):
        done = answer_again(request, reason, stored, backend, say, trace, otherwise)
    elif run.decision.get("reused"):
        done = otherwise("the stored answer was retracted meanwhile")
    else:
        chosen, retries = chosen_kernel(run.decision), settings.KW_KERNEL_RETRIES
        done = answer(request, reason, chosen, backend, say, trace, retries, otherwise)
    trajectory = record_answer(run=run, request=request, answer=done, trace=trace, worker=WORKER)
    if trajectory is None:
        log.warning(
            "run %s was cancelled or taken over by another worker; this answer is dropped", run.pk
        )
        return
    _post(run, mailbox.finished(run))
    ask_for_scores()
    count_answer(run, done)
    tell_answer(run, request, done, trace)
    if name := shadowed_by(run, request, done, adapters):
        _ask_for_trial(trajectory.pk, name)


def _ask_for_trial(trajectory_id: UUID, adapter: str) -> None:
    """A trial that is lost, or would hold up others, is one less; the answer was given."""
    try:
        enqueue(try_shadow, trajectory_id, adapter, queue="verify", expires_s=TRIED_WITHIN_S)
    except QueueUnavailable as error:
        log.warning("%s is not tried on %s: %s", adapter, trajectory_id, error.detail)


def _otherwise(
    run: Run, request: ChatRequest, reason: str, backend: Backend, say: Say, trace: Trace
) -> Answer:
    """What answers where nothing known does: a search where one may be made, or generation."""
    if may_search(request) and (request.search is not None or somewhere_pays()):
        from workers.searches.means import live_means  # torch, which takes seconds to import

        asked = request.search is not None
        vector = np.asarray(run.embedding, dtype=np.float32)
        means = live_means(request.prompt, vector, explores=asked)
        if asked or pays(means):
            means = replace(means, timeout_s=_time_for(run, means.timeout_s))
            cancelled = Cancellation(run.pk)
            return search_answer(request, reason, backend, say, trace, means, cancelled)
    routed = adapters.route(run.client_id, request, run.pk)
    return generate_as_routed(routed, request, reason, backend, say, trace)


def _time_for(run: Run, search_s: float) -> float:
    waited_s = (timezone.now() - run.created_at).total_seconds()
    return seconds_left(search_s, request_s=settings.KW_REQUEST_TIMEOUT_S, waited_s=waited_s)


def stored_before(decision: dict[str, Any]) -> Stored | None:
    """The answer that a decision gives again; None when it gives none, or it was retracted."""
    if not decision.get("reused"):
        return None
    stored = Trajectory.objects.only("route", "prompt", "output_text", "model", "verified")
    found = stored.filter(pk=decision["reused"], retracted_at=None).first()
    if found is None or (
        found.route == Trajectory.Route.SEARCH
        and not CacheEntry.objects.filter(trajectory=found, state=CacheEntry.State.LIVE).exists()
    ):
        return None
    near = decision.get("near")
    return Stored(
        found.pk,
        found.prompt,
        found.output_text,
        found.model,
        found.verified,
        near["cosine"] if near else None,
    )


def chosen_kernel(decision: dict[str, Any]) -> ChosenKernel | None:
    """The kernel that a decision chose, with the nearest exemplars that have an output."""
    if decision["chosen"] is None:
        return None
    ids = next(
        c["exemplars"] for c in decision["candidates"] if c["version_id"] == decision["chosen"]
    )
    found = Exemplar.objects.filter(pk__in=ids, output__isnull=False).in_bulk()
    shots = tuple(Shot(found[pk].prompt, found[pk].output) for pk in ids if pk in found)
    return ChosenKernel(version_facts(UUID(decision["chosen"])), shots)


class _Voice:
    """Tells the pieces of one answer in order. After one is lost the rest would make no sense."""

    def __init__(self, run: Run, *, silent: bool) -> None:
        self._run = run
        self._silent = silent

    def say(self, delta: Delta) -> None:
        if not self._silent:
            calls = list(delta.tool_calls)
            message = mailbox.Message(
                "delta", self._run.attempts, delta.text, tool_calls=calls, tried=delta.tried
            )
            self._silent = not _post(self._run, message)


def _post(run: Run, message: mailbox.Message) -> bool:
    """Tells whoever waits; if that fails, they find the whole answer on the run's row."""
    try:
        mailbox.post(run.pk, message)
    except RedisError as error:
        log.warning("run %s: a %s message was not delivered: %s", run.pk, message.kind, error)
        return False
    return True


def _fail(
    run: Run, message: str, status: int, kind: str, code: str, retry_after_s: int | None
) -> None:
    error = {
        "status": status,
        "type": kind,
        "code": code,
        "message": message,
        "retry_after_s": retry_after_s,
    }
    if fail_run(run=run, worker=WORKER, error=error):
        _post(run, mailbox.Message("failed", run.attempts, result=error))
        count_failure(code)


@shared_task(ignore_result=True)
def sweep_runs() -> None:
    """Puts runs back in the queue whose worker fell silent, or whose message was lost."""
    now = timezone.now()
    for run in Run.objects.filter(status=Run.Status.RUNNING, lease_expires_at__lt=now):
        _take_back(run)
    patience = timedelta(seconds=max(30.0, settings.KW_LEASE_S))
    waiting = Run.objects.filter(status=Run.Status.QUEUED, created_at__lt=now - patience)
    for run in waiting.filter(Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)):
        # At worst the message was only slow: a second one finds the row taken.
        waiting.filter(pk=run.pk).update(lease_expires_at=now + patience)
        enqueue(answer_suspect if run.attempts else answer_run, run.pk, queue="interactive")


def _take_back(run: Run) -> None:
    silent = Run.objects.filter(
        pk=run.pk, status=Run.Status.RUNNING, claimed_by=run.claimed_by, attempts=run.attempts
    ).filter(lease_expires_at__lt=timezone.now())
    if run.attempts < settings.KW_MAX_ATTEMPTS:
        if silent.update(status=Run.Status.QUEUED, lease_expires_at=None):
            log.warning("run %s: its worker fell silent; it is queued again", run.pk)
            enqueue(answer_suspect, run.pk, queue="interactive")
        return
    error = {
        "status": 500,
        "type": "server_error",
        "code": "workers_died",
        "message": f"{run.attempts} workers died while they answered this request.",
        "retry_after_s": None,
    }
    if silent.update(status=Run.Status.FAILED, error=error, finished_at=timezone.now()):
        _post(run, mailbox.Message("failed", run.attempts, result=error))
