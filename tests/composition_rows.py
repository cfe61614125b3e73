"""Live kernels and compositions over them, for tests."""

from typing import Any

from kernels.algebra.plan import Composition as Plan
from kernels.composition_models import Composition, CompositionReview, PlanRun, StepRun
from kernels.composition_review import approve_composition
from kernels.compositions import add_composition, pinned
from kernels.models import KernelVersion
from kernels.registry import propose_version
from kernels.spec import KernelSpec
from trajectories.models import Client

GENERATE = ({"kind": "generate", "instruction": "Reply with JSON.", "shots": 1},)


def object_schema(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def add_live_kernel(
    name: str, output: dict[str, Any], *, client: Client | None = None, **fields: Any
) -> KernelVersion:
    """A live kernel with these output properties, which asks the model unless told otherwise."""
    spec = KernelSpec.model_validate(
        {
            "name": name,
            "family": "tests",
            "description": f"{name}, for tests",
            "output_schema": object_schema(**output),
            "steps": GENERATE,
            **fields,
        }
    )
    return propose_version(
        spec=spec,
        samples=[],
        client=client,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )


def kernel(called: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "kernel", "kernel": called, **fields}


def sequence(*steps: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "sequence", "steps": list(steps), **fields}


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "parallel", "branches": list(branches), **fields}


def plan_of(node: dict[str, Any], name: str = "composed", **fields: Any) -> Plan:
    return Plan.model_validate(pinned({"name": name, "plan": node, **fields}, None))


def add_live_composition(
    node: dict[str, Any], *, client: Client | None = None, **fields: Any
) -> Composition:
    added = add_composition(plan=plan_of(node, **fields), client=client)
    return approve_composition(composition=added, user=None)


def add_composition_row(
    *, client: Client, state: Composition.State = Composition.State.CANDIDATE
) -> Composition:
    """A reviewed composition over a kernel that is not there, for pages that only show it."""
    node = kernel("summarize", digest="0" * 64)
    plan = Plan.model_validate({"name": "composed", "plan": sequence(node, node)})
    composition = Composition.objects.create(
        client=client,
        name=plan.name,
        number=1,
        state=state,
        plan=plan.model_dump(mode="json"),
        digest=plan.digest,
        input_schema=object_schema(prompt={"type": "string"}),
        output_schema=True,
        evidence={"kernels": [], "findings": []},
    )
    CompositionReview.objects.create(composition=composition, action="approve", reason="fine")
    return composition


def add_plan_run_row(*, composition: Composition, client: Client) -> PlanRun:
    """A run with a step that failed and one that was rolled back."""
    run = PlanRun.objects.create(
        client=client, composition=composition, input={"prompt": "x"}, versions={}, state={}
    )
    for step, action in (("plan/0", "run"), ("plan/0/undo", "undo")):
        StepRun.objects.create(
            plan_run=run,
            step=step,
            action=action,
            kernel="summarize",
            kernel_version=run.pk,
            input={"prompt": "x"},
            status=StepRun.Status.FAILED,
            failure="it was <b>down</b>",
        )
    return run
