"""The output schema narrowed by what the prompt binds: the decoding grammar of one request.

A binding fixes a property or gives the values to choose from. A limit of the generate step leaves
the model free within what the prompt holds: a span of its words, values of one of its lists, a
range. The verifier holds the output to the schema and the contract as before.
"""

import copy
import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import jsonschema_rs

from kernels.spec import KernelSpec, Limit
from trajectories.errors import KernelWeaveError

MOST_SPANS = 500  # as many alternatives as a schema of an app may list
SPAN_WORDS = 8  # a longer span is not listed
# Where spans are too many to list: the text that the string is a span of. For grammars in this
# process; no server is sent it.
SPAN_OF = "x-span-of"
CHUNK = re.compile(r"\w+|\W", re.DOTALL)
WORD = re.compile(r"\w+(?:['’.,:/@+-]+\w+)*")  # 3.50, ann@a.org and don't are one word each

Schema = dict[str, Any]
Evaluate = Callable[[str], Any]


class BindingFailed(KernelWeaveError):
    """A binding of the kernel has no value for this prompt."""


def tightened_schema(spec: KernelSpec, values: dict[str, Any], evaluate: Evaluate) -> Schema:
    """The output schema for one prompt.

    `values` are those of the bindings, a list where there is a choice; `evaluate` gives the value
    of a limit's expression. Raises BindingFailed where a limit leaves nothing.
    """
    schema = copy.deepcopy(spec.output_schema)
    properties = schema.get("properties", {})
    for binding in spec.bindings:
        allowed = values[binding.property] if binding.choice else [values[binding.property]]
        properties[binding.property] = {"enum": allowed}
    for limit in spec.generate.limits if spec.generate else ():
        if limit.property not in values:
            own = properties[limit.property]
            properties[limit.property] = limited(own, limit, evaluate(limit.expression))
    return schema


def limited(schema: Schema, limit: Limit, value: Any) -> Schema:
    """A property's schema within the limit. Raises BindingFailed where it leaves nothing."""
    if limit.how == "span":
        return _in_items(schema, lambda one: _span(one, limit, str(value)))
    if limit.how == "among":
        if not isinstance(value, list):
            raise BindingFailed(f"{limit.property}: {limit.expression} gives no list")
        return _among(schema, limit, value)
    return _ranged(schema, limit, value)


def _in_items(schema: Schema, narrow: Callable[[Schema], Schema]) -> Schema:
    """The schema narrowed; that of a list in its items."""
    if schema.get("type") != "array":
        return narrow(schema)
    return schema | {"items": narrow(schema.get("items", {}))}


def _span(schema: Schema, limit: Limit, text: str) -> Schema:
    spans = spans_of(text)
    if spans is None:
        most = min(len(text), schema.get("maxLength", len(text)))
        return _checked({**schema, "type": "string", "maxLength": most, SPAN_OF: text}, limit)
    return {"enum": _fitting(schema, limit, spans)}


def spans_of(text: str) -> list[str] | None:
    """All spans of up to 8 whole words, as they stand in the text; None when they are too many."""
    words = [match.span() for match in WORD.finditer(text)]
    if len(words) > MOST_SPANS:
        return None
    found = {
        text[start : words[last][1]]: None
        for first, (start, _) in enumerate(words)
        for last in range(first, min(first + SPAN_WORDS, len(words)))
    }
    return list(found) if len(found) <= MOST_SPANS else None


def chunks_of(text: str) -> list[str]:
    """The text in words and single other characters, each as it stands inside a JSON string."""
    return [json.dumps(chunk, ensure_ascii=False)[1:-1] for chunk in CHUNK.findall(text)]


def _among(schema: Schema, limit: Limit, values: list[Any]) -> Schema:
    if schema.get("type") != "array":
        return {"enum": _fitting(schema, limit, values)}
    if not values:
        return _checked({**schema, "maxItems": 0}, limit)
    most = min(len(values), schema.get("maxItems", math.inf))
    items = {"enum": _fitting(schema.get("items", {}), limit, values)}
    return _checked({**schema, "items": items, "maxItems": int(most)}, limit)


def _fitting(schema: Any, limit: Limit, values: Iterable[Any]) -> list[Any]:
    """The different values that the schema allows."""
    distinct = {json.dumps(value): value for value in values}.values()
    found = [value for value in distinct if jsonschema_rs.is_valid(schema, value)]
    if not found:
        raise BindingFailed(f"{limit.property}: {limit.expression} gives nothing that fits")
    return found


# What bounds a value of each type, from below and from above.
BOUNDS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
}


def _ranged(schema: Schema, limit: Limit, value: Any) -> Schema:
    kind = str(schema.get("type"))
    if kind not in BOUNDS or not isinstance(value, int | float) or not math.isfinite(value):
        raise BindingFailed(f"{limit.property}: {limit.expression} is no bound of it")
    lower, upper = BOUNDS[kind]
    whole = kind != "number"
    if limit.how == "at_most":
        end = math.floor(value) if whole else value
        return _checked({**schema, upper: min(end, schema.get(upper, end))}, limit)
    end = math.ceil(value) if whole else value
    return _checked({**schema, lower: max(end, schema.get(lower, end))}, limit)


def _checked(schema: Schema, limit: Limit) -> Schema:
    """Crossed bounds leave nothing, and no grammar survives them."""
    for lower, upper in BOUNDS.values():
        low, high = _ends(schema, lower, upper)
        if low > high or (upper != "maximum" and high < 0):
            raise BindingFailed(f"{limit.property}: {limit.expression} leaves nothing")
    return schema


def _ends(schema: Schema, lower: str, upper: str) -> tuple[float, float]:
    low, high = schema.get(lower, -math.inf), schema.get(upper, math.inf)
    if upper == "maximum":
        low = max(low, schema.get("exclusiveMinimum", -math.inf))
        high = min(high, schema.get("exclusiveMaximum", math.inf))
    return low, high
