"""GET /api/runs/{id}: what became of an accepted request."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from kwsite.api.auth import key_of, sign_in
from kwsite.api.completions import ChatCompletion
from kwsite.api.documents import error_documents
from kwsite.api.errors import NoSearch
from kwsite.api.offload import in_thread
from kwsite.api.replies import json_reply
from trajectories.models import Event, Run, SearchRecord
from workers.cancelling import cancel_run
from workers.feedback import RunNotFound

router = Router(tags=["KernelWeave"])


class ObservedEvent(BaseModel):
    sequence: int
    kind: Event.Kind
    at: datetime
    duration_ms: float | None
    payload: Any

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(
            sequence=event.sequence,
            kind=Event.Kind(event.kind),
            at=event.at,
            duration_ms=event.duration_ms,
            payload=event.payload,
        )


class RunReport(BaseModel):
    """A run: `response` is what was or would have been replied, `error` why there is none."""

    id: UUID
    status: Run.Status
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    decision: dict[str, Any]
    response: ChatCompletion | None
    error: dict[str, Any] | None
    events: list[ObservedEvent]


@router.get(
    "/runs/{run_id}",
    response={200: RunReport, **error_documents(400, 401, 404)},
    summary="Look a run up",
)
async def retrieve_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A client sees its own runs only."""
    return json_reply(await in_thread(_report, key_of(request), run_id))


@router.post(
    "/runs/{run_id}/cancel",
    response={200: RunReport, **error_documents(400, 401, 404, 409)},
    summary="Cancel a run",
)
async def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ends an accepted run without an answer. What works on it stops at once."""
    return json_reply(await in_thread(_cancelled, key_of(request), run_id))


class SearchTrees(BaseModel):
    """The tree of each worker that took part in a search; a node is a step.

    `steps` are those of the answer that was given, `step_scores` what they were held to be worth.
    """

    run_id: UUID
    worker: str
    strategy: str
    steps: list[str]
    step_scores: list[float]
    trees: dict[str, Any]


@router.get(
    "/runs/{run_id}/tree",
    response={200: SearchTrees, **error_documents(400, 401, 404)},
    summary="Look at the tree of a search",
)
async def retrieve_tree(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Every simulation with its steps, rewards and outcomes."""
    return json_reply(await in_thread(_trees, key_of(request), run_id))


def _cancelled(key: str, run_id: UUID) -> RunReport:
    cancel_run(client=sign_in(key), run_id=run_id)
    return _report(key, run_id)


def _trees(key: str, run_id: UUID) -> SearchTrees:
    client = sign_in(key)
    if not Run.objects.filter(client=client, id=run_id).exists():
        raise RunNotFound()
    found = SearchRecord.objects.filter(trajectory__run=run_id).first()
    if found is None:
        raise NoSearch()
    return SearchTrees(
        run_id=run_id,
        worker=found.worker,
        strategy=found.strategy,
        steps=found.steps,
        step_scores=found.step_scores,
        trees=found.trees(),
    )


def _report(key: str, run_id: UUID) -> RunReport:
    run = Run.objects.defer("embedding").filter(client=sign_in(key), id=run_id).first()
    if run is None:
        raise RunNotFound()
    events = Event.objects.filter(trajectory__run=run) if run.is_finished else ()
    return RunReport(
        id=run.id,
        status=Run.Status(run.status),
        attempts=run.attempts,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        decision=run.decision,
        response=ChatCompletion.of_run(run, run.response) if run.response else None,
        error=run.error,
        events=[ObservedEvent.of(event) for event in events],
    )
