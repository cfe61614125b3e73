"""Wrong outputs that are nearly right, and contracts that see the difference."""

from typing import Any

from kernels.conditions.kinds import CelCondition, Condition, JudgeCondition, SchemaCondition
from kernels.mutation import Accepted, most_varied, mutants, mutation_score
from kernels.slots import bind

SCHEMA = SchemaCondition(
    json_schema={
        "type": "object",
        "properties": {"value": {"type": "number"}, "unit": {"enum": ["m"]}},
        "required": ["value", "unit"],
        "additionalProperties": False,
    }
)
EXACT = CelCondition(expression="output.value == input.numbers[0] * 1000.0")
ACCEPTED = [
    Accepted(bind(f"Convert {n} km to m."), {"value": n * 1000, "unit": "m"}) for n in (1, 2, 5)
]


def score(*conditions: Condition) -> Any:
    return mutation_score(conditions, ACCEPTED, ()).score


def kinds(output: Any, *others: Any) -> set[str]:
    return {mutant.kind for mutant in mutants(output, others)}


def test_each_kind_of_mistake_is_made() -> None:
    output = {"value": 5, "unit": "5 km", "tags": ["a", "b"], "ok": True}
    assert kinds(output, {"value": 6}) == {
        "dropped",
        "swapped",
        "retyped",
        "off by one",
        "unit changed",
        "truncated",
        "another input's answer",
    }


def test_no_mutant_is_the_right_output_or_comes_twice() -> None:
    output = {"a": 0, "b": 0, "c": ["x", "x"], "d": "", "e": []}
    found = [mutant.output for mutant in mutants(output, [output])]
    assert output not in found
    assert all(found.count(one) == 1 for one in found)


def test_mutation_reaches_into_what_is_nested() -> None:
    found = [mutant.output for mutant in mutants({"rows": [{"n": 1}]}, [])]
    assert {"rows": [{"n": 2}]} in found
    assert {"rows": [{}]} in found


def test_a_contract_that_says_the_relation_refuses_all() -> None:
    assert score(SCHEMA, EXACT) == 1.0


def test_a_schema_alone_lets_wrong_numbers_through() -> None:
    result = mutation_score([SCHEMA], ACCEPTED, ())
    assert result.score is not None
    assert 0.2 < result.score < 0.8
    assert result.by_kind["off by one"] == (0, 6)
    assert result.by_kind["dropped"] == (6, 6)
    survivor = {"kind": "off by one", "output": {"value": 1001, "unit": "m"}}
    assert {**survivor, "of": {"value": 1000, "unit": "m"}} in result.as_json()["survivors"]


def test_a_contract_without_conditions_has_no_teeth() -> None:
    assert score() == 0.0
    assert score(JudgeCondition(question="Is it right?")) == 0.0


def test_where_all_outputs_are_equal_there_is_no_score() -> None:
    always = [Accepted(bind(f"Is {n} prime?"), {"answer": "yes"}) for n in (2, 3, 5, 7)]
    result = mutation_score([CelCondition(expression="output.answer == 'yes'")], always, ())
    assert result.refused == result.made > 0
    assert result.score is None
    assert result.as_json()["alike"]
    assert not mutation_score([SCHEMA], ACCEPTED, ()).alike


def test_two_values_are_enough_for_a_score() -> None:
    both = [Accepted(bind(f"Is {n} prime?"), {"answer": n != 4}) for n in (2, 3, 4)]
    assert mutation_score([SCHEMA], both, ()).score is not None


def test_outputs_of_which_there_are_few_come_first() -> None:
    given = [Accepted(bind(str(n)), {"a": a}) for n, a in enumerate("xxxyxz")]
    assert [one.output["a"] for one in most_varied(given, 4)] == ["x", "y", "z", "x"]


def test_without_outputs_there_is_no_score() -> None:
    assert mutation_score([SCHEMA], [], ()).score is None
