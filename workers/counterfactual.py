"""Held-out traffic with and without a version (row X6): what answered, and what it would have."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kernels.compiler.distinct import same_question
from kernels.execution import Ask
from kernels.models import KernelVersion
from kernels.spec import KernelSpec
from trajectories.models import Trajectory
from workers.blast_radius import Tell
from workers.recent_traffic import said_of
from workers.replay_case import Case, Outcome, run_case
from workers.source_traces import trace_of

REPLAYED = 12
VERDICTS = ("win", "loss", "tie", "changed", "left")


def counterfactual(
    version: KernelVersion,
    spec: KernelSpec,
    taken: Sequence[Trajectory],
    examples: Sequence[Any],
    ask: Ask,
    tell: Tell,
) -> list[tuple[Trajectory, Outcome]]:
    """Runs the recipe on requests that it would take and was not made of, one of each question.

    `examples` are its exemplars as traces. Raises BackendError.
    """
    known = {same_question(one.prompt) for one in examples}
    held_out: dict[str, Trajectory] = {}
    for trajectory in taken:
        asked = same_question(trajectory.prompt)
        if asked not in known:
            held_out.setdefault(asked, trajectory)
    chosen = list(held_out.values())[:REPLAYED]
    found = []
    for done, trajectory in enumerate(chosen):
        tell(done, len(chosen))
        said = said_of(trajectory)
        trace = replace(trace_of(trajectory), denied=said == "denied")
        found.append((trajectory, run_case(Case(trace, tuple(examples), spec, said), spec, ask)))
    return found


def counterfactual_json(found: Sequence[tuple[Trajectory, Outcome]]) -> dict[str, Any]:
    """The rows side by side, with their sums. Tokens are those of requests whose cost is known."""
    verdicts = Counter(outcome.verdict for _, outcome in found)
    priced = [one for _, one in found if one.case.trace.tokens]
    return {
        "tried": sum(one.verdict in ("win", "loss", "tie") for _, one in found),
        "right": sum(one.verdict in ("win", "tie") and one.passed for _, one in found),
        "verdicts": {name: verdicts[name] for name in VERDICTS},
        "tokens_before": sum(one.case.trace.tokens for one in priced),
        "tokens_after": sum(one.spent for one in priced),
        "written_before": sum(one.case.trace.written for one in priced),
        "written_after": sum(one.written for one in priced),
        "priced": len(priced),
        "rows": [
            {**outcome.as_json(), "trajectory": str(trajectory.pk)} for trajectory, outcome in found
        ],
    }
