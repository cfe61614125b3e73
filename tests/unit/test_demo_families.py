"""The demo's prompts: right answers that fit what the app asks for, and held-out ones unseen."""

import jsonschema_rs
import pytest

from kernels.conditions.checks import Subject
from kernels.slots import bind
from kernels.verify import verify
from kwsite.demo.families import FAMILIES
from kwsite.demo.family import Family
from workers.request import AskedContract

every_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@every_family
def test_right_answers_satisfy_the_requested_schema(family: Family) -> None:
    for sample in (*family.learning, *family.held_out):
        jsonschema_rs.validate(family.output_schema, sample.gold)


@every_family
def test_right_answers_meet_the_conditions_the_app_sends(family: Family) -> None:
    contract = AskedContract.model_validate({"conditions": list(family.conditions)})
    for sample in (*family.learning, *family.held_out):
        subject = Subject(bind(sample.prompt, family.system), sample.gold)
        assert verify(contract.conditions, subject, None).passed is not False, sample.prompt


@every_family
def test_held_out_prompts_are_not_learned_from(family: Family) -> None:
    learning = [sample.prompt for sample in family.learning]
    held_out = [sample.prompt for sample in family.held_out]
    assert len(set(learning + held_out)) == len(learning) + len(held_out)
    assert not any(prompt in family.system for prompt in held_out)


def test_the_contact_conditions_refuse_what_is_not_in_the_message() -> None:
    family = next(family for family in FAMILIES if family.name == "contacts")
    contract = AskedContract.model_validate({"conditions": list(family.conditions)})
    sample = family.held_out[0]
    made_up = {**sample.gold, "email": "nobody@nowhere.org"}
    verdict = verify(contract.conditions, Subject(bind(sample.prompt), made_up), None)
    assert not verdict.passed


def test_an_answer_that_is_checked_by_nothing_is_judged() -> None:
    for family in FAMILIES:
        assert family.conditions or family.judges
