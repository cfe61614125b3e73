"""A narrower schema learnt from an output that broke what no grammar holds.

A grammar knows no uniqueItems, contains or dependentRequired. The first place in the output that
breaks one of them becomes a counterexample: what was written before it is fixed, the break itself
is ruled out, and what comes after it is written again. A list that repeats itself is closed before
its first repetition; if it is too short for that, it goes on with values that it does not have,
where the schema lists them.
"""

import json
from typing import Any

import jsonschema_rs

Schema = dict[str, Any]


def second_round(schema: Any, output: Any) -> Schema | None:
    """The schema that rules out the first break in the output; None when there is none to rule out.

    Looks into properties and items, not into alternatives or references.
    """
    if not isinstance(schema, dict) or "enum" in schema or "const" in schema:
        return None
    if isinstance(output, dict):
        return _object(schema, output)
    return _list(schema, output) if isinstance(output, list) else None


def only_value(schema: Schema) -> list[Any]:
    """The one value that the schema allows, in a list; empty when it may allow more."""
    if "const" in schema:
        return [schema["const"]]
    if "properties" in schema and schema.get("additionalProperties") is False:
        names = list(schema["properties"])
        values = [only_value(inner) for inner in schema["properties"].values()]
        if all(values) and set(names) <= set(schema.get("required", [])):
            return [{name: value[0] for name, value in zip(names, values, strict=True)}]
    if "prefixItems" in schema and schema.get("minItems") == len(schema["prefixItems"]):
        values = [only_value(inner) for inner in schema["prefixItems"]]
        if all(values) and schema.get("maxItems") == len(values):
            return [[value[0] for value in values]]
    return []


def _object(schema: Schema, output: dict[str, Any]) -> Schema | None:
    declared: dict[str, Any] = schema.get("properties", {})
    fixed: Schema = {}
    required = list(schema.get("required", []))
    broken = False
    for name, value in output.items():
        inner = declared.get(name, schema.get("additionalProperties", True))
        again = None if broken else second_round(inner, value)
        if broken:
            fixed |= {name: inner} if name in declared else {}
        else:
            fixed[name] = again or {"const": value}
            required.append(name)
            broken = again is not None
    missing = _missing(schema, output)
    if not broken and not missing:
        return None
    rest = {name: inner for name, inner in declared.items() if name not in fixed}
    return {
        "type": "object",
        "properties": fixed | rest,
        "required": list(dict.fromkeys([*required, *missing])),
        "additionalProperties": False,
    }


def _missing(schema: Schema, output: dict[str, Any]) -> list[str]:
    """Declared properties that dependentRequired or minProperties asks for."""
    declared = [name for name in schema.get("properties", {}) if name not in output]
    asked = schema.get("dependentRequired", {})
    needed = {other for name in output for other in asked.get(name, [])}
    missing = [name for name in declared if name in needed]
    more = schema.get("minProperties", 0) - len(output) - len(missing)
    return missing + [name for name in declared if name not in missing][: max(more, 0)]


def _list(schema: Schema, output: list[Any]) -> Schema | None:
    first, items = schema.get("prefixItems", []), schema.get("items", {})
    for position, item in enumerate(output):
        inner = first[position] if position < len(first) else items
        again = second_round(inner, item)
        if again is not None:
            return _continued(schema, output[:position], [again])
    if schema.get("uniqueItems") and (repeat := _first_repeat(output)) is not None:
        return _continued(schema, output[:repeat], [])
    if "contains" in schema:
        return _containing(schema, output)
    return None


def _first_repeat(output: list[Any]) -> int | None:
    """The position of the first item that stands before it, too."""
    stood = set[str]()
    for position, item in enumerate(output):
        key = json.dumps(_whole(item), sort_keys=True)
        if key in stood:
            return position
        stood.add(key)
    return None


def _whole(value: Any) -> Any:
    """1.0 as 1, which JSON Schema takes to be equal."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {k: _whole(v) for k, v in value.items()} if isinstance(value, dict) else value


def _containing(schema: Schema, output: list[Any]) -> Schema | None:
    """Items that `contains` asks for are added; those beyond maxContains end the list."""
    least = schema.get("minContains", 1)
    most = schema.get("maxContains", len(output))
    wanted = [i for i, v in enumerate(output) if jsonschema_rs.is_valid(schema["contains"], v)]
    if len(wanted) > most:
        return _continued(schema, output[: wanted[most]], [])
    lacking = least - len(wanted)
    if lacking <= 0:
        return None
    kept = output[: max(schema.get("maxItems", len(output) + lacking) - lacking, 0)]
    items, contains = schema.get("items", {}), schema["contains"]
    both = {**items, **contains} if isinstance(items, dict) else contains
    return _continued(schema, kept, [both] * lacking)


def _continued(schema: Schema, kept: list[Any], then: list[Any]) -> Schema:
    """The list with `kept` fixed, `then` after it, and as much more as it lacks."""
    lacking = max(schema.get("minItems", 0) - len(kept) - len(then), 0)
    if not then and not lacking:
        return {"const": kept}
    parts = [*({"const": item} for item in kept), *then, *[_other(schema, kept)] * lacking]
    count = len(parts)
    return {"type": "array", "prefixItems": parts, "minItems": count, "maxItems": count}


def _other(schema: Schema, kept: list[Any]) -> Any:
    """An item; of listed values, one that is not in the list yet if they must differ."""
    items = schema.get("items", {})
    if not schema.get("uniqueItems") or "enum" not in items:
        return items
    return items | {
        "enum": [value for value in items["enum"] if value not in kept] or items["enum"]
    }
