"""A version's spec, put in words for the reviewer."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from trajectories.markup import badge, json_block, table

Json = Mapping[str, Any]

NOTHING = SafeString("<p>None.</p>")
SLOT = re.compile(r"((?<!\{)\{[a-z]+[1-9]\d{0,2}\}(?!\}))")
MARK = "background: #fde68a; color: #1f2937; border-radius: 3px; padding: 0 3px"
RULE_KEYS = ("expression", "pattern", "question", "event", "json_schema")


def conditions(items: Iterable[Json]) -> SafeString:
    """What must hold: in the author's words, and as it is checked."""
    rows = [
        [item.get("label") or "(no label)", badge(item["kind"]), _code(_rule(item))]
        for item in items
    ]
    return table(["in words", "kind", "rule"], rows) if rows else NOTHING


def source(spec: Json) -> SafeString:
    """All of it as data, folded."""
    return format_html(
        '<details><summary class="cursor-pointer">The whole spec as JSON</summary>{}</details>',
        json_block(spec),
    )


def templates(items: Iterable[str]) -> SafeString:
    """The forms of its prompts, with a name for what each fills in; it may serve others as well."""
    rows = [[marked_slots(item)] for item in items]
    return table(["fixed words and {gaps}"], rows) if rows else NOTHING


def fields(schema: Json) -> SafeString:
    """The properties of an object schema, one a line, then the schema itself."""
    required = schema.get("required", ())
    rows = [
        [_code(name), _type(field), "required" if name in required else "optional", _limits(field)]
        for name, field in schema.get("properties", {}).items()
    ]
    return format_html(
        '{}<details class="mt-3"><summary class="cursor-pointer">JSON Schema</summary>{}</details>',
        table(["property", "type", "", "limits"], rows) if rows else "",
        json_block(schema),
    )


def recipe(steps: Iterable[Json]) -> SafeString:
    """The steps in order: what is computed, and what the model is asked."""
    rows = [[str(number), _step(step)] for number, step in enumerate(steps, 1)]
    return table(["step", "what happens"], rows) if rows else NOTHING


LIMITS = {
    "span": "the model copies words from",
    "among": "the model takes from",
    "at_most": "is at most",
    "at_least": "is at least",
}


def bindings(steps: Iterable[Json]) -> SafeString:
    """Which properties of the output come from the input, or are held to what is in it."""
    rows = [
        [
            _code(binding["property"]),
            "the model picks from" if binding.get("choice") else "is",
            _code(binding["expression"]),
        ]
        for step in steps
        for binding in step.get("bindings", ())
    ] + [
        [_code(limit["property"]), LIMITS[limit["how"]], _code(limit["expression"])]
        for step in steps
        for limit in step.get("limits", ())
    ]
    return table(["property", "", "expression over the input"], rows) if rows else NOTHING


def _rule(condition: Json) -> str:
    rule = next((condition[key] for key in RULE_KEYS if key in condition), "")
    text = rule if isinstance(rule, str) else json.dumps(rule, ensure_ascii=False)
    path = condition.get("path")
    return f"{path}: {text}" if path else text


def _step(step: Json) -> SafeString:
    if step["kind"] == "compute":
        names = ", ".join(binding["property"] for binding in step.get("bindings", ()))
        return format_html("Computes {} from the input; no model is called for it.", names)
    asks = format_html(
        "Asks the model under the output schema, with up to {} worked examples and {} tokens.",
        step.get("shots", 0),
        step.get("max_tokens", "?"),
    )
    instruction = step.get("instruction")
    return format_html("{}<br><em>{}</em>", asks, instruction) if instruction else asks


def _type(field: Json) -> str:
    if "enum" in field:
        return "one of " + ", ".join(str(value) for value in field["enum"])
    kind = field.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _limits(field: Json) -> SafeString:
    limits = ((key, field[key]) for key in field if key not in ("type", "enum", "description"))
    return format_html_join(", ", "{} {}", limits) or SafeString("none")


def marked_slots(template: str) -> SafeString:
    """A template with its gaps marked."""
    pieces = SLOT.split(template)  # fixed words and gaps take turns
    marked = (
        (format_html('<mark style="{}">{}</mark>', MARK, piece) if at % 2 else piece,)
        for at, piece in enumerate(pieces)
    )
    return format_html(
        '<code style="overflow-wrap: anywhere">{}</code>', format_html_join("", "{}", marked)
    )


def _code(text: str) -> SafeString:
    return format_html('<code style="overflow-wrap: anywhere">{}</code>', text)
