"""From verified traces to a proposal: compiled, replayed, held to the gate, its contract tried."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kernels.compiler.compile import Trace, compile_traces
from kernels.compiler.confidence import CompileSignals, compile_confidence
from kernels.conditions.kinds import Condition
from kernels.execution import Ask
from kernels.gate import GateCheck, Replayed, regression_gate
from kernels.mutation import Accepted, MutationScore, most_varied, mutation_score
from kernels.slots import bind
from kernels.spec import KernelSpec
from workers.replay import Replay, best_recipe
from workers.replay_case import OBSERVED

MUTATED = 10  # outputs of the family that are mutated


@dataclass(frozen=True)
class Proposal:
    """A compiled kernel with what was found out about it."""

    spec: KernelSpec
    traces: list[Trace]
    replay: Replay
    gate: list[GateCheck]
    mutation: MutationScore
    confidence: dict[str, float]

    @property
    def refusal(self) -> str:
        """Why the gate rejects it; empty when it does not."""
        failed = next((check for check in self.gate if check.passed is False), None)
        return f"regression gate: {failed.name}: {failed.detail}" if failed else ""

    @property
    def evidence(self) -> dict[str, Any]:
        """What the operator sees beside the spec."""
        checks = [asdict(check) for check in self.gate]
        return {
            "gate": {"passed": not self.refusal, "checks": checks},
            "replay": {"recipe": self.replay.recipe, **asdict(self.replay.figures)},
            "cases": [outcome.as_json() for outcome in self.replay.outcomes],
            "mutation": self.mutation.as_json(),
            "confidence": self.confidence,
        }


def compile_family(
    traces: Sequence[Trace],
    conditions: Sequence[Condition],
    *,
    failed: Sequence[Trace] = (),
    also: Sequence[Condition] = (),
    owner: str,
    conflicts: int,
    min_confidence: float,
    ask: Ask,
) -> Proposal:
    """Compiles traces of one family and finds out what the kernel is worth.

    `failed` are such prompts whose answers broke what the app asked for: what they cost counts,
    and conditions that refuse those answers. `also` are more conditions to try.
    `conflicts` counts the live kernels that already stand near. Raises NothingInCommon, and the
    backend errors of `ask`.
    """

    def compile_from(some: Sequence[Trace]) -> KernelSpec:
        return compile_traces(
            some, conditions, owner=owner, failed=failed, emitted=OBSERVED, also=also
        )

    recipe, replay = best_recipe(traces, failed, compile_from, ask)
    spec = recipe(compile_from(traces))
    confidence = compile_confidence(_signals(traces, replay.figures, conflicts))
    enough = GateCheck(
        "compile confidence",
        confidence["total"] >= min_confidence,
        f"{confidence['total']:.2f} of {min_confidence:.2f}",
    )
    gate = [*regression_gate(spec, traces, replay.figures, OBSERVED), enough]
    outputs = [
        Accepted(spec.given(bind(trace.prompt, trace.system)), trace.answer) for trace in traces
    ]
    teeth = mutation_score(spec.contract, most_varied(outputs, MUTATED), OBSERVED)
    return Proposal(spec, list(traces), replay, gate, teeth, confidence)


def _signals(traces: Sequence[Trace], replay: Replayed, conflicts: int) -> CompileSignals:
    count = len(traces)
    events = sum(trace.events for trace in traces) / count
    passed = sum(trace.passed_checks for trace in traces) / count
    return CompileSignals(
        trace_length=events,
        distinct_tools=sum(trace.tools for trace in traces) / count,
        evidence_count=passed,
        compression_gain=replay.original_tokens / max(1, replay.kernel_tokens),
        reuse_value=sum(trace.reward for trace in traces) / count,
        failure_risk=1 - replay.agreed / max(1, replay.taken),
        conflicts=conflicts,
        evidence_density=passed / max(1.0, events),
    )
