"""One output schema, as each kind of model server takes it; the verifier holds the original.

What a server does not know is left out or written wider. One thing is narrower, as in the SDKs of
OpenAI and Anthropic: there, an object of named properties has no others.

- llguidance, which a llama.cpp server may be built with: `grammar`; nearly all of the schema.
- llama.cpp: `response_format`; patterns and bounds as its own grammars can have them.
- vLLM: `structured_outputs`; without the keywords that its xgrammar refuses.
- OpenAI: `response_format`, strict where the schema fits its subset and limits; where it does not,
  not strict, which leaves it to the model.
- Anthropic: `output_config.format`, after the SDK's own transformation.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

import anthropic

from kernels.decoding.known import ALL, NO_BOUNDS, Known
from kernels.tightening import SPAN_OF
from training.decoding.guidance import UnsupportedSchema, grammar_of
from workers.backends.completion import BackendRejected
from workers.backends.grammar_schema import VALUES, for_grammar, narrow

Schema = dict[str, Any]
Dialect = Literal["llguidance", "llama.cpp", "vllm", "openai"]

UNKNOWN_TO_XGRAMMAR = (
    "multipleOf", "uniqueItems", "contains", "minContains", "maxContains", "patternProperties",
    "propertyNames", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
)  # fmt: skip
FORMATS = (
    "date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid",
)  # fmt: skip
# OpenAI's strict subset: these say the shape, and these bounds are kept; others are left out.
SHAPE = (
    "type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs",
)  # fmt: skip
KEPT = (
    "enum", "const", "description", "title", "pattern", "multipleOf", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems",
)  # fmt: skip
# Its limits.
MOST_PROPERTIES = 5000
MOST_LEVELS = 10  # of objects
MOST_CHOICES = 1000  # listed values
MOST_CHARS = 120_000  # of names and listed values
LONG_LIST = 250  # values, from which on the characters of one list count:
MOST_LONG_LIST = 15_000
# llama.cpp refuses a grammar that repeats something more often.
MOST_REPEATED = 2000
LENGTHS = frozenset({"maxLength", "maxItems"})
# Keywords whose value holds a schema a name.
NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")


def constraint(dialect: Dialect, schema: Schema) -> dict[str, Any]:
    """What holds an answer to the schema, in the body of a chat completion."""
    if dialect == "llguidance":
        return {"grammar": f"%llguidance {{}}\n{_grammar(schema)}"}
    schema = _each(schema, _without_notes)
    if dialect == "vllm":
        return {"structured_outputs": {"json": for_xgrammar(for_grammar(schema))}}
    if dialect == "openai":
        strict = for_openai(schema)
        named = {"name": "answer", "strict": strict is not None, "schema": strict or schema}
    else:
        named = {"name": "answer", "strict": True, "schema": for_grammar(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _grammar(schema: Schema) -> str:
    try:
        return grammar_of(schema)
    except UnsupportedSchema as error:
        raise BackendRejected(f"The model server cannot enforce the schema: {error}") from error


def known_bounds(dialect: Dialect, schema: Schema) -> Known:
    """The bounds that are still there in what `constraint` sends, and enforced."""
    if dialect == "llguidance":
        return ALL
    if dialect == "openai":
        if for_openai(_each(schema, _without_notes)) is None:
            return NO_BOUNDS  # not strict: the model is told, not held
        return Known(LENGTHS.intersection(KEPT))
    most = MOST_REPEATED if dialect == "llama.cpp" else math.inf
    return Known(LENGTHS, most, lambda pattern: narrow(pattern) is not None)


def for_xgrammar(schema: Schema) -> Schema:
    """Without the keywords for which vLLM's xgrammar refuses a request."""

    def known(found: Schema) -> Schema:
        kept = {key: value for key, value in found.items() if key not in UNKNOWN_TO_XGRAMMAR}
        if kept.get("format", FORMATS[0]) not in FORMATS:
            del kept["format"]
        return kept

    rewritten: Schema = _each(schema, known)
    return rewritten


def for_openai(schema: Schema) -> Schema | None:
    """The schema in OpenAI's strict subset; None when that cannot say it, or not within limits."""
    try:
        found: Schema = _each(spelled_out(schema), _strict)
    except _OutsideSubset:
        return None
    root = found.get("type") == "object" and "anyOf" not in found
    return found if root and _within_limits(found) else None


def for_anthropic(schema: Schema) -> Schema:
    """The schema as Anthropic's API can enforce it. Raises `BackendRejected` when it cannot.

    Types, names, required properties and listed values are enforced; bounds, patterns and lengths
    only reach the model as part of the description.
    """
    try:
        plain = spelled_out(_each(schema, _without_notes))
        return anthropic.transform_schema(_each(plain, _without_type_lists))
    except (ValueError, TypeError, AssertionError) as error:
        raise BackendRejected(f"Anthropic's API cannot enforce the schema: {error}") from error


