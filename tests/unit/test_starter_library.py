"""The starter kernels as they are shipped."""

from statistics import median

import pytest

from kernels.conditions.checks import Subject
from kernels.execution import Reply, run_recipe
from kernels.library.reading import Starter, labelled_prompts, starters
from kernels.mutation import Accepted, mutation_score
from kernels.routing import preconditions
from kernels.slots import bind
from kernels.verify import parse_output, verify

FOUND = starters()
EVENTS = ("decision", "observation", "message")
EACH = pytest.mark.parametrize("starter", FOUND, ids=lambda starter: starter.spec.name)


def accepts(starter: Starter, prompt: str, output: object) -> str:
    """Empty when the contract accepts the output; else why it does not."""
    spec = starter.spec
    verdict = verify(spec.contract, Subject(bind(prompt), output, EVENTS))
    return "" if verdict.passed else verdict.reason


def test_there_are_at_least_twenty_with_names_of_their_own() -> None:
    names = [starter.spec.name for starter in FOUND]
    assert len(names) == len(set(names)) >= 20


def test_wrong_outputs_are_refused() -> None:
    scores = [teeth(starter) for starter in FOUND]
    assert median(scores) >= 0.8
    assert min(scores) >= 0.5  # of labels, which no contract can tell apart


def teeth(starter: Starter) -> float:
    """The mutation score of its contract, over all outputs that are known to be right."""
    known = [(test.prompt, test.output) for test in starter.spec.tests]
    known += [(e.prompt, e.output) for e in starter.examples if e.output is not None]
    outputs = [Accepted(bind(prompt), output) for prompt, output in known]
    return mutation_score(starter.spec.contract, outputs, EVENTS).score or 0.0


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


def test_no_example_is_also_a_labelled_prompt() -> None:
    examples = {example.prompt for starter in FOUND for example in starter.examples}
    labelled = [one.prompt for one in labelled_prompts()]
    assert len(labelled) == len(set(labelled))
    assert not examples & set(labelled)


def test_labelled_prompts_are_for_starters_or_for_none() -> None:
    names = {starter.spec.name for starter in FOUND}
    labelled = labelled_prompts()
    assert {one.kernel for one in labelled} == {*names, None}
    assert sum(one.kernel is None for one in labelled) >= 500
