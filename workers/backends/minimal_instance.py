"""The smallest JSON value that a JSON Schema allows."""

import json
import math
from typing import Any

FORMATS = {
    "date-time": "2000-01-01T00:00:00Z",
    "date": "2000-01-01",
    "time": "00:00:00Z",
    "duration": "PT0S",
    "email": "a@example.com",
    "hostname": "example.com",
    "uri": "https://example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

Schema = dict[str, Any]
MOST = 10_000  # items of a list, characters of a string


class NoInstance(ValueError):
    """The schema allows no value, or none that is small."""


def minimal_json(schema: Schema) -> str:
    """The value of `minimal_instance` as JSON text. Raises NoInstance."""
    return json.dumps(minimal_instance(schema))


def minimal_instance(schema: Schema) -> Any:
    """The same value every time: first alternatives, required properties, lowest counts.

    Covers types, enum, const, required, items, bounds, lengths, formats, anyOf, oneOf, allOf and
    local references. Not covered: pattern, not, if, uniqueItems, dependent and counted properties.
    Raises NoInstance.
    """
    try:
        return _instance(schema, schema)
    except RecursionError as error:
        raise NoInstance("the schema refers to itself without an end") from error


def _instance(schema: Schema | bool, root: Schema) -> Any:
    if isinstance(schema, bool):
        return None
    schema = _flat(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        if not schema["enum"]:
            raise NoInstance("an empty enum")
        return schema["enum"][0]
    kind = _kind(schema)
    if kind == "object":
        return _object(schema, root)
    if kind == "array":
        return _array(schema, root)
    if kind == "string":
        return _string(schema)
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    return False if kind == "boolean" else None


def _flat(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference, its first alternative and all its conjuncts merged in."""
    inner = [*schema.get("allOf", []), *schema.get("anyOf", [])[:1], *schema.get("oneOf", [])[:1]]
    if "$ref" in schema:
        inner.append(_referred(schema["$ref"], root))
    merged = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf", "$ref")}
    for part in inner:
        merged = _both(merged, _flat(part, root))
    return merged


def _both(one: Schema, other: Schema) -> Schema:
    return {
        **other,
        **one,
        "properties": {**other.get("properties", {}), **one.get("properties", {})},
        "required": [*one.get("required", []), *other.get("required", [])],
    }


def _referred(ref: str, root: Schema) -> Schema:
    found: Any = root
    for step in ref.removeprefix("#").split("/")[1:]:
        found = found[step.replace("~1", "/").replace("~0", "~")]
    referred: Schema = found
    return referred


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return str(kind[0])
    if kind is not None:
        return str(kind)
    if schema.get("properties") or schema.get("required"):
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "null"


def _object(schema: Schema, root: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: _instance(properties.get(name, {}), root) for name in schema.get("required", [])}


def _array(schema: Schema, root: Schema) -> list[Any]:
    first, rest = schema.get("prefixItems", []), schema.get("items", {})
    count = _small(schema.get("minItems", 0))
    return [_instance(first[i] if i < len(first) else rest, root) for i in range(count)]


def _string(schema: Schema) -> str:
    text = FORMATS.get(schema.get("format", ""), "")
    return text.ljust(_small(schema.get("minLength", 0)), "x")


def _small(count: int) -> int:
    if count > MOST:
        raise NoInstance(f"{count} is more than {MOST}")
    return int(count)


def _number(schema: Schema, *, whole: bool) -> int | float:
    """Zero when that is allowed, else the first allowed one near the bounds."""
    step: float = schema.get("multipleOf", 1)
    low: Any = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high: Any = schema.get("maximum", schema.get("exclusiveMaximum", low))
    up, down = math.ceil(low / step) * step, math.floor(high / step) * step
    tries = [0, up, up + step, down, down - step, low, high, (low + high) / 2]
    value = next((number for number in tries if _allowed(number, schema, whole=whole)), 0)
    return int(value) if value == int(value) else value


def _allowed(number: float, schema: Schema, *, whole: bool) -> bool:
    step: float | None = schema.get("multipleOf", 1 if whole else None)
    return (
        number >= schema.get("minimum", -math.inf)
        and number <= schema.get("maximum", math.inf)
        and number > schema.get("exclusiveMinimum", -math.inf)
        and number < schema.get("exclusiveMaximum", math.inf)
        and (step is None or math.isclose(number / step, round(number / step), abs_tol=1e-9))
    )
