"""Runs of compositions: POST /api/compositions/{name}/runs, GET /api/plan-runs/{id}."""

import asyncio
import json
from datetime import datetime
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import BaseModel, Field

from kernels.composition_models import PlanRun, StepRun
from kernels.compositions import InputRefused, live_composition
from kwsite.api.auth import key_of, sign_in
from kwsite.api.body_model import Body
from kwsite.api.chat import PREFER, wants_no_waiting
from kwsite.api.compositions import NAME
from kwsite.api.documents import error_documents
from kwsite.api.errors import InvalidParameter, RunFailed, TooMuchContext
from kwsite.api.offload import in_thread
from kwsite.api.quota import spend_request
from kwsite.api.replies import json_reply
from workers.feedback import RunNotFound
from workers.plan_intake import accept_plan_run

FIRST_LOOK_S = 0.05
RARE_LOOK_S = 1.0

router = Router(tags=["Compositions"])


Name = Annotated[str, Field(pattern=NAME, max_length=100)]


class PlanRunBody(Body):
    input: dict[str, Any] = Field(
        description="What the composition takes.", examples=[{"prompt": "Ada wrote to Bo."}]
    )


class StepReport(BaseModel):
    """A kernel that ran at a place of the plan, or was rolled back (`action` is then `undo`)."""

    step: str
    action: StepRun.Action
    kernel: str
    version_id: UUID
    status: StepRun.Status
    attempts: int
    output: Any
    failure: str
    checks: list[dict[str, Any]]
    model: str
    prompt_tokens: int
    completion_tokens: int
    started_at: datetime | None
    finished_at: datetime | None


class PlanRunReport(BaseModel):
    """A run of a composition: `output` is what it gave, `error` why it gave nothing."""

    id: UUID
    composition: str
    version: int
    status: PlanRun.Status
    input: dict[str, Any]
    output: Any
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None
    steps: list[StepReport]


@router.post(
    "/compositions/{name}/runs",
    response={
        200: PlanRunReport,
        202: PlanRunReport,
        **error_documents(400, 401, 404, 409, 413, 415, 422, 429),
    },
    summary="Run a composition",
    openapi_extra={"parameters": [PREFER]},
)
async def run_composition(
    request: HttpRequest, body: PlanRunBody, name: Path[Name]
) -> HttpResponse:
    """Runs your own live composition of this name, or else the shared one. With
    `Prefer: respond-async`, or when it takes long, the reply is 202: look at `Location` later."""
    run_id, headers = await in_thread(_accept, key_of(request), name, body.input)
    headers |= {"Location": f"/api/plan-runs/{run_id}", "x-request-id": str(run_id)}
    if wants_no_waiting(request):
        headers |= {"Preference-Applied": "respond-async"}
    else:
        await _end_of(run_id)
    report = await in_thread(_report, run_id)
    if report.error is not None and not wants_no_waiting(request):
        said = f"{report.error['message']}. Its steps are at /api/plan-runs/{run_id}."
        raise RunFailed(run_id, report.error | {"message": said})
    status = 202 if report.status == PlanRun.Status.RUNNING else 200
    return json_reply(report, status=status, headers=headers)


def _accept(key: str, name: str, given: dict[str, Any]) -> tuple[UUID, dict[str, str]]:
    client = sign_in(key)
    headers = spend_request(client=client)
    length = len(json.dumps(given, ensure_ascii=False))
    if length > settings.KW_MAX_PROMPT_CHARS:
        raise TooMuchContext(
            f"The input has {length} characters; at most {settings.KW_MAX_PROMPT_CHARS} are "
            "accepted.",
            param="input",
        )
    composition = live_composition(name=name, client=client)
    try:
        run = accept_plan_run(composition=composition, client=client, given=given)
    except InputRefused as error:
        raise InvalidParameter(f"Invalid 'input': {error.detail}.", param="input") from error
    return run.pk, headers


async def _end_of(run_id: UUID) -> None:
    """Returns when the run is over, or has taken as long as a request may wait."""
    pause, deadline = FIRST_LOOK_S, monotonic() + settings.KW_REQUEST_TIMEOUT_S
    while monotonic() < deadline:
        await asyncio.sleep(pause)
        if await in_thread(_is_over, run_id):
            return
        pause = min(RARE_LOOK_S, pause * 1.3)


def _is_over(run_id: UUID) -> bool:
    return not PlanRun.objects.filter(pk=run_id, status=PlanRun.Status.RUNNING).exists()


@router.get(
    "/plan-runs/{run_id}",
    response={200: PlanRunReport, **error_documents(400, 401, 404)},
    summary="Look a run of a composition up",
)
async def retrieve_plan_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """A client sees its own runs only."""
    return json_reply(await in_thread(_own_report, key_of(request), run_id))


def _own_report(key: str, run_id: UUID) -> PlanRunReport:
    if not PlanRun.objects.filter(pk=run_id, client=sign_in(key)).exists():
        raise RunNotFound()
    return _report(run_id)


def _report(run_id: UUID) -> PlanRunReport:
    run = PlanRun.objects.select_related("composition").defer("state").get(pk=run_id)
    return PlanRunReport(
        id=run.pk,
        composition=run.composition.name,
        version=run.composition.number,
        status=PlanRun.Status(run.status),
        input=run.input,
        output=run.output,
        error=run.error,
        created_at=run.created_at,
        finished_at=run.finished_at,
        steps=[_step(step) for step in run.steps.all()],
    )


def _step(step: StepRun) -> StepReport:
    return StepReport(
        step=step.step,
        action=StepRun.Action(step.action),
        kernel=step.kernel,
        version_id=step.kernel_version,
        status=StepRun.Status(step.status),
        attempts=step.attempts,
        output=step.output,
        failure=step.failure,
        checks=step.checks,
        model=step.model,
        prompt_tokens=step.prompt_tokens,
        completion_tokens=step.completion_tokens,
        started_at=step.started_at,
        finished_at=step.finished_at,
    )
