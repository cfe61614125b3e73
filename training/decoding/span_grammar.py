"""A schema with strings that are spans of a text, as a grammar for llguidance.

JSON Schema cannot say that a string stands in the prompt; llguidance can, for texts of any length.
"""

import json
from typing import Any

from kernels.tightening import SPAN_OF, chunks_of


def has_spans(schema: dict[str, Any]) -> bool:
    """Whether a property of the object, or an item of a list in it, is a span of a text."""
    return any(_spanned(inner) for inner in schema.get("properties", {}).values())


def span_grammar(schema: dict[str, Any], options: Any) -> str:
    """The grammar of an object whose properties come in order, all of them that are required.

    Spans may be properties or items of lists among them; all else is JSON under its own schema. A
    list of spans has no upper count but its own, and lengths are left to the verifier.
    """
    rules: list[str] = []
    members: list[str] = []
    needed = set(schema.get("required", []))
    for number, (name, inner) in enumerate(schema["properties"].items()):
        if name in needed:
            members.append(
                f"{_literal(json.dumps(name) + options['key_separator'])} value_{number}"
            )
            rules += _rules(f"value_{number}", inner, schema, options)
    separator = f" {_literal(options['item_separator'])} "
    return "\n".join([f'start: "{{" {separator.join(members)} "}}"', *rules])


def _rules(name: str, schema: dict[str, Any], root: dict[str, Any], options: Any) -> list[str]:
    if not _spanned(schema):
        definitions = {key: root[key] for key in ("$defs", "definitions") if key in root}
        inner = schema | definitions | {"x-guidance": options}
        return [f"{name}: %json {json.dumps(inner)}"]
    of = schema if SPAN_OF in schema else schema["items"]
    chunks = json.dumps({"substring_chunks": chunks_of(of[SPAN_OF])})
    string = [f'{name}_s: "\\"" {name.upper()} "\\""', f"{name.upper()}: %regex {chunks}"]
    if SPAN_OF in schema:
        return [f"{name}: {name}_s", *string]
    return [f'{name}: "[" {_listed(f"{name}_s", schema, options)} "]"', *string]


def _listed(item: str, schema: dict[str, Any], options: Any) -> str:
    """As many items as the list may have; `{0,0}` is no repetition to llguidance."""
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if most == 0:
        return ""
    end = "" if most is None else most - 1
    more = f" ({_literal(options['item_separator'])} {item}){{{max(least - 1, 0)},{end}}}"
    some = item if most == 1 else item + more
    return some if least else f"({some})?"


def _spanned(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    items = schema.get("items", {})
    return SPAN_OF in schema or (isinstance(items, dict) and SPAN_OF in items)


def _literal(text: str) -> str:
    return json.dumps(text)


def lark(schema: dict[str, Any], options: Any) -> str:
    """The schema as a grammar, with or without spans."""
    if has_spans(schema):
        return span_grammar(schema, options)
    return f"start: %json {json.dumps(schema | {'x-guidance': options})}"
