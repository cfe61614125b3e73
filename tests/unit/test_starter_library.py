"""The starter kernels as they are shipped."""

import pytest

from kernels.conditions.checks import Subject
from kernels.conditions.kinds import SchemaCondition
from kernels.execution import Reply, run_recipe
from kernels.library.loading import Starter, background, starters
from kernels.routing import preconditions
from kernels.slots import bind
from kernels.verify import parse_output, verify

FOUND = starters()
EACH = pytest.mark.parametrize("starter", FOUND, ids=lambda starter: starter.spec.name)


def accepts(starter: Starter, prompt: str, output: object) -> str:
    """Empty when the contract accepts the output; else why it does not."""
    spec = starter.spec
    schema = SchemaCondition(json_schema=spec.output_schema)
    verdict = verify((schema, *spec.postconditions), Subject(bind(prompt), output))
    return "" if verdict.passed else verdict.reason


def test_there_are_at_least_six_with_names_of_their_own() -> None:
    names = [starter.spec.name for starter in FOUND]
    assert len(names) == len(set(names)) >= 6


@EACH
def test_its_tests_pass_its_own_contract(starter: Starter) -> None:
    assert starter.spec.tests
    assert [accepts(starter, test.prompt, test.output) for test in starter.spec.tests] == (
        [""] * len(starter.spec.tests)
    )


@EACH
def test_its_examples_pass_its_own_contract(starter: Starter) -> None:
    shown = [example for example in starter.examples if example.output is not None]
    assert len(shown) >= 2
    assert [accepts(starter, example.prompt, example.output) for example in shown] == (
        [""] * len(shown)
    )


@EACH
def test_its_preconditions_hold_for_its_examples(starter: Starter) -> None:
    for example in starter.examples:
        checks = preconditions(starter.spec, bind(example.prompt))
        assert [check.status for check in checks] == ["ok"] * len(checks), example.prompt


@EACH
def test_an_empty_output_is_refused(starter: Starter) -> None:
    prompt = starter.examples[0].prompt
    assert accepts(starter, prompt, {})
    assert accepts(starter, prompt, None)


def no_model(*_: object) -> Reply:
    raise AssertionError("no model is needed")


@EACH
def test_what_it_computes_is_what_its_tests_expect(starter: Starter) -> None:
    if starter.spec.generate is not None:
        assert starter.spec.bindings == ()
        return
    for test in starter.spec.tests:
        reply = run_recipe(starter.spec, bind(test.prompt), (), no_model)
        assert parse_output(reply.text) == test.output


def test_no_example_is_also_background() -> None:
    examples = {example.prompt for starter in FOUND for example in starter.examples}
    assert not examples & set(background())
    assert len(background()) >= 50
