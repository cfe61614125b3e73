"""A schema with an end to everything that a model could write for ever.

A small model repeats itself: a string, a list or an object without an upper bound then goes on
until the tokens are spent, and the text is no JSON. The bounds derived here are for the grammar
alone; the verifier holds the schema as it is. A text at such a bound was cut, and `reached` says
so.
"""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from kernels.decoding.known import ALL, Known
from kernels.decoding.patterns import ended

# Characters that a token is taken to be, round after round. First more than prose has (English has
# four to five), and each value may have all of it: the tokens end the text before a bound does.
# Then what numbers and code have, shared out; then what escapes have.
CHARS_A_TOKEN = (6.0, 1.0, 0.25)
SCALARS = ["string", "number", "boolean", "null"]
ENDING = {"boolean": 5.0, "null": 4.0, "integer": 17.0, "number": 34.0}  # characters, at most
APPLIED = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True)
class Bounded:
    """A schema for a grammar, and what its derived bounds are."""

    schema: dict[str, Any]
    grammar: dict[str, Any]
    clear: dict[str, Any]  # each derived bound one lower: what satisfies it was not cut
    counts: dict[str, Any]  # the derived bounds, but for patterns

    def reached(self, output: Any) -> tuple[str, ...]:
        """Where the output is as long as a derived bound lets it be, as in `items/3`.

        What goes beyond a bound was not under it.
        """
        own = set(_errors(self.schema, output))
        at = {where for where, _ in set(_errors(self.clear, output)) - own}
        beyond = {where for where, _ in set(_errors(self.counts, output)) - own}
        return tuple(sorted(where or "the output" for where in at - beyond))

    def cut(self, text: str) -> bool:
        """Whether the text is at a derived bound."""
        try:
            return bool(self.reached(json.loads(text)))
        except ValueError:
            return False


def bounded(
    schema: dict[str, Any],
    max_tokens: int,
    *,
    attempt: int = 0,
    seen: Any = None,
    known: Known = ALL,
) -> Bounded:
    """The schema for a text of at most `max_tokens`, with bounds that its grammar holds.

    `seen` is what an earlier attempt wrote before it was cut: it shows how long items are, and
    which names an object of any names has. Not covered: definitions that refer to themselves, the
    digits of a fraction where a grammar sets none, and values that have no small instance.
    """
    attempt = min(attempt, len(CHARS_A_TOKEN) - 1)
    room = max(1, int(max_tokens * CHARS_A_TOKEN[attempt]))
    found = [] if seen is None else [seen]
    shared = attempt > 0
    grammar = _Bounds(shared, known).of(schema, room, found)
    clear = _Bounds(shared, known, less=1).of(schema, room, found)
    counts = _Bounds(shared, known, patterns=False).of(schema, room, found)
    return Bounded(schema, grammar, clear, counts)


def _errors(schema: dict[str, Any], output: Any) -> Iterable[tuple[str, str]]:
    for error in jsonschema_rs.iter_errors(schema, output):
        # A schema that is `false` has no keyword, and so no path.
        keyword = str(error.schema_path[-1]) if error.schema_path else "false"
        yield "/".join(map(str, error.instance_path)), keyword


def _compiles(pattern: str) -> bool:
    """Whether it can be checked: repetitions of many and wide classes are too large."""
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


