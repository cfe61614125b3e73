"""Writes what a worker did with a run: claimed, finished with its trajectory, or failed.

Every write is conditional on still owning the run, so a worker that was given up for dead and
comes back changes nothing.
"""

from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from kernels.models import KernelVersion
from kernels.routing import VersionFacts
from trajectories.models import Event, Run, Trajectory
from trajectories.receipt_keys import signing_key
from trajectories.receipts.keys import SigningKey
from workers.answer import Answer
from workers.drift import quarantine_if_failing
from workers.receipts import record_receipt
from workers.request import ChatRequest
from workers.searches.lessons import record_lessons
from workers.searches.report import search_record, summary
from workers.stored.caching import cache_search, record_hit
from workers.stored.exact import question_digest
from workers.trace import Trace

PRIOR_VERDICTS = 10  # how many verdicts the compiler's confidence counts for


def claim_run(*, run_id: str, worker: str, lease_s: float) -> Run | None:
    """Takes a queued run; None when somebody else has it or it is finished."""
    now = timezone.now()
    claim = f"""
        UPDATE {Run._meta.db_table}
        SET status = 'running', claimed_by = %s, attempts = attempts + 1, started_at = %s,
            lease_expires_at = %s
        WHERE id = %s AND status = 'queued'
        RETURNING *
    """  # the row comes back with the claim: one round trip where the ORM takes two
    return next(
        iter(Run.objects.raw(claim, [worker, now, now + timedelta(seconds=lease_s), run_id])), None
    )


def renew_leases(*, worker: str, run_ids: list[str], lease_s: float) -> None:
    """Says that the worker is alive and still at these runs."""
    Run.objects.filter(pk__in=run_ids, claimed_by=worker, status=Run.Status.RUNNING).update(
        lease_expires_at=timezone.now() + timedelta(seconds=lease_s)
    )


def _claimed(run: Run, worker: str) -> QuerySet[Run]:
    """The run as long as this very claim of it holds; another claim counts one more attempt."""
    return Run.objects.filter(
        pk=run.pk, claimed_by=worker, attempts=run.attempts, status=Run.Status.RUNNING
    )


def record_answer(
    *, run: Run, request: ChatRequest, answer: Answer, trace: Trace, worker: str
) -> Trajectory | None:
    """Finishes a run with its trajectory, events and receipt, all or nothing.

    None if the run was lost. `run` gets its response, too.
    """
    now = timezone.now()
    started = run.started_at or now
    key = signing_key()
    response = response_json(run, answer, key)
    with transaction.atomic():
        owned = _claimed(run, worker).update(
            status=Run.Status.DONE,
            response=response,
            finished_at=now,
            lease_expires_at=None,
        )
        if not owned:
            return None
        trajectory = _trajectory(run, request, answer)
        trajectory.duration_ms = (now - started).total_seconds() * 1e3
        trajectory.save(force_insert=True)
        if key is not None:
            record_receipt(run=run, request=request, answer=answer, trajectory=trajectory, key=key)
        if answer.searched is not None:
            record = search_record(answer.searched)
            record.trajectory = trajectory
            record.save(force_insert=True)
            cache_search(trajectory=trajectory, record=record, request=request)
            vector = np.asarray(run.embedding, dtype=np.float32)
            record_lessons(found=answer.searched, embedding=vector, trajectory=trajectory)
        if answer.reused is not None:
            record_hit(trajectory=trajectory, answer=answer)
        Event.objects.bulk_create(
            Event(trajectory=trajectory, sequence=number, **event.__dict__)
            for number, event in enumerate(trace.events)
        )
        if answer.kernel is not None and answer.proven:
            record_verdict(version_id=answer.kernel.version_id, passed=True)
        if answer.failed_kernel is not None and answer.proven:
            record_verdict(version_id=answer.failed_kernel.version_id, passed=False)
            quarantine_if_failing(version_id=answer.failed_kernel.version_id)
    run.status, run.response = Run.Status.DONE, response
    return trajectory


