"""The regression gate for a contract that a person edited: the recipe is as it was."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from kernels.compiler.compile import Trace
from kernels.compiler.distinct import same_question
from kernels.execution import Ask
from kernels.gate import regression_gate
from kernels.models import KernelVersion
from kernels.mutation import Accepted, most_varied, mutation_score
from kernels.review import locked, move
from kernels.slots import bind
from kernels.spec import KernelSpec
from workers.blast_radius import Tell
from workers.proposal import MUTATED
from workers.replay import REPLAYED, replayed
from workers.replay_case import OBSERVED, Case, run_case

State = KernelVersion.State


def edited_evidence(
    spec: KernelSpec, traces: Sequence[Trace], ask: Ask, tell: Tell
) -> dict[str, Any]:
    """Replays the sources, each without itself among the examples. Raises BackendError."""
    count = min(REPLAYED, len(traces))
    outcomes = []
    for at in range(count):
        tell(at, count)
        trace = traces[at * len(traces) // count]
        asked = same_question(trace.prompt)
        others = tuple(other for other in traces if same_question(other.prompt) != asked)
        outcomes.append(run_case(Case(trace, others, spec), spec, ask))
    figures = replayed(outcomes)
    gate = regression_gate(spec, traces, figures, OBSERVED)
    outputs = [
        Accepted(spec.given(bind(trace.prompt, trace.system)), trace.answer) for trace in traces
    ]
    teeth = mutation_score(spec.contract, most_varied(outputs, MUTATED), OBSERVED)
    return {
        "gate": {
            "passed": all(check.passed is not False for check in gate),
            "checks": [asdict(check) for check in gate],
        },
        "replay": {"recipe": "as it was", **asdict(figures)},
        "cases": [outcome.as_json() for outcome in outcomes],
        "mutation": teeth.as_json(),
    }


@transaction.atomic
def keep_gate(*, version: KernelVersion, found: dict[str, Any]) -> KernelVersion:
    """Stores what the gate found; a candidate that it refuses is rejected."""
    candidate = locked(version)
    candidate.evidence = {**candidate.evidence, **found}
    candidate.save(update_fields=["evidence"])
    failed = next((c for c in found["gate"]["checks"] if c["passed"] is False), None)
    if failed is not None and candidate.state == State.CANDIDATE:
        move(candidate, State.REJECTED, f"regression gate: {failed['name']}: {failed['detail']}")
    return candidate