@dataclass(frozen=True)
class _Bounds:
    """How bounds are derived. With `less` each derived one is that much lower."""

    shared: bool  # whether the parts of a value share its room, or each may have all of it
    known: Known
    less: int = 0
    patterns: bool = True  # whether their repetitions get an end

    def _end(self, keyword: str, most: float, own: float) -> dict[str, Any]:
        """The derived bound, where it is tighter than the schema's own and would be held."""
        if most < own and self.known.count(keyword, int(most)):
            return {keyword: int(most) - self.less}
        return {}

    def of(self, schema: Any, room: int, seen: Sequence[Any]) -> Any:
        """`room` in characters; `seen` are values that stood here."""
        if not isinstance(schema, dict):
            return self._anything({}, room) if schema is True else schema
        if "enum" in schema or "const" in schema or "$ref" in schema:
            return schema | self._definitions(schema, room)
        found = dict(schema) | self._definitions(schema, room)
        for name in APPLIED:
            if name in schema:
                found[name] = [self.of(one, room, seen) for one in schema[name]]
        kinds = _kinds(schema)
        if not kinds:
            return found if found.keys() & {*APPLIED, "not", "if"} else self._anything(found, room)
        if "string" in kinds:
            found |= self._string(schema, room)
        if "array" in kinds:
            found |= self._array(schema, room, [v for v in seen if isinstance(v, list)])
        if "object" in kinds:
            found |= self._object(schema, room, [v for v in seen if isinstance(v, dict)])
        return found

    def _definitions(self, schema: dict[str, Any], room: int) -> dict[str, Any]:
        share = room // 4 if self.shared else room
        return {
            key: {name: self.of(inner, share, ()) for name, inner in schema[key].items()}
            for key in ("$defs", "definitions")
            if key in schema
        }

    def _anything(self, schema: dict[str, Any], room: int) -> Any:
        """Any value at all: when room is short, no lists and no objects."""
        if not self.shared:
            return schema
        if self.less:
            return False
        return schema | {"type": SCALARS} | self._end("maxLength", max(1, room - 2), math.inf)

    def _string(self, schema: dict[str, Any], room: int) -> dict[str, Any]:
        """A grammar may know the pattern alone: its repetitions end, too."""
        own = schema.get("maxLength", math.inf)
        most = min(max(schema.get("minLength", 0), room - 2, 1), own)
        found = self._end("maxLength", most, own)
        pattern = ended(schema["pattern"], int(most)) if "pattern" in schema else None
        if pattern is None or not self.patterns or not self.known.ending(pattern):
            return found
        if not self.less:
            return found | {"pattern": pattern.pattern}
        if most == own:
            return {}
        if _compiles(pattern.lower):
            return {"pattern": pattern.lower}
        return {"maxLength": pattern.most - 1}

    def _array(
        self, schema: dict[str, Any], room: int, seen: Sequence[list[Any]]
    ) -> dict[str, Any]:
        if "prefixItems" in schema:
            first = schema["prefixItems"]
            rooms = self._rooms([(2, one) for one in first], room)
            stood = [[v[i] for v in seen if i < len(v)] for i in range(len(first))]
            return {"prefixItems": list(map(self.of, first, rooms, stood))}
        items = schema.get("items", {})
        stood = [item for value in seen for item in value]
        usual = max(map(_length, stood), default=0) or max(smallest(items), 2 * math.isqrt(room))
        one = min(usual if self.shared else smallest(items), room)
        least, own = schema.get("minItems", 0), schema.get("maxItems", math.inf)
        most = int(min(own, max(least, 1, room // (one + 2))))
        found = self._end("maxItems", most, own)
        share = max(room // most - 2, 1) if self.shared and most else room
        return found | {"items": self.of(items, share, stood)}

    def _object(
        self, schema: dict[str, Any], room: int, seen: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        if not properties:
            return self._free(schema, rest, room, seen) if rest is not False else {}
        parts = [(len(_dumps(name)) + 4, inner) for name, inner in properties.items()]
        stood = [[v[name] for v in seen if name in v] for name in properties]
        inner = map(self.of, properties.values(), self._rooms(parts, room), stood)
        found: dict[str, Any] = {"properties": dict(zip(properties, inner, strict=True))}
        if self.shared:
            found["additionalProperties"] = False
        return found

    def _free(
        self, schema: dict[str, Any], rest: Any, room: int, seen: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        """An object of any names. When room is short, of the names that were written before."""
        own = schema.get("maxProperties", math.inf)
        least = max(schema.get("minProperties", 0), len(schema.get("required", [])))
        names = list(dict.fromkeys(name for value in seen for name in value))
        if not self.shared or len(names) < max(least, 1):
            most = max(least, room // 8, 1)
            found = {"additionalProperties": self.of(rest, room // 2 if self.shared else room, ())}
            return found | self._end("maxProperties", most, own)
        members = [(name, value[name]) for value in seen for name in value]
        one = max(_length({name: value}) for name, value in members)
        kept = names[: int(min(own, max(least, room // one, 1)))]
        share = max(room // len(kept) - 4, 1)
        found = {
            "properties": {
                name: self.of(rest, max(share - len(name), 1), [v for n, v in members if n == name])
                for name in kept
            },
            "required": list(dict.fromkeys([*schema.get("required", []), *kept[:least]])),
            "additionalProperties": False,
        }
        cut = len(kept) < len(names)
        return found | ({"maxProperties": len(kept) - self.less} if cut else {})

    def _rooms(self, parts: Sequence[tuple[int, Any]], room: int) -> list[int]:
        """What each part may have: at least its smallest, at most what it can use."""
        if not self.shared:
            return [room for _ in parts]
        left = room - 2 - sum(name for name, _ in parts)
        rooms = [0 for _ in parts]
        order = sorted(range(len(parts)), key=lambda i: largest(parts[i][1]))
        for position, index in enumerate(order):
            inner = parts[index][1]
            share = max(left // (len(parts) - position), smallest(inner), 1)
            rooms[index] = int(min(share, largest(inner)))
            left -= rooms[index]
        return rooms


def smallest(schema: Any) -> int:
    """Characters of the shortest value, about."""
    return int(_size(schema, _least))


def largest(schema: Any) -> float:
    """Characters of the longest value, about; infinite when the schema sets no end."""
    return _size(schema, _most)


def _size(schema: Any, of_kind: Callable[[str, dict[str, Any]], float]) -> float:
    if not isinstance(schema, dict):
        return of_kind("anything", {})
    pick: Callable[[Iterable[float]], float] = min if of_kind is _least else max
    if "const" in schema:
        return _length(schema["const"])
    if schema.get("enum"):
        return pick(map(_length, schema["enum"]))
    kinds = _kinds(schema) or ["anything"]
    return pick(of_kind(kind, schema) for kind in kinds)


def _least(kind: str, schema: dict[str, Any]) -> float:
    if kind == "string":
        return 2 + int(schema.get("minLength", 0))
    if kind == "array":
        return 2 + int(schema.get("minItems", 0)) * (2 + smallest(schema.get("items", {})))
    if kind == "object":
        properties = schema.get("properties", {})
        needed = schema.get("required", [])
        return 2 + sum(len(name) + 6 + smallest(properties.get(name, {})) for name in needed)
    return 4 if kind in ("boolean", "null") else 1


def _most(kind: str, schema: dict[str, Any]) -> float:
    if kind == "string":
        return 2 + float(schema.get("maxLength", math.inf))
    if kind == "array":
        count = float(schema.get("maxItems", math.inf))
        return 2 + (count * (2 + largest(schema.get("items", {}))) if count else 0)
    if kind == "object" and schema.get("additionalProperties") is False:
        parts = schema.get("properties", {}).items()
        return 2 + sum(len(name) + 6 + largest(inner) for name, inner in parts)
    return ENDING.get(kind, math.inf)


def _kinds(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    if kinds:
        return [kinds] if isinstance(kinds, str) else list(kinds)
    if schema.keys() & {"properties", "additionalProperties", "required"}:
        return ["object"]
    return ["array"] if schema.keys() & {"items", "prefixItems"} else []


def _length(value: Any) -> int:
    return len(_dumps(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
