"""What can be where in a plan: a schema that allows all of it, and some values that really occur.

The schema is for proofs and may allow too much; the values are for refutation and are too few. What
is proved holds for everything, and what is refuted is refuted by something possible.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import Any

from kernels.algebra.schemas import Case, Schema, TooLarge, any_of, cases, generous, readable

MAX_SAMPLES = 240
MAX_MERGED = 64


@dataclass(frozen=True)
class Flow:
    """The values that pass somewhere; each sample is possible with whatever was before it.

    `sources` are what the samples were built from, if they were. `told`: what may pass is unknown,
    and a finding says so already.
    """

    schema: Schema
    samples: tuple[Any, ...] = ()
    sources: tuple[Any, ...] = ()
    told: bool = False

    def source(self, index: int) -> Any:
        """What explains a sample best: what it was built from, else itself."""
        return self.sources[index] if self.sources else self.samples[index]

    def only(self, samples: Sequence[Any]) -> "Flow":
        """The same with fewer samples."""
        return Flow(self.schema, tuple(samples))


def union(flows: Sequence[Flow]) -> Flow:
    """What passes in any of these."""
    samples = [sample for flow in flows for sample in flow.samples]
    return Flow(any_of(flow.schema for flow in flows), tuple(samples[:MAX_SAMPLES]))


def combined(sources: Mapping[str, Flow]) -> Iterator[dict[str, Any]]:
    """Values for several flows at once: the plainest, each one varied, then all varied together."""
    if not all(flow.samples for flow in sources.values()):
        return
    plainest = {name: flow.samples[0] for name, flow in sources.items()}
    yield dict(plainest)
    for name, flow in sources.items():
        for sample in flow.samples[1:]:
            yield {**plainest, name: sample}
    for index in range(1, max((len(flow.samples) for flow in sources.values()), default=0)):
        yield {name: flow.samples[index % len(flow.samples)] for name, flow in sources.items()}


@dataclass(frozen=True)
class Written:
    """The properties that a branch may write, as far as its schema names them."""

    names: frozenset[str]
    others: bool  # it may write properties that its schema does not name
    cases: tuple[Case, ...]


def written(schema: Schema) -> Written | None:
    """What a branch writes; None when it may give something that is no object."""
    try:
        found = cases(generous(readable(schema)))
    except TooLarge:
        return None
    if any(case.type != "object" for case in found):
        return None
    names = {name for case in found for name in case.named if case.at(name) is not False}
    others = any(case.other is not False for case in found)
    return Written(frozenset(names), others, tuple(found))


def object_of(properties: Mapping[str, Schema]) -> dict[str, Any]:
    """The schema of an object with these properties, all of them and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(properties),
        "additionalProperties": False,
    }


def merged(branches: Sequence[Flow], *, each_may_be_missing: bool) -> Flow:
    """What a parallel gives when its branches give these, all of them objects."""
    pieces = [written(branch.schema) for branch in branches]
    schema: Schema = {"type": "object"}
    if all(pieces) and len(list(_product(pieces))) <= MAX_MERGED:
        schema = any_of(_joined(one, each_may_be_missing) for one in _product(pieces))
    kept = _subsets(len(branches)) if each_may_be_missing else [tuple(range(len(branches)))]
    samples = []
    for subset in kept:
        for values in combined({str(index): branches[index] for index in subset}):
            samples.append({k: v for value in values.values() for k, v in value.items()})
    return Flow(schema, tuple(samples[:MAX_SAMPLES]))


def _product(pieces: Sequence[Written | None]) -> Iterator[tuple[Case, ...]]:
    return product(*(piece.cases if piece else () for piece in pieces))


def _subsets(count: int) -> list[tuple[int, ...]]:
    sizes = range(1, count + 1) if count <= 4 else (1, count)
    return list(chain.from_iterable(combinations(range(count), size) for size in sizes))


def _joined(parts: tuple[Case, ...], each_may_be_missing: bool) -> Schema:
    properties: dict[str, Schema] = {}
    for name in sorted(frozenset[str]().union(*(part.named for part in parts))):
        properties[name] = any_of(part.at(name) for part in parts)
    required = frozenset[str]().union(*(part.required for part in parts))
    return {
        "type": "object",
        "properties": properties,
        "required": [] if each_may_be_missing and len(parts) > 1 else sorted(required),
        "additionalProperties": any_of(part.other for part in parts),
    }
