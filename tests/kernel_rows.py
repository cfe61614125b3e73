"""Kernel versions and what they are made of, as rows, for tests."""

import uuid
from typing import Any

from django.utils import timezone

from kernels.models import Exemplar, Kernel, KernelVersion
from trajectories.models import Client, Event, Run, Trajectory

EMBEDDING = [1.0] + [0.0] * 383
PROMPT = "Write to ada@example.org about the invoice."
OUTPUT = {"email": "ada@example.org"}

CHECK = {"kind": "schema", "label": "", "status": "ok", "reason": "valid", "duration_ms": 0.012}

SPEC: dict[str, Any] = {
    "name": "contact-extraction",
    "family": "extraction",
    "description": "Finds the e-mail address of the person to write to.",
    "input_schema": {"type": "object"},
    "output_schema": {
        "type": "object",
        "properties": {"email": {"type": "string", "maxLength": 200}},
        "required": ["email"],
        "additionalProperties": False,
    },
    "preconditions": [
        {"kind": "cel", "expression": "size(input.emails) == 1", "label": "one address is given"}
    ],
    "postconditions": [
        {"kind": "regex", "path": "email", "pattern": ".+@.+", "label": "it is an address"},
        {"kind": "cel", "expression": "output.email in input.emails", "label": "it was given"},
        {"kind": "evidence", "event": "verification", "label": ""},
        {"kind": "judge", "question": "Is this the person to write to?", "label": ""},
        {"kind": "schema", "json_schema": {"type": "object"}, "label": ""},
    ],
    "steps": [
        {"kind": "compute", "bindings": [{"property": "email", "expression": "input.emails[0]"}]},
        {"kind": "generate", "instruction": "Reply with JSON.", "shots": 4, "max_tokens": 128},
    ],
    "rollback": [],
    "evidence_requirements": [],
    "tests": [{"prompt": PROMPT, "output": OUTPUT}],
    "render": None,
    "system_digest": None,
}
EVIDENCE: dict[str, Any] = {
    "gate": {
        "passed": True,
        "checks": [{"name": "own tests", "passed": True, "detail": "1 of 1 outputs accepted"}],
    },
    "replay": {"prompts": 4, "agreed": 3, "kernel_tokens": 120, "original_tokens": 480},
    "mutation": {
        "score": 0.9,
        "made": 10,
        "refused": 9,
        "by_kind": {"truncated": [4, 5], "retyped": [5, 5]},
        "survivors": [{"kind": "truncated", "output": {"email": "ada@"}}],
    },
    "confidence": {"total": 0.7123, "trace_length": 0.25},
}


def add_trajectory(*, client: Client, prompt: str = PROMPT) -> Trajectory:
    """A finished run with its trajectory and two events."""
    run = Run.objects.create(
        client=client,
        status=Run.Status.DONE,
        request={"messages": [{"role": "user", "content": prompt}]},
        decision={"route": "generation"},
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
        response=OUTPUT,
    )
    trajectory = Trajectory.objects.create(
        run=run,
        client=client,
        prompt=prompt,
        plain=True,
        signature="s" * 64,
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
        route=Trajectory.Route.GENERATION,
        route_reason="no kernel is near",
        output_text='{"email": "ada@example.org"}',
        output=OUTPUT,
        checks=[CHECK],
        verified=True,
        model="scripted",
        prompt_tokens=90,
        completion_tokens=12,
        duration_ms=810.0,
        reward=0.8,
        reward_parts={"outcome": 0.9},
    )
    kinds = (Event.Kind.MESSAGE, Event.Kind.VERIFICATION)
    for sequence, kind in enumerate(kinds):
        Event.objects.create(
            trajectory=trajectory,
            sequence=sequence,
            kind=kind,
            payload={"text": prompt},
            at=timezone.now(),
        )
    return trajectory


def add_version(
    *,
    kernel: Kernel | None = None,
    number: int = 1,
    state: KernelVersion.State = KernelVersion.State.CANDIDATE,
    sources: list[Trajectory] | None = None,
) -> KernelVersion:
    """A version with one exemplar, in the given state, of a kernel (by default a new one)."""
    kernel = kernel or Kernel.objects.create(
        name=f"kernel-{uuid.uuid4().hex[:8]}", family="extraction", description="Finds an address."
    )
    version = KernelVersion.objects.create(
        kernel=kernel,
        number=number,
        state=state,
        spec=SPEC,
        digest="d" * 64,
        description_embedding=EMBEDDING,
        encoder_digest="e" * 64,
        evidence=EVIDENCE,
    )
    Exemplar.objects.create(
        version=version,
        prompt=PROMPT,
        output=OUTPUT,
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
        live=state == KernelVersion.State.LIVE,
    )
    version.sources.set(sources or [])
    return version
