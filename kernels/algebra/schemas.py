"""A JSON Schema taken apart: each value that it allows is of one of its cases (draft 2020-12).

Cases are read generously: a keyword that is not looked at here allows more values than it should,
never fewer. Whoever concludes something from a case must conclude it for all those values.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from kernels.conditions.kinds import validator_of

Schema = dict[str, Any] | bool

DRAFT = "https://json-schema.org/draft/2020-12/schema"
UNREADABLE = "x-unreadable"  # stands for a part of a schema that is not understood here
TYPES = frozenset(("null", "boolean", "integer", "fraction", "string", "array", "object"))
MAX_CASES = 128
MAX_PARTS = 5_000
MAX_LISTED = 64
_ONE = ("additionalProperties", "items", "contains", "propertyNames", "not", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_MAY_EXCLUDE = ("not", "if", "then", "else", "oneOf", "contains", UNREADABLE)
_REBASING = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$vocabulary")


class TooLarge(Exception):
    """The schema has too many cases to look at."""


def canonical(value: Any) -> str:
    """JSON text that is the same for equal schemas."""
    return json.dumps(value, sort_keys=True)


@lru_cache(maxsize=2048)
def _validator(text: str) -> Any:
    return validator_of(json.loads(text))


def is_valid(schema: Schema, value: Any) -> bool:
    """Whether a value satisfies a schema, by jsonschema-rs."""
    return bool(_validator(canonical(schema)).is_valid(value))


def matches(pattern: str, name: str) -> bool:
    """Whether `patternProperties` would apply to a property of this name."""
    return not is_valid({"patternProperties": {pattern: False}}, {name: 0})


def all_of(schemas: Iterable[Schema]) -> Schema:
    """The schema of what satisfies each of these."""
    several = [schema for schema in schemas if schema not in (True, {})]
    if any(schema is False for schema in several):
        return False
    if len(several) < 2:
        return several[0] if several else True
    return {"allOf": several}


def any_of(schemas: Iterable[Schema]) -> Schema:
    """The schema of what satisfies at least one of these."""
    several = list({canonical(s): s for s in schemas if s is not False}.values())
    if any(schema in (True, {}) for schema in several):
        return True
    if len(several) < 2:
        return several[0] if several else False
    return {"anyOf": several}


def readable(schema: Schema) -> Schema:
    """The schema without references, and with a mark for each part that cannot be read here.

    That is: recursion, other drafts, references by anything but a JSON pointer.
    """
    if isinstance(schema, dict) and schema.get("$schema", DRAFT).rstrip("#") != DRAFT:
        return {UNREADABLE: True}
    return _Reader(schema).read(schema, ())


def unread(schema: Schema) -> bool:
    """Whether a readable schema holds a part that cannot be read."""
    return f'"{UNREADABLE}"' in canonical(schema)


def generous(schema: Schema) -> Schema:
    """A readable schema that allows at least as much, with nothing unread in it."""
    if isinstance(schema, bool) or not unread(schema):
        return schema
    if UNREADABLE in schema:
        return True
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _MAY_EXCLUDE:
            continue  # to allow more inside them may allow less
        if key in _ONE:
            found[key] = generous(value)
        elif key in _SEVERAL:
            found[key] = [generous(one) for one in value]
        elif key in _NAMED:
            found[key] = {name: generous(one) for name, one in value.items()}
        else:
            found[key] = value
    return found


class _Reader:
    def __init__(self, root: Schema) -> None:
        self.root = root
        self.parts = 0

    def read(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        self.parts += 1
        if isinstance(schema, bool):
            return schema
        if self.parts > MAX_PARTS or _rebased(schema):
            return {UNREADABLE: True}
        plain = {
            key: self._keyword(key, value, inside)
            for key, value in schema.items()
            if key not in ("$ref", "$defs")
        }
        if "$ref" not in schema:
            return plain
        return all_of((self._referred(schema["$ref"], inside), plain))

    def _keyword(self, key: str, value: Any, inside: tuple[str, ...]) -> Any:
        if key in _ONE:
            return self.read(value, inside)
        if key in _SEVERAL:
            return [self.read(one, inside) for one in value]
        if key in _NAMED:
            return {name: self.read(one, inside) for name, one in value.items()}
        return value

    def _referred(self, reference: str, inside: tuple[str, ...]) -> Schema:
        unknown: Schema = {UNREADABLE: True}
        if reference in inside or not (reference == "#" or reference.startswith("#/")):
            return unknown
        found: Any = self.root
        for step in reference.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if "%" in key or not isinstance(found, dict) or key not in found or _rebased(found):
                return unknown
            found = found[key]
        return self.read(found, (*inside, reference))


def _rebased(schema: dict[str, Any]) -> bool:
    return any(keyword in schema for keyword in _REBASING)


@dataclass(frozen=True)
class Case:
    """Values of one type that satisfy all of `parts`. Types are `TYPES`: a number is either."""

    type: str
    parts: tuple[dict[str, Any], ...]

    @property
    def schema(self) -> dict[str, Any]:
        """The case as a schema, exactly."""
        plain: dict[str, Any] = {"type": self.type}
        if self.type == "fraction":
            plain = {"type": "number", "not": {"type": "integer"}}
        return {"allOf": [plain, *self.parts]}

    def each(self, keyword: str) -> list[Any]:
        """What the parts say under a keyword."""
        return [part[keyword] for part in self.parts if keyword in part]

    def least(self, keyword: str) -> Any:
        """The strictest of lower bounds such as `minLength`; 0 when there is none."""
        return max([0, *self.each(keyword)])

    def most(self, keyword: str) -> Any:
        """The strictest of upper bounds such as `maxLength`; infinity when there is none."""
        return min([math.inf, *self.each(keyword)])

    @property
    def lowest(self) -> tuple[Any, bool]:
        """The lower bound of a number, and whether the bound itself is excluded."""
        bounds = [(n, False) for n in self.each("minimum")]
        bounds += [(n, True) for n in self.each("exclusiveMinimum")]
        return max(bounds, default=(-math.inf, True))

    @property
    def highest(self) -> tuple[Any, bool]:
        """The upper bound of a number, and whether the bound itself is excluded."""
        bounds = [(n, False) for n in self.each("maximum")]
        bounds += [(n, True) for n in self.each("exclusiveMaximum")]
        return min(bounds, default=(math.inf, True), key=lambda bound: (bound[0], not bound[1]))

    @property
    def values(self) -> list[Any] | None:
        """All values of the case when they are listed or few, else None."""
        found = self._listed()
        if found is None:
            return None
        return [value for value in found if is_valid(self.schema, value)]

    def _listed(self) -> list[Any] | None:
        if self.type in ("null", "boolean"):
            return [None] if self.type == "null" else [False, True]
        for part in self.parts:
            if "const" in part:
                return [part["const"]]
            if "enum" in part:
                return list(part["enum"])
        (low, _), (high, _) = self.lowest, self.highest
        if self.type == "integer" and -math.inf < low and high < math.inf:
            first, last = math.ceil(low), math.floor(high)
            if last - first < MAX_LISTED:
                return list(range(first, last + 1))
        return None

    # Objects

    @property
    def named(self) -> frozenset[str]:
        """The properties that a part names."""
        return frozenset(name for properties in self.each("properties") for name in properties)

    @property
    def required(self) -> frozenset[str]:
        """The properties that every value of the case has."""
        return frozenset(name for names in self.each("required") for name in names)

    def at(self, name: str) -> Schema:
        """What the value of a property satisfies, when it is there."""
        return all_of(schema for part in self.parts for schema in _property(part, name))

    @property
    def other(self) -> Schema:
        """What the value of any property satisfies that no part names."""
        return all_of(_other(part) for part in self.parts)

    # Arrays

    @property
    def prefix(self) -> int:
        """How many leading items have schemas of their own."""
        return max((len(items) for items in self.each("prefixItems")), default=0)

    @property
    def longest(self) -> Any:
        """An upper bound of the array's length."""
        closed = [len(p.get("prefixItems", ())) for p in self.parts if p.get("items") is False]
        return min([self.most("maxItems"), *closed])

    def item(self, index: int) -> Schema:
        """What the item at an index satisfies, when it is there."""
        return all_of(_item(part, index) for part in self.parts)


