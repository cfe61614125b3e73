"""A kernel as data: what is refused, and its identity."""

from typing import Any

import pytest
from pydantic import ValidationError

from kernels.spec import KernelSpec, digest_of

SCHEMA = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


def spec(**fields: Any) -> KernelSpec:
    plain = {
        "name": "double-it",
        "family": "arithmetic",
        "description": "Doubles a number.",
        "output_schema": SCHEMA,
        "steps": [
            {"kind": "compute", "bindings": [{"property": "n", "expression": "input.numbers[0]"}]}
        ],
    }
    return KernelSpec.model_validate({**plain, **fields})


def test_a_spec_survives_json() -> None:
    again = KernelSpec.model_validate(spec().model_dump(mode="json"))
    assert again == spec()
    assert again.digest == spec().digest


def test_a_change_changes_the_digest() -> None:
    assert spec(description="Doubles any number.").digest != spec().digest


def test_the_order_of_keys_does_not_change_a_digest() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": [1, 2]}) != digest_of({"a": [2, 1]})


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Double it"},
        {"name": "double-"},
        {"name": ""},
        {"name": "x" * 101},
        {"output_schema": {"type": "array"}},
        {"output_schema": {"type": "nonsense"}},
        {"input_schema": {"type": 3}},
        {"steps": []},
        {"steps": [{"kind": "magic"}]},
        {"steps": [{"kind": "generate", "shots": 99}]},
        {"steps": [{"kind": "compute", "bindings": [{"property": "m", "expression": "1"}]}]},
        {"steps": [{"kind": "compute", "bindings": [{"property": "n", "expression": "1 +"}]}]},
        {"render": "m"},
        {"postconditions": [{"kind": "cel", "expression": "output.n =="}]},
        {"surprise": 1},
    ],
)
def test_a_bad_spec_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**fields)


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        spec().name = "other"  # type: ignore[misc]


def test_required_evidence_is_part_of_the_contract() -> None:
    contract = spec(evidence_requirements=["tool_result"]).contract
    assert [condition.kind for condition in contract] == ["schema", "evidence"]


def test_evidence_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="no such kind of event"):
        spec(evidence_requirements=["magic"])


def test_templates_change_nothing_about_specs_without_any() -> None:
    assert "templates" not in spec().model_dump(mode="json")
    with_one = spec(templates=["Double {number1}"])
    assert with_one.digest != spec().digest
    assert KernelSpec.model_validate(with_one.model_dump(mode="json")) == with_one


def test_the_gaps_of_its_templates_are_part_of_its_input() -> None:
    assert spec().given({"prompt": "Double 4"}) == {"prompt": "Double 4"}
    with_one = spec(templates=["Double {number1}"])
    assert with_one.given({"prompt": "Double 4"})["slots"] == {"number1": 4.0}
    assert with_one.given({"prompt": "Halve 4"})["slots"] == {}


def test_what_is_no_template_is_refused() -> None:
    with pytest.raises(ValidationError):
        spec(templates=["Double {thing1}"])
