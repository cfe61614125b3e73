"""Prompts that ask two families' tasks at once, as a family of their own for each pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, cycle, islice
from random import Random
from typing import Any

from kwsite.bench.claim.evidence import SHOWN, Evidence, Index
from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.claim.joins import JOINS, Join, joined
from kwsite.demo.family import closed_object

SEED = 29
EXAMPLES = JOINS[1]  # how worked examples of two tasks are joined


@dataclass(frozen=True)
class Gold:
    """The two samples that a composite prompt was made of, by their families, and the wording."""

    parts: dict[str, Sample]
    join: Join


@dataclass(frozen=True)
class Pair:
    """An app's call for both tasks: both system prompts, and an object with both answers."""

    one: Family
    other: Family

    @property
    def name(self) -> str:
        return pair_name(self.one.name, self.other.name)

    def family(self, count: int) -> Family:
        """The pair as a family that is never trained on, with `count` test prompts."""
        families = (self.one, self.other)
        names = ", ".join(family.name for family in families)
        together = (
            "A message asks for both of these. Answer in JSON with one property for each: "
            f"{names}. Each has the answer to its task as described above."
        )
        return Family(
            name=self.name,
            kind="composite",
            system=self.one.system,
            more_systems=(self.other.system, together),
            output_schema=closed_object(**{f.name: f.output_schema for f in families}),
            train=(),
            test=tuple(self._samples(count)),
            strangers=(),
            right=lambda sample, output: parts_right(families, sample, output) == len(families),
            max_tokens=self.one.max_tokens + self.other.max_tokens,
        )

    def _samples(self, count: int) -> list[Sample]:
        """From a seed; test prompts alone, either family first, the wordings in turn."""
        random = Random(f"{SEED} {self.name}")
        wordings = random.sample(JOINS, len(JOINS))
        made = []
        for join in islice(cycle(wordings), count):
            order = random.sample((self.one, self.other), 2)
            first, second = (random.choice(family.test) for family in order)
            text = joined(join, first.prompt, second.prompt, (order[0].name, order[1].name))
            parts = {order[0].name: first, order[1].name: second}
            made.append(Sample(text, Gold(parts, join)))
        return made


@dataclass(frozen=True)
class PairIndex:
    """The evidence of both apps' calls. Each prompt finds the nearest of both, and a worked example
    is made of two: as many examples as for one task.
    """

    indexes: dict[str, Index]

    def build(self) -> None:
        for index in self.indexes.values():
            index.build()

    def by_words(self, prompt: str) -> list[Evidence]:
        return self._together([index.by_words(prompt) for index in self.indexes.values()])

    def by_meaning(self, prompt: str) -> list[Evidence]:
        return self._together([index.by_meaning(prompt) for index in self.indexes.values()])

    def _together(self, found: Sequence[list[Evidence]]) -> list[Evidence]:
        """The nearest with the nearest; where a family has none, the other's stand alone."""
        (one, ones), (other, others) = zip(self.indexes, found, strict=True)
        if not ones or not others:
            alone = [Evidence(e.prompt, {one: e.answer}) for e in ones]
            return alone + [Evidence(e.prompt, {other: e.answer}) for e in others]
        count = min(SHOWN, max(len(ones), len(others)))
        both = islice(zip(cycle(ones), cycle(others), strict=False), count)
        return [
            Evidence(
                joined(EXAMPLES, mine.prompt, theirs.prompt, (one, other)),
                {one: mine.answer, other: theirs.answer},
            )
            for mine, theirs in both
        ]


def pairs(families: Sequence[Family]) -> list[Pair]:
    return [Pair(*two) for two in combinations(families, 2)]


def pair_name(*families: str) -> str:
    """The same whichever comes first."""
    return " + ".join(sorted(families))


def parts_right(families: Sequence[Family], sample: Sample, output: Any) -> int:
    """How many of the two answers are right, each by its family's own scorer."""
    if not isinstance(output, dict):
        return 0
    parts = sample.gold.parts
    return sum(family.right(parts[family.name], output.get(family.name)) for family in families)
