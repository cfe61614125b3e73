"""Whether every value that satisfies one JSON Schema satisfies another (row X7).

Three answers. `Fits` is proved, rule by rule. `Unfit` comes with a value that the first schema
allows and the second refuses, by jsonschema-rs on the schemas as they stand. `Undecided` says what
could not be proved when no such value was found either; inclusion of patterns, and of what
alternatives allow only together, is not decided.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

from kernels.algebra.candidates import candidates, hints_of
from kernels.algebra.schemas import (
    Case,
    Schema,
    TooLarge,
    canonical,
    cases,
    generous,
    is_valid,
    readable,
    unread,
)

MAX_STEPS = 5_000
_ANNOTATIONS = frozenset(
    ("$schema", "$comment", "$defs", "definitions", "title", "description", "default", "examples")
)
_ANNOTATIONS |= {"deprecated", "readOnly", "writeOnly"}
_ANNOTATIONS |= {"format", "contentEncoding", "contentMediaType", "contentSchema"}
_ANY_TYPE = frozenset(
    ("type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else")
)
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_STRINGS = ("minLength", "maxLength", "pattern")
_ARRAYS = ("items", "prefixItems", "minItems", "maxItems", "uniqueItems")
_CONTAINS = ("contains", "minContains", "maxContains")
_OBJECTS = ("properties", "patternProperties", "additionalProperties", "required")
_COUNTS = ("propertyNames", "minProperties", "maxProperties")
_DEPENDENT = ("dependentRequired", "dependentSchemas")
_KNOWN = _ANNOTATIONS.union(
    _ANY_TYPE, _NUMBERS, _STRINGS, _ARRAYS, _CONTAINS, _OBJECTS, _COUNTS, _DEPENDENT
)


@dataclass(frozen=True)
class Fits:
    """Every value of the one satisfies the other."""


@dataclass(frozen=True)
class Unfit:
    """Not every value does: this one does not."""

    counterexample: Any


@dataclass(frozen=True)
class Undecided:
    """Neither a proof nor a counterexample was found; the reason is what could not be proved."""

    reason: str

    def __str__(self) -> str:
        return f"undecided: {self.reason}"


def contained(given: Schema, wanted: Schema) -> Fits | Unfit | Undecided:
    """Whether every value that satisfies `given` satisfies `wanted`."""
    reason = unproven(given, wanted)
    if not reason:
        return Fits()
    found = counterexample(given, wanted)
    return Undecided(reason) if found is None else Unfit(found[0])


def unproven(given: Schema, wanted: Schema) -> str:
    """What could not be proved; empty when everything that satisfies `given` satisfies `wanted`."""
    if canonical(given) == canonical(wanted):
        return ""
    try:
        _Proof().contained(generous(readable(given)), readable(wanted), "")
    except _NotProven as error:
        return str(error)
    except (TooLarge, RecursionError):
        return "the schemas have too many cases"
    return ""


def counterexample(given: Schema, wanted: Schema) -> tuple[Any] | None:
    """The shortest value at hand that satisfies `given` and not `wanted`, in a tuple."""
    tried = candidates(generous(readable(given)), hints_of(given, wanted))
    found = [value for value in tried if is_valid(given, value) and not is_valid(wanted, value)]
    return (min(found, key=lambda value: len(json.dumps(value))),) if found else None


class _NotProven(Exception):
    """Says which step of the proof is missing."""


class _Proof:
    """Proves inclusions of readable schemas; gives up after `MAX_STEPS`."""

    def __init__(self) -> None:
        self.steps = 0

    def contained(self, given: Schema, wanted: Schema, where: str) -> None:
        """Raises _NotProven, and TooLarge."""
        if wanted in (True, {}):
            return
        for case in cases(given):
            self._case(case, wanted, where)

    def _case_holds(self, case: Case, wanted: Schema, where: str) -> bool:
        try:
            self._case(case, wanted, where)
        except _NotProven:
            return False
        return True

    def _case(self, case: Case, wanted: Schema, where: str) -> None:
        self._step()
        if wanted in (True, {}) or any(canonical(p) == canonical(wanted) for p in case.parts):
            return
        values = case.values
        if values is not None and not unread(wanted):
            for value in values:
                if not is_valid(wanted, value):
                    raise _not(where, f"{json.dumps(value)[:80]} is not allowed")
            return
        if self._empty(case):
            return
        if isinstance(wanted, bool):
            raise _not(where, "nothing is allowed")
        if unknown := sorted(set(wanted) - _KNOWN):
            raise _not(where, f"{', '.join(unknown)}: not understood")
        self._any_type(case, wanted, where)
        match case.type:
            case "integer" | "fraction":
                self._number(case, wanted, where)
            case "string":
                self._string(case, wanted, where)
            case "array":
                self._array(case, wanted, where)
            case "object":
                self._object(case, wanted, where)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLarge

    def _any_type(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        said = wanted.get("type", [])
        types = said if isinstance(said, list) else [said]
        number = case.type in ("integer", "fraction") and "number" in types
        if types and not number and case.type not in types:
            raise _not(where, f"{_plain(case.type)} is not of type {' or '.join(types)}")
        if "enum" in wanted or "const" in wanted:
            raise _not(where, "only listed values are allowed")
        for one in wanted.get("allOf", ()):
            self._case(case, one, where)
        alternatives = wanted.get("anyOf", ())
        if alternatives and not any(self._case_holds(case, one, where) for one in alternatives):
            raise _not(where, "no alternative of anyOf allows all of it")
        if "oneOf" in wanted and not self._exactly_one(case, wanted["oneOf"], where):
            raise _not(where, "no alternative of oneOf, and it alone, allows all of it")
        if "not" in wanted and not self._disjoint(case, wanted["not"]):
            raise _not(where, "what `not` excludes was not shown to be impossible")
        if "if" in wanted:
            self._if(case, wanted, where)

    def _exactly_one(self, case: Case, alternatives: list[Schema], where: str) -> bool:
        for chosen, one in enumerate(alternatives):
            others = [other for index, other in enumerate(alternatives) if index != chosen]
            if self._case_holds(case, one, where):
                return all(self._disjoint(case, other) for other in others)
        return False

    def _if(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        if not self._disjoint(case, wanted["if"]):
            self._case(case, wanted.get("then", True), f"{where} (if ... then)")
        if not self._case_holds(case, wanted["if"], where):
            self._case(case, wanted.get("else", True), f"{where} (if ... else)")

    def _disjoint(self, case: Case, other: Schema) -> bool:
        """Whether it is evident that no value of the case satisfies the other schema."""
        if unread(other):
            return False
        both = [Case(c.type, case.parts + c.parts) for c in cases(other) if c.type == case.type]
        return all(self._empty(one) for one in both)

    def _nothing(self, schema: Schema) -> bool:
        return all(self._empty(case) for case in cases(schema))

    def _empty(self, case: Case) -> bool:
        """Whether it is evident that the case has no value."""
        self._step()
        if case.values is not None:
            return not case.values
        match case.type:
            case "integer" | "fraction":
                (low, above), (high, below) = case.lowest, case.highest
                return bool(low > high or (low == high and (above or below)))
            case "string":
                return bool(case.least("minLength") > case.most("maxLength"))
            case "array":
                least = case.least("minItems")
                if least > case.longest:
                    return True
                own = min(math.ceil(least), case.prefix + 1)
                return any(self._nothing(case.item(index)) for index in range(own))
        too_many = max(len(case.required), case.least("minProperties"))
        if too_many > case.most("maxProperties"):
            return True
        return any(self._nothing(case.at(name)) for name in sorted(case.required))

    def _number(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        (low, above), (high, below) = case.lowest, case.highest
        least, more = wanted.get("minimum", -math.inf), wanted.get("exclusiveMinimum", -math.inf)
        most, less = wanted.get("maximum", math.inf), wanted.get("exclusiveMaximum", math.inf)
        if low < least:
            raise _not(where, f"nothing keeps it from being less than {least}")
        if low < more or (low == more > -math.inf and not above):
            raise _not(where, f"nothing keeps it above {more}")
        if high > most:
            raise _not(where, f"nothing keeps it from being more than {most}")
        if high > less or (high == less < math.inf and not below):
            raise _not(where, f"nothing keeps it below {less}")
        if "multipleOf" in wanted and not _is_multiple(case, wanted["multipleOf"]):
            raise _not(where, f"it may not be a multiple of {wanted['multipleOf']}")

    def _string(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        if case.least("minLength") < wanted.get("minLength", 0):
            raise _not(where, f"it may be shorter than {wanted['minLength']}")
        if case.most("maxLength") > wanted.get("maxLength", math.inf):
            raise _not(where, f"it may be longer than {wanted['maxLength']}")
        if "pattern" in wanted and wanted["pattern"] not in case.each("pattern"):
            raise _not(where, f"it was not shown to match {wanted['pattern']}")

    def _array(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        if case.least("minItems") < wanted.get("minItems", 0):
            raise _not(where, f"it may have fewer than {wanted['minItems']} items")
        if case.longest > wanted.get("maxItems", math.inf):
            raise _not(where, f"it may have more than {wanted['maxItems']} items")
        unique = True in case.each("uniqueItems") or case.longest <= 1
        if wanted.get("uniqueItems") and not unique:
            raise _not(where, "its items may be equal")
        if "contains" in wanted and not any(_same_contains(p, wanted) for p in case.parts):
            raise _not(where, "contains: not shown")
        asked = Case("array", (wanted,))
        own = max(case.prefix, asked.prefix) + 1  # the last stands for all that follow
        for index in range(int(min(own, case.longest))):
            self.contained(case.item(index), asked.item(index), f"{where}/{index}")

    def _object(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        if missing := sorted(set(wanted.get("required", ())) - case.required):
            raise _not(where, f"{', '.join(missing)} may be missing")
        asked = Case("object", (wanted,))
        for name in sorted(case.named | asked.named):
            self.contained(case.at(name), asked.at(name), f"{where}/{name}")
        extra = wanted.get("additionalProperties", True)
        for schema in (extra, *wanted.get("patternProperties", {}).values()):
            self.contained(case.other, schema, f"{where}/(other properties)")
        self._names(case, wanted, where)
        self._counts(case, wanted, where)
        self._dependents(case, wanted, where)

    def _names(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        names: Schema = wanted.get("propertyNames", True)
        if names is True or any(
            canonical(n) == canonical(names) for n in case.each("propertyNames")
        ):
            return
        closed = self._nothing(case.other) and not unread(names)
        if not closed or not all(is_valid(names, name) for name in case.named):
            raise _not(where, "it may have properties of other names")

    def _counts(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        fewest = max(len(case.required), case.least("minProperties"))
        if fewest < wanted.get("minProperties", 0):
            raise _not(where, f"it may have fewer than {wanted['minProperties']} properties")
        closed = self._nothing(case.other)
        most = min(case.most("maxProperties"), len(case.named) if closed else math.inf)
        if most > wanted.get("maxProperties", math.inf):
            raise _not(where, f"it may have more than {wanted['maxProperties']} properties")

    def _dependents(self, case: Case, wanted: dict[str, Any], where: str) -> None:
        for name, needed in wanted.get("dependentRequired", {}).items():
            if not self._nothing(case.at(name)) and not set(needed) <= case.required:
                raise _not(where, f"with {name}, {', '.join(needed)} may be missing")
        for name, schema in wanted.get("dependentSchemas", {}).items():
            if not self._nothing(case.at(name)):
                self._case(case, schema, f"{where} (with {name})")


def _not(where: str, reason: str) -> _NotProven:
    return _NotProven(f"{where.lstrip('/')}: {reason}" if where else reason)


def _plain(kind: str) -> str:
    return "number" if kind == "fraction" else kind


def _is_multiple(case: Case, wanted: Any) -> bool:
    """Only for whole numbers: how fractions divide depends on who computes it."""
    if wanted in case.each("multipleOf"):
        return True
    divisors = [*case.each("multipleOf"), *([1] if case.type == "integer" else [])]
    whole = [n for n in divisors if isinstance(n, int)]
    return isinstance(wanted, int) and any(n % wanted == 0 for n in whole)


def _same_contains(part: dict[str, Any], wanted: dict[str, Any]) -> bool:
    said, asked = ([schema.get(word) for word in _CONTAINS] for schema in (part, wanted))
    return canonical(said) == canonical(asked)
