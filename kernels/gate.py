"""The regression gate: what a compiled kernel must show before an operator sees it (row KW9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernels.compiler.compile import Trace
from kernels.conditions.checks import Subject
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.verify import Verdict, verify


@dataclass(frozen=True)
class GateCheck:
    """One requirement, whether it is met, and the count or reason behind it.

    `passed` is None for what is only shown, and for what could not be compared.
    """

    name: str
    passed: bool | None
    detail: str


@dataclass(frozen=True)
class Replayed:
    """How the recipe did on prompts that it was compiled without, beside what answered them before.

    `prompts` were answered well before. `failed` were not: their answers broke the contract.
    `denied` were not, either: somebody said so, and nobody knows what is right.
    """

    prompts: int
    accepted: int  # of `prompts`, by the contract
    agreed: int  # of those, with the answer that was verified
    failed: int
    won: int  # of `failed`, now accepted by the contract
    kernel_tokens: int
    original_tokens: int  # 0: nobody knows
    denied: int = 0
    changed: int = 0  # of `denied`, now another answer, which the contract accepts
    left: int = 0  # of `prompts`, to what answered before: its preconditions do not hold

    @property
    def taken(self) -> int:
        return self.prompts - self.left

    @property
    def better(self) -> bool | None:
        """Strictly: more are right, or as many for fewer tokens.

        None where that cannot be told: the old cost is unknown, or denied answers would change,
        which can only be for the better.
        """
        gained = self.won - (self.taken - self.agreed)
        if gained:
            return gained > 0
        if self.original_tokens and self.kernel_tokens < self.original_tokens:
            return True
        return None if self.changed or not self.original_tokens else False


def regression_gate(
    spec: KernelSpec, traces: Sequence[Trace], replayed: Replayed, events: tuple[str, ...]
) -> list[GateCheck]:
    """The contract accepts every source output, and the recipe brings such outputs back.

    `events` are the kinds that a run of the kernel observes, for its evidence conditions.
    """

    def held_to(trace: Trace, answer: object) -> Verdict:
        # The judge has seen these outputs when they were made.
        contract = [condition for condition in spec.contract if condition.kind != "judge"]
        return verify(
            contract, Subject(spec.given(bind(trace.prompt, trace.system)), answer, events)
        )

    own = [held_to(trace, trace.answer) for trace in traces]
    swapped = [
        held_to(trace, other.answer)
        for trace, other in zip(traces, [*traces[1:], traces[0]], strict=True)
        if trace.answer != other.answer
    ]
    refused = next((verdict.reason for verdict in own if not verdict.passed), "")
    refused_swaps = sum(not verdict.passed for verdict in swapped)
    return [
        GateCheck(
            "source outputs accepted", not refused, refused or f"{len(traces)} of {len(traces)}"
        ),
        GateCheck(
            "ready for prompts it was compiled without",
            2 * replayed.taken >= replayed.prompts,
            f"{replayed.taken} of {replayed.prompts}, at least half",
        ),
        GateCheck(
            "replay accepted by the contract",
            4 * replayed.accepted >= 3 * replayed.taken,
            f"{replayed.accepted} of {replayed.taken}, at least three quarters",
        ),
        GateCheck(
            "replay agrees with what was verified",
            2 * replayed.agreed >= replayed.taken,
            f"{replayed.agreed} of {replayed.taken}, at least half",
        ),
        GateCheck("better than what answered before", replayed.better, _compared(replayed)),
        GateCheck(
            "another prompt's answer is refused (shown, not required)",
            None,
            f"{refused_swaps} of {len(swapped)}",
        ),
    ]


def _compared(replayed: Replayed) -> str:
    before = str(replayed.original_tokens) if replayed.original_tokens else "unknown"
    changed = f"; denied answers that change: {replayed.changed} of {replayed.denied}"
    now = replayed.agreed + replayed.won + replayed.left
    return (
        f"right before: {replayed.prompts} of {replayed.prompts + replayed.failed}, now: "
        f"{now}; tokens before: {before}, now: {replayed.kernel_tokens}"
        f"{changed if replayed.denied else ''}"
    )