def spelled_out(schema: Schema) -> Schema:
    """Fixed lists and objects, and lists of fixed places, as the items and properties they have."""
    rewritten: Schema = _each(schema, _spelled)
    return rewritten


def _without_notes(schema: Schema) -> Schema:
    """Without what only grammars in this process read."""
    return {key: value for key, value in schema.items() if key != SPAN_OF}


def _spelled(schema: Schema) -> Schema:
    if isinstance(value := schema.get("const"), list | dict):
        return _of_value(value)
    if "prefixItems" not in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "prefixItems"}
    parts = [*schema["prefixItems"], *([schema["items"]] if schema.get("items") else [])]
    return rest | {"items": parts[0] if len(parts) == 1 else {"anyOf": _different(parts)}}


def _of_value(value: Any) -> Schema:
    """A schema of the value, but for the order and repetition of a list's items."""
    if isinstance(value, dict):
        properties = {name: _of_value(inner) for name, inner in value.items()}
        names = list(properties)
        closed = {"required": names, "additionalProperties": False}
        return {"type": "object", "properties": properties, **closed}
    if not isinstance(value, list):
        return {"const": value}
    count = {"minItems": len(value), "maxItems": len(value)}
    items = {"items": {"anyOf": _different(map(_of_value, value))}} if value else {}
    return {"type": "array", **items, **count}


def _different(parts: Any) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return found


def _without_type_lists(schema: Schema) -> Schema:
    """`"type": [a, b]` written as `anyOf`."""
    if not isinstance(schema.get("type"), list) or "enum" in schema:
        return schema
    rest = {key: value for key, value in schema.items() if key != "type"}
    return {"anyOf": [{**rest, "type": kind} for kind in schema["type"]]}


class _OutsideSubset(Exception):
    """The schema says something that OpenAI's strict subset cannot."""


def _strict(schema: Schema) -> Schema:
    if schema.keys() & {"allOf", "not", "if", "patternProperties", "dependentSchemas", "$id"}:
        raise _OutsideSubset
    found = {key: value for key, value in schema.items() if key in SHAPE + KEPT}
    if "oneOf" in schema:
        found["anyOf"] = schema["oneOf"]
    if schema.get("format") in FORMATS:
        found["format"] = schema["format"]
    if "object" in _types(schema):
        properties = found.get("properties", {})
        if not properties or set(properties) != set(found.get("required", [])):
            raise _OutsideSubset
        if found.get("additionalProperties"):
            raise _OutsideSubset
        found["additionalProperties"] = False
    if "array" in _types(schema) and "items" not in found:
        raise _OutsideSubset
    if not found.keys() & {"type", "enum", "const", "anyOf", "$ref"}:
        raise _OutsideSubset
    return found


def _types(schema: Schema) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _within_limits(schema: Schema) -> bool:
    parts = list(_parts(schema))
    names = [name for part in parts for name in part.get("properties", {})]
    lists = [part["enum"] for part in parts if "enum" in part]
    listed = [value for values in lists for value in values] + [
        part["const"] for part in parts if "const" in part
    ]
    chars = sum(map(len, names)) + sum(len(str(value)) for value in listed)
    long_ones = (values for values in lists if len(values) > LONG_LIST)
    return (
        len(names) <= MOST_PROPERTIES
        and len(listed) <= MOST_CHOICES
        and chars <= MOST_CHARS
        and _levels(schema) <= MOST_LEVELS
        and all(sum(len(str(value)) for value in one) <= MOST_LONG_LIST for one in long_ones)
    )


def _levels(schema: Schema) -> int:
    inner = max((_levels(part) for part in _children(schema)), default=0)
    return inner + ("object" in _types(schema))


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for child in _children(schema):
        yield from _parts(child)


def _children(schema: Schema) -> Iterator[Schema]:
    for key, value in schema.items():
        if key in VALUES:
            continue
        if key in NAMED:
            yield from (inner for inner in value.values() if isinstance(inner, dict))
        elif isinstance(value, list):
            yield from (inner for inner in value if isinstance(inner, dict))
        elif isinstance(value, dict):
            yield value


def _each(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """The schema with the change made to each schema in it, the outer ones first."""
    if isinstance(schema, list):
        return [_each(one, change) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _inside(key, value, change) for key, value in change(schema).items()}


def _inside(key: str, value: Any, change: Callable[[Schema], Schema]) -> Any:
    if key in VALUES or not isinstance(value, dict | list):
        return value
    if isinstance(value, dict) and key in NAMED:
        return {name: _each(inner, change) for name, inner in value.items()}
    return _each(value, change)
