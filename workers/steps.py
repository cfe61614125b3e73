"""Runs one step of a plan: a kernel under its contract, or what the kernel says undoes it."""

import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from pgvector.django import CosineDistance

from kernels.composition_models import StepRun
from kernels.encoder import embed, encoder_digest
from kernels.execution import Shot
from kernels.models import Exemplar, KernelVersion
from kernels.routing import VersionFacts, preconditions, version_facts
from kernels.spec import KernelSpec
from workers.answer import ChosenKernel, serve_kernel
from workers.backends.completion import Backend, BackendError
from workers.request import ChatRequest
from workers.step_claims import StepOutcome
from workers.trace import Trace


@dataclass(frozen=True)
class StepWork:
    """A kernel version to run on a bound input, or to roll back: then `to_undo` is its output."""

    version_id: UUID
    undo: bool
    input: dict[str, Any]
    to_undo: Any = None


def step_work(row: StepRun) -> StepWork:
    """The row as a value."""
    undo = row.action == StepRun.Action.UNDO
    return StepWork(row.kernel_version, undo, row.input, row.to_undo)


def run_step_kernel(step: StepWork, backend: Backend) -> StepOutcome:
    """What came of a step. A model server that fails is a failure of the step."""
    facts = version_facts(step.version_id)
    try:
        if step.undo:
            return _undo(facts, step, backend)
        return _run(facts, step, backend)
    except BackendError as error:
        return StepOutcome(failure=error.detail)


def _run(facts: VersionFacts, step: StepWork, backend: Backend) -> StepOutcome:
    live = KernelVersion.State.LIVE
    state = KernelVersion.objects.values_list("state", flat=True).get(pk=facts.version_id)
    if state != live:
        return StepOutcome(failure=f"v{facts.number} is {state} by now")
    given = preconditions(facts.spec, step.input)
    refused = next((check for check in given if check.status != "ok"), None)
    if refused is not None:
        label = refused.label or refused.kind
        return StepOutcome(
            failure=f"precondition {label}: {refused.reason}",
            checks=[check.as_json() for check in given],
        )
    return _served(ChosenKernel(facts, _shots(facts, step.input)), step.input, backend)


def _undo(facts: VersionFacts, step: StepWork, backend: Backend) -> StepOutcome:
    """Runs the rollback recipe over the step's input with its `output` beside it.

    What it gives must be an object; whether the world is as it was before, nobody checks.
    """
    spec = undoing(facts.spec)
    said = json.dumps(step.to_undo, ensure_ascii=False)
    given = {
        **step.input,
        "output": step.to_undo,
        "prompt": f"{step.input['prompt']}\n\nThis was done, and is to be undone:\n{said}",
    }
    return _served(ChosenKernel(replace(facts, spec=spec), ()), given, backend)


def undoing(spec: KernelSpec) -> KernelSpec:
    """The kernel that runs another one's rollback."""
    return spec.model_copy(
        update={
            "steps": spec.rollback,
            "output_schema": {"type": "object"},
            "preconditions": (),
            "postconditions": (),
            "evidence_requirements": (),
            "render": None,
        }
    )


def _served(kernel: ChosenKernel, given: dict[str, Any], backend: Backend) -> StepOutcome:
    request = ChatRequest(
        model="kernelweave",
        messages=({"role": "user", "content": given["prompt"]},),
        max_tokens=settings.KW_MAX_COMPLETION_TOKENS,
    )
    done = serve_kernel(request, given, kernel, backend, Trace(), settings.KW_KERNEL_RETRIES)
    return StepOutcome(
        output=done.output if done.verified else None,
        failure="" if done.verified else done.reason,
        checks=[check.as_json() for check in done.checks],
        model=done.model,
        prompt_tokens=done.prompt_tokens,
        completion_tokens=done.completion_tokens,
    )


def _shots(facts: VersionFacts, given: dict[str, Any]) -> tuple[Shot, ...]:
    """The nearest worked examples of a kernel; none if another encoder embedded them."""
    step = facts.spec.generate
    if step is None or not step.shots:
        return ()
    examples = Exemplar.objects.filter(version=facts.version_id, output__isnull=False)
    found = (
        examples.filter(encoder_digest=encoder_digest())
        .annotate(distance=CosineDistance("embedding", embed(given["prompt"])))
        .order_by("distance")[: step.shots]
    )
    return tuple(Shot(one.prompt, one.output) for one in found)
