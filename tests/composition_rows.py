"""Live kernels and compositions over them, for tests."""

from typing import Any

from kernels.algebra.plan import Composition as Plan
from kernels.composition_models import Composition
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


def kernel(name: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "kernel", "kernel": name, **fields}


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
