"""What the prompt says about the properties that a model writes: mined limits of the grammar.

A limit counts only if it holds on every trace, and if the values differ enough to tell copying from
a label that happens to stand in the prompts.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kernels.compiler.pairs import Pair
from kernels.slots import LISTS
from kernels.spec import Limit
from kernels.tightening import spans_of

LEAST_POSITIVES = 5
LEAST_DISTINCT = 0.5  # share of the traces that have a value of their own


def mine_limits(
    pairs: Sequence[Pair], properties: Mapping[str, Any], bound: Collection[str]
) -> tuple[Limit, ...]:
    """Limits for the properties that no binding gives."""
    if len(pairs) < LEAST_POSITIVES:
        return ()
    free = [name for name, schema in properties.items() if name not in bound and _is_open(schema)]
    found = (_limit(name, pairs) for name in free)
    return tuple(limit for limit in found if limit)


def _is_open(schema: Any) -> bool:
    """Whether the schema leaves the values to the model, and says of which type they are."""
    if not isinstance(schema, dict) or "enum" in schema or "const" in schema:
        return False
    if schema.get("type") == "array":
        return _is_open(schema.get("items"))
    return schema.get("type") in ("string", "number", "integer")


def _limit(name: str, pairs: Sequence[Pair]) -> Limit | None:
    values = [_values(pair.output.get(name)) for pair in pairs]
    distinct = {tuple(map(str, some)) for some in values if some}
    if len(distinct) < LEAST_DISTINCT * len(pairs):
        return None
    for part in LISTS:
        if all(_among(some, pair.input[part]) for some, pair in zip(values, pairs, strict=True)):
            return Limit(property=name, how="among", expression=f"input.{part}")
    if all(_spans(some, pair.input["prompt"]) for some, pair in zip(values, pairs, strict=True)):
        return Limit(property=name, how="span", expression="input.prompt")
    return None


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _among(values: Sequence[Any], given: Sequence[Any]) -> bool:
    return all(value in given and not isinstance(value, bool) for value in values)


def _spans(values: Sequence[Any], prompt: str) -> bool:
    spans = spans_of(prompt)
    return spans is not None and all(value in spans for value in values)