def _property(part: dict[str, Any], name: str) -> list[Schema]:
    found = [part["properties"][name]] if name in part.get("properties", {}) else []
    patterns = part.get("patternProperties", {})
    found += [schema for pattern, schema in patterns.items() if matches(pattern, name)]
    return found or [part.get("additionalProperties", True)]


def _other(part: dict[str, Any]) -> Schema:
    patterns = part.get("patternProperties", {})
    return any_of((part.get("additionalProperties", True), *patterns.values()))


def _item(part: dict[str, Any], index: int) -> Schema:
    prefix = part.get("prefixItems", ())
    found: Schema = prefix[index] if index < len(prefix) else part.get("items", True)
    return found


def cases(schema: Schema) -> list[Case]:
    """The cases of a readable schema; none for one that allows nothing. Raises TooLarge."""
    return [Case(kind, parts) for kinds, parts in _alternatives(schema) for kind in sorted(kinds)]


_Alternatives = list[tuple[frozenset[str], tuple[dict[str, Any], ...]]]


def _alternatives(schema: Schema) -> _Alternatives:
    if isinstance(schema, bool):
        return [(TYPES, ())] if schema else []
    found: _Alternatives = [(_types(schema), (schema,))]
    for one in schema.get("allOf", ()):
        found = _both(found, _alternatives(one))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            found = _both(found, [a for one in schema[keyword] for a in _alternatives(one)])
    return found


def _both(some: _Alternatives, others: _Alternatives) -> _Alternatives:
    if len(some) * len(others) > MAX_CASES:
        raise TooLarge
    pairs = product(some, others)
    return [(a & b, left + right) for (a, left), (b, right) in pairs if a & b]


def _types(schema: dict[str, Any]) -> frozenset[str]:
    if "type" not in schema:
        return TYPES
    said = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    numbers = {"integer", "fraction"} if "number" in said else set()
    return frozenset(said) & TYPES | numbers
