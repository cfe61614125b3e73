"""How well a prompt fits a kernel, as numbers between 0 and 1 (the features of row KW4)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any

_WORD = re.compile(r"[a-zà-ÿ']+")


@dataclass(frozen=True)
class Profile:
    """What the prompts of one kernel have in common."""

    anchors: tuple[str, ...]  # words found in at least half of the prompts
    openers: tuple[str, ...]  # first words
    median_words: float

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Profile":
        return cls(tuple(value["anchors"]), tuple(value["openers"]), value["median_words"])


@dataclass(frozen=True)
class Features:
    """One row for the calibrator. Similarities are cosines, clipped at 0."""

    nearest_similarity: float
    family_similarity: float  # mean of the three nearest exemplars
    description_similarity: float
    evidence_coverage: float  # share of the preconditions that hold
    kernel_confidence: float
    drift: float  # how far the verified rate fell below the confidence
    conflict: float  # how close the next best kernel comes
    lexical_support: float
    length_ratio: float
    intent_match: float

    def vector(self) -> list[float]:
        return list(asdict(self).values())

    @classmethod
    def names(cls) -> list[str]:
        return [field.name for field in fields(cls)]


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def profile(prompts: Sequence[str]) -> Profile:
    """Summarises the prompts of a kernel."""
    counts = Counter(word for prompt in prompts for word in set(words(prompt)))
    anchors = sorted(word for word, count in counts.items() if 2 * count >= len(prompts))
    openers = {words(prompt)[0] for prompt in prompts if words(prompt)}
    lengths = [len(prompt.split()) for prompt in prompts] or [1]
    return Profile(tuple(anchors), tuple(sorted(openers)), float(median(lengths)))


def lexical_support(prompt: str, profile: Profile) -> float:
    """Share of the kernel's common words that the prompt has; 0 when it has no common words."""
    if not profile.anchors:
        return 0.0
    present = set(words(prompt))
    return sum(word in present for word in profile.anchors) / len(profile.anchors)


def length_ratio(prompt: str, profile: Profile) -> float:
    """The shorter of the two lengths over the longer, in words."""
    here, usual = max(1, len(prompt.split())), max(1.0, profile.median_words)
    return min(here, usual) / max(here, usual)


def intent_match(prompt: str, profile: Profile) -> float:
    """1 when the prompt opens with a word that opens one of the kernel's prompts."""
    first = words(prompt)[:1]
    return float(bool(first) and first[0] in profile.openers)