def _trajectory(run: Run, request: ChatRequest, answer: Answer) -> Trajectory:
    return Trajectory(
        run=run,
        client_id=run.client_id,
        prompt=request.prompt,
        system=request.system,
        plain=not request.beyond_kernels,
        signature=request.signature,
        question_digest=question_digest(request),
        reused_id=answer.reused,
        output_schema=request.output_schema,
        embedding=run.embedding,
        encoder_digest=run.encoder_digest,
        route=answer.route,
        route_reason=answer.reason,
        kernel_name=answer.kernel.kernel if answer.kernel else "",
        kernel_version=answer.kernel.version_id if answer.kernel else None,
        output_text=answer.text,
        output=answer.output,
        checks=[check.as_json() for check in answer.checks],
        verified=answer.verified,
        model=answer.model,
        adapter=answer.adapter,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
    )


def record_verdict(*, version_id: Any, passed: bool | None, before: bool | None = None) -> None:
    """Counts a pass, a failure or neither, and moves the confidence: a Beta posterior's mean.

    `before` is the verdict that this one replaces; it counts no longer.
    """
    version = KernelVersion.objects.select_for_update().get(pk=version_id)
    # A release from quarantine begins a new record, which lacks the verdict that is replaced.
    version.passes = max(0, version.passes + (passed is True) - (before is True))
    version.failures = max(0, version.failures + (passed is False) - (before is False))
    prior = version.evidence.get("confidence", {}).get("total", 0.7)
    version.confidence = (PRIOR_VERDICTS * prior + version.passes) / (
        PRIOR_VERDICTS + version.passes + version.failures
    )
    version.save(update_fields=["passes", "failures", "confidence"])


def fail_run(*, run: Run, worker: str, error: dict[str, Any]) -> bool:
    """Ends a run with an error; False if the run was lost."""
    return bool(
        _claimed(run, worker).update(
            status=Run.Status.FAILED,
            error=error,
            finished_at=timezone.now(),
            lease_expires_at=None,
        )
    )


def response_json(run: Run, answer: Answer, key: SigningKey | None) -> dict[str, Any]:
    """What the caller gets, and what `GET /api/runs/{id}` shows."""
    return {
        "content": None if answer.tool_calls and not answer.text else answer.text,
        "tool_calls": list(answer.tool_calls),
        "finish_reason": answer.finish_reason,
        "model": answer.model,
        "usage": {
            "prompt_tokens": answer.prompt_tokens,
            "completion_tokens": answer.completion_tokens,
            "total_tokens": answer.prompt_tokens + answer.completion_tokens,
        },
        "kernelweave": {
            "run_id": str(run.pk),
            "route": answer.route,
            "reason": answer.reason,
            "kernel": _named(answer.kernel),
            "failed_kernel": _failed(answer),
            "adapter": answer.adapter or None,
            "reused": str(answer.reused) if answer.reused else None,
            **({"reuse": _reuse(answer)} if answer.reused else {}),
            "search": summary(answer.searched) if answer.searched else None,
            "verified": answer.verified,
            "checks": [check.as_json() for check in answer.checks],
            "receipt": _receipt(run, key) if key else None,
        },
    }


def _receipt(run: Run, key: SigningKey) -> dict[str, Any]:
    """Where the receipt is, and the key that it is signed with."""
    return {"url": f"/api/runs/{run.pk}/receipt", "key_id": key.public.id}


def _reuse(answer: Answer) -> dict[str, Any]:
    """What decided that a stored answer is given; the cosine, where that was not words alone."""
    if answer.cosine is None:
        return {"decided_by": "the same question", "cosine": None}
    return {"decided_by": "validator", "cosine": round(answer.cosine, 4)}


def _failed(answer: Answer) -> dict[str, Any] | None:
    """The kernel that was tried, and whether its failure speaks against it."""
    named = _named(answer.failed_kernel)
    return {**named, "at_fault": answer.proven} if named else None


def _named(facts: VersionFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    return {
        "name": facts.kernel,
        "version": facts.number,
        "version_id": str(facts.version_id),
        "digest": facts.spec.digest,
    }
