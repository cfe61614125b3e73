"""Whether one schema's values all satisfy another: proofs, counterexamples, and neither."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.algebra.candidates import candidates, hints_of
from kernels.algebra.containment import Fits, Undecided, Unfit, contained
from kernels.algebra.flows import object_of
from kernels.algebra.schemas import Schema, is_valid

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TREE: Schema = {
    "type": "object",
    "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (TEXT, True),
        (False, TEXT),
        (TREE, TREE),
        (TREE, {"type": "object"}),
        (WHOLE, {"type": "number"}),
        ({"type": "integer", "minimum": 1}, {"exclusiveMinimum": 0}),
        ({"type": "number", "exclusiveMinimum": 0}, {"minimum": 0}),
        ({"type": "integer", "multipleOf": 6}, {"multipleOf": 3}),
        ({"type": "integer", "minimum": 1, "maximum": 3}, {"enum": [1, 2, 3, "many"]}),
        ({"enum": ["a", "b"]}, TEXT),
        ({"const": {"a": [1]}}, object_of({"a": {"type": "array", "items": WHOLE}})),
        ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 6}),
        ({"type": "string", "pattern": "^a"}, {"pattern": "^a"}),
        ({"type": "string", "format": "email"}, {"type": "string", "title": "Any"}),
        ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}),
        ({"oneOf": [WHOLE, TEXT]}, {"type": ["integer", "string"]}),
        ({"type": "integer", "minimum": 5}, {"oneOf": [WHOLE, {"maximum": 4}]}),
        ({"type": "number", "minimum": 5}, {"not": {"type": "number", "maximum": 4}}),
        ({"allOf": [{"minimum": 1}, {"maximum": 9}], "type": "number"}, {"maximum": 10}),
        (object_of({"a": TEXT, "b": WHOLE}), {"required": ["a"], "properties": {"a": TEXT}}),
        (object_of({"a": TEXT}), {"additionalProperties": TEXT, "maxProperties": 1}),
        (object_of({"a": TEXT}), {"propertyNames": {"maxLength": 1}}),
        (object_of({"a": TEXT}), {"if": {"required": ["a"]}, "then": {"minProperties": 1}}),
        (object_of({"a": TEXT}), {"dependentRequired": {"b": ["c"], "a": ["a"]}}),
        ({"type": "array", "items": WHOLE, "maxItems": 3}, {"items": {"type": "number"}}),
        ({"type": "array", "prefixItems": [TEXT], "items": False}, {"maxItems": 1}),
        ({"type": "array", "maxItems": 1}, {"uniqueItems": True}),
        (
            {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": WHOLE}, "type": "object"},
            {"properties": {"a": {"type": "number"}}},
        ),
        ({"patternProperties": {"^n_": WHOLE}, "type": "object"}, {"properties": {"n_a": WHOLE}}),
    ],
)
def test_what_fits_is_proved(given: Schema, wanted: Schema) -> None:
    assert contained(given, wanted) == Fits()


@pytest.mark.parametrize(
    ("given", "wanted", "shown"),
    [
        ({"type": "number"}, WHOLE, 0.5),
        ({"type": "number", "minimum": 0}, {"exclusiveMinimum": 0}, 0),
        ({"type": "string", "maxLength": 300}, {"maxLength": 200}, "x" * 201),
        ({"enum": ["a", "b", None]}, TEXT, None),
        (object_of({"a": TEXT}), {"required": ["b"]}, {"a": ""}),
        ({"type": "object", "properties": {"a": TEXT}}, {"required": ["a"]}, {}),
        (
            object_of({"a": object_of({"n": {"type": ["number", "null"]}})}),
            {"properties": {"a": {"properties": {"n": {"type": "number"}}}}},
            {"a": {"n": None}},
        ),
        ({"type": "array", "items": TEXT}, {"minItems": 1}, []),
        ({"type": "array", "items": TEXT}, {"prefixItems": [WHOLE]}, [""]),
        ({"type": "array", "items": WHOLE}, {"uniqueItems": True}, [0, 0]),
        ({"type": "object"}, {"propertyNames": {"maxLength": 2}}, {"extra": 0}),
        (
            {"type": "object", "properties": {"a": TEXT}},
            {"dependentRequired": {"a": ["b"]}},
            {"a": ""},
        ),
        ({"type": "object"}, {"if": True, "then": {"required": ["a"]}}, {}),
        (TREE, {"properties": {"left": {"maxProperties": 0}}}, None),
    ],
)
def test_what_does_not_fit_is_shown_by_a_value(given: Schema, wanted: Schema, shown: Any) -> None:
    found = contained(given, wanted)
    assert isinstance(found, Unfit)
    assert is_valid(given, found.counterexample)
    assert not is_valid(wanted, found.counterexample)
    if given is not TREE:
        assert len(str(found.counterexample)) <= len(str(shown))


@pytest.mark.parametrize(
    ("given", "wanted", "reason"),
    [
        ({"pattern": "^ab$", "type": "string"}, {"pattern": "^a"}, "was not shown to match ^a"),
        (
            object_of({"k": {"enum": ["a", "b"]}}),
            {"anyOf": [object_of({"k": {"const": "a"}}), object_of({"k": {"const": "b"}})]},
            "no alternative of anyOf",
        ),
        ({"type": "array", "minItems": 1}, {"unevaluatedItems": True}, "not understood"),
        (object_of({}), {"$schema": "http://json-schema.org/draft-07/schema#"}, "not understood"),
        (object_of({}), {"not": {"$id": "a", "required": ["b"]}}, "`not`"),
        (
            {"items": TREE, "type": "array"},
            {"items": {"$ref": "#/$defs/t"}, "$defs": {"t": {"$ref": "#/$defs/t"}}},
            "",
        ),
    ],
)
def test_what_can_be_neither_proved_nor_refuted_is_undecided(
    given: Schema, wanted: Schema, reason: str
) -> None:
    found = contained(given, wanted)
    assert isinstance(found, Undecided)
    assert str(found).startswith("undecided: ")
    assert reason in found.reason


def test_a_recursive_part_that_excludes_is_not_taken_for_granted() -> None:
    """`not` over a schema that is read too generously would leave nothing, and prove anything."""
    given: Schema = {
        "type": "integer",
        "not": {"$ref": "#/$defs/odd"},
        "$defs": {
            "odd": {"anyOf": [{"const": 1}, {"type": "array", "items": {"$ref": "#/$defs/odd"}}]}
        },
    }
    assert contained(given, {"minimum": 0}) == Unfit(-1)


def test_schemas_with_too_many_cases_are_left_undecided() -> None:
    either: Schema = {"anyOf": [{"minLength": n} for n in range(12)]}
    found = contained({"type": "string", "allOf": [either, either, either]}, {"pattern": "^a"})
    assert found == Undecided("the schemas have too many cases")


NAMES = ("a", "b")
numbers = st.integers(-2, 3)


def _bounds(low: str, high: str, at_least: int = -2) -> st.SearchStrategy[dict[str, Any]]:
    bound = st.integers(at_least, 3)
    return st.fixed_dictionaries({}, optional={low: bound, high: bound})


def _schemas() -> st.SearchStrategy[Any]:
    leaves = st.one_of(
        st.booleans(),
        st.sampled_from([{"type": kind} for kind in ("null", "boolean", "string", "number")]),
        _bounds("minimum", "maximum").map(lambda s: {"type": "integer", **s}),
        _bounds("exclusiveMinimum", "maximum").map(lambda s: {"type": "number", **s}),
        _bounds("minLength", "maxLength", 0).map(lambda s: {"type": "string", **s}),
        st.lists(st.sampled_from(["a", 1, 2, None, [], {}]), min_size=1).map(lambda v: {"enum": v}),
        st.just({"multipleOf": 2}),
        st.just({"pattern": "^a"}),
    )
    return st.recursive(leaves, _larger, max_leaves=5)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=2)
    objects = st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
            "required": st.lists(st.sampled_from(NAMES), unique=True),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.just("^a"), inner, max_size=1),
            "maxProperties": st.integers(0, 2),
            "minProperties": st.integers(0, 2),
            "propertyNames": st.just({"enum": ["a"]}),
            "dependentRequired": st.just({"a": ["b"]}),
            "dependentSchemas": st.dictionaries(st.just("a"), inner, max_size=1),
        },
    )
    arrays = st.fixed_dictionaries(
        {},
        optional={
            "type": st.just("array"),
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "uniqueItems": st.booleans(),
            "contains": inner,
        },
    )
    logic = st.one_of(
        several.map(lambda s: {"anyOf": s}),
        several.map(lambda s: {"oneOf": s}),
        several.map(lambda s: {"allOf": s}),
        inner.map(lambda s: {"not": s}),
        st.fixed_dictionaries({"if": inner}, optional={"then": inner, "else": inner}),
    )
    return st.one_of(objects, arrays, logic)


ANY = [None, True, False, -3, -1, 0, 1, 1.5, 2, 4, 2.0, "", "a", "ab", "ba", "abcd"]


def _some_values() -> list[Any]:
    """Values of all shapes that the schemas above speak of."""
    chance = random.Random(0)
    found: list[Any] = list(ANY)
    for _ in range(2):
        lists = [[chance.choice(found) for _ in range(chance.randrange(4))] for _ in range(60)]
        objects = [
            {name: chance.choice(found) for name in ("a", "b", "ab", "c") if chance.random() < 0.5}
            for _ in range(120)
        ]
        found = [*ANY, *lists, *objects]
    return found


VALUES = _some_values()


@settings(max_examples=300, deadline=None)
@given(_schemas(), _schemas())
def test_no_value_disproves_a_proof_and_every_counterexample_is_one(one: Any, other: Any) -> None:
    for wanted in (
        other,
        {"anyOf": [one, other]} if isinstance(other, dict) else other,
        {"type": "object"},
    ):
        found = contained(one, wanted)
        if isinstance(found, Unfit):
            assert is_valid(one, found.counterexample)
            assert not is_valid(wanted, found.counterexample)
        if isinstance(found, Fits):
            assert all(is_valid(wanted, value) for value in VALUES if is_valid(one, value))


@settings(max_examples=100, deadline=None)
@given(_schemas())
def test_every_schema_fits_itself_and_its_candidates_satisfy_it(schema: Any) -> None:
    assert contained({"allOf": [schema]}, schema) == Fits()
    assert all(is_valid(schema, value) for value in candidates(schema, hints_of(schema)))
