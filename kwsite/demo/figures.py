"""What a phase of the demo comes to in numbers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from kwsite.demo.asking import Answered


@dataclass(frozen=True)
class Figures:
    """Rates are shares of all prompts; `tokens_saved` is against the same prompts before."""

    prompts: int
    by_kernel: int
    verified_rate: float
    correct_rate: float
    tokens_per_answer: float
    p50_ms: float
    tokens_saved: int | None = None
    saved_rate: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def figures(answers: Sequence[Answered], before: Sequence[Answered] = ()) -> Figures:
    """`before`: the same prompts, answered by the model alone."""
    count = max(1, len(answers))
    spent = sum(one.tokens for one in answers)
    spent_before = sum(one.tokens for one in before)
    saved = spent_before - spent if before else None
    return Figures(
        prompts=len(answers),
        by_kernel=sum(one.route == "kernel" for one in answers),
        verified_rate=sum(one.verified is True for one in answers) / count,
        correct_rate=sum(one.correct for one in answers) / count,
        tokens_per_answer=spent / count,
        p50_ms=median(one.ms for one in answers) if answers else 0.0,
        tokens_saved=saved,
        saved_rate=(saved or 0) / max(1, spent_before),
    )
