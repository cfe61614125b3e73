"""Ranks skills for a prompt: cosine times weight (row KR6), with the part that matched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLAIN_WEIGHT = 1.0  # of a skill that was never rewarded


@dataclass(frozen=True)
class BestPart:
    """Of all texts that a skill is found by, the one that is nearest to the prompt."""

    skill: str
    part: str
    text: str
    cosine: float


@dataclass(frozen=True)
class Ranked:
    """A skill at its place, and why it is there."""

    skill: str
    score: float
    cosine: float
    weight: float
    part: str
    text: str

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.skill,
            "score": round(self.score, 6),
            "cosine": round(self.cosine, 6),
            "weight": round(self.weight, 6),
            "matched": {"part": self.part, "text": self.text},
        }


def ranked(parts: Iterable[BestPart], weights: Mapping[str, float]) -> tuple[Ranked, ...]:
    """The best first; of equals, the first by name."""
    found = []
    for best in parts:
        weight = weights.get(best.skill, PLAIN_WEIGHT)
        score = best.cosine * weight
        found.append(Ranked(best.skill, score, best.cosine, weight, best.part, best.text))
    return tuple(sorted(found, key=lambda one: (-one.score, one.skill)))


def vector_choice(ranking: Sequence[Ranked], min_cosine: float) -> Ranked | None:
    """The first skill that is near enough to the prompt to be meant at all."""
    return next((one for one in ranking if one.cosine >= min_cosine), None)


def served_order(
    ranking: Sequence[Ranked], by_regex: str | None, serving: str
) -> tuple[Ranked, ...]:
    """The vectors' order; while patterns serve, with their choice first."""
    if serving == "vector":
        return tuple(ranking)
    return tuple(sorted(ranking, key=lambda one: one.skill != by_regex))
