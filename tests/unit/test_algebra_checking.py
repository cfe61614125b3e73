"""Checking a whole composition: what fits, what does not and why, and what is at odds."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.algebra.candidates import candidates, hints_of
from kernels.algebra.checking import Finding, Report, check_composition, entries
from kernels.algebra.execution import Done, Step, StepResult, begin, outcome, run_to_end
from kernels.algebra.flows import object_of
from kernels.algebra.inputs import bound_input
from kernels.algebra.plan import Composition
from kernels.algebra.schemas import Schema, is_valid
from kernels.slots import bind
from kernels.spec import KernelSpec

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}


def kernel(name: str, output: dict[str, Schema], **fields: Any) -> KernelSpec:
    conditions = {
        moment: [{"kind": "cel", "expression": text} for text in fields.pop(moment, ())]
        for moment in ("preconditions", "postconditions")
    }
    plain = {"name": name, "family": "tests", "description": name, "steps": [{"kind": "generate"}]}
    spec = {**plain, "output_schema": object_of(output), **conditions, **fields}
    return KernelSpec.model_validate(spec)


def ref(spec: KernelSpec, **fields: Any) -> dict[str, Any]:
    return {"kind": "kernel", "kernel": spec.name, "digest": spec.digest, **fields}


def sequence(*steps: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "sequence", "steps": steps, **fields}


def parallel(*branches: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": "parallel", "branches": branches, **fields}


BEST_EFFORT = {"kind": "best_effort"}
SUMMARY = kernel("summarize", {"summary": {"type": "string", "maxLength": 300}})
TITLE = kernel("suggest-title", {"title": TEXT})
COUNT = kernel("count-orders", {"count": {"type": "integer", "minimum": 0}})
PRICE = kernel(
    "price",
    {"total": {"type": "number"}},
    input_schema={"required": ["count"], "properties": {"count": {"minimum": 1}}},
)
BUY = kernel("buy", {"receipt": TEXT}, evidence_requirements=["tool_call"])
RETURNABLE = kernel(
    "buy-back",
    {"receipt": TEXT},
    evidence_requirements=["tool_call"],
    rollback=[{"kind": "generate"}],
)
ALL = (SUMMARY, TITLE, COUNT, PRICE, BUY, RETURNABLE)


def check(plan: dict[str, Any], *more: KernelSpec, **fields: Any) -> Report:
    composition = Composition.model_validate({"name": "composed", "plan": plan, **fields})
    return check_composition(composition, {spec.digest: spec for spec in (*ALL, *more)})


def only(report: Report) -> Finding:
    assert len(report.findings) == 1, [str(finding) for finding in report.findings]
    return report.findings[0]


def test_kernels_that_take_any_prompt_fit_each_other() -> None:
    report = check(sequence(ref(SUMMARY), ref(TITLE)))
    assert report.fits
    assert not report.findings
    assert report.output_schema == TITLE.output_schema


def test_an_output_that_the_next_input_refuses_is_a_counterexample() -> None:
    found = only(check(sequence(ref(COUNT), ref(PRICE))))
    assert (found.kind, found.where) == ("unfit", "plan.steps[1] (price)")
    assert found.counterexample == {"count": 0}
    assert is_valid(COUNT.output_schema, found.counterexample)
    assert not is_valid(PRICE.input_schema, bound_input(found.counterexample))
    assert "for example" in str(found)


def test_a_narrower_output_fits() -> None:
    some = kernel("count-some", {"count": {"type": "integer", "minimum": 1}})
    assert check(sequence(ref(some), ref(PRICE)), some).fits


def test_a_template_decides_what_the_next_kernel_takes() -> None:
    steps = [ref(COUNT, name="counted"), ref(SUMMARY)]
    good = ref(PRICE, input={"count": "size(input.prompt)", "prompt": "outputs.counted.count"})
    found = only(check(sequence(*steps, good)))
    assert found.kind == "unfit"
    assert found.reason == "prompt is not a string"
    assert found.counterexample["outputs"] == {"counted": {"count": 0}}
    text = "'Price of ' + string(outputs.counted.count)"
    asked = kernel("ask-price", {"total": WHOLE}, input_schema={"required": ["extra"]})
    last = ref(asked, input={"prompt": text, "extra": "outputs.counted"})
    assert check(sequence(*steps, last), asked).fits


def test_a_template_that_has_no_value_for_some_output_is_shown_with_it() -> None:
    dates = kernel("dates", {"dates": {"type": "array", "items": TEXT}})
    found = only(
        check(
            sequence(ref(dates, name="d"), ref(TITLE, input={"prompt": "outputs.d.dates[0]"})),
            dates,
        )
    )
    assert found.kind == "unfit"
    assert found.counterexample["outputs"] == {"d": {"dates": []}}


def test_a_template_whose_type_cannot_be_told_is_undecided() -> None:
    template = {"prompt": "input.words > 3 ? input.prompt : 'short'"}
    found = only(check(ref(TITLE, input=template)))
    assert found.kind == "undecided"


def test_a_step_that_was_not_before_is_a_conflict() -> None:
    later = sequence(
        ref(TITLE, input={"prompt": "outputs.late.summary"}), ref(SUMMARY, name="late")
    )
    found = only(check(later))
    assert found.kind == "conflict"
    assert "no earlier step here is called late" in found.reason


def test_a_plan_takes_what_its_first_kernels_take() -> None:
    one = kernel("one", {"a": TEXT}, input_schema={"properties": {"names": {"minItems": 1}}})
    two = kernel("two", {"b": TEXT}, input_schema={"properties": {"words": {"maximum": 9}}})
    plan = parallel(ref(one), ref(two))
    report = check(plan, one, two)
    assert report.fits
    assert is_valid(report.input_schema, bind("Ask Ada Lovelace."))
    assert not is_valid(report.input_schema, bind("Ask her."))
    assert not check(plan, one, two, input_schema={"type": "object"}).fits


def test_references_in_the_schemas_of_merged_branches_are_followed() -> None:
    at_home = {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "required": ["n"]}
    closed = {**at_home, "$defs": {"n": WHOLE}, "additionalProperties": False}
    counted = kernel("counted", {}, output_schema=closed)
    needs = kernel("needs", {"a": TEXT}, input_schema={**at_home, "$defs": {"n": {"minimum": 0}}})
    both = parallel(ref(counted), ref(TITLE))
    found = only(check(sequence(both, ref(needs)), counted, needs))
    assert found.counterexample["n"] < 0


def test_a_kernel_that_is_not_there_is_a_conflict() -> None:
    assert only(check(ref(kernel("gone", {"a": TEXT})))).kind == "conflict"
    assert only(check({**ref(TITLE), "kernel": "renamed"})).kind == "conflict"


def test_a_pattern_is_left_undecided_rather_than_accepted() -> None:
    coded = kernel("code", {"code": {"type": "string", "pattern": "^A[0-9]{4}$"}})
    taken = kernel("look-up", {"a": TEXT}, input_schema={"properties": {"code": {"pattern": "^A"}}})
    found = only(check(sequence(ref(coded), ref(taken)), coded, taken))
    assert found.kind == "undecided"
    assert found.reason == "its input: code: it was not shown to match ^A"


def test_a_precondition_that_may_not_hold_is_told_and_does_not_stop_the_plan() -> None:
    dated = kernel("dated", {"a": TEXT}, preconditions=["size(input.dates) >= 1"])
    report = check(sequence(ref(SUMMARY), ref(dated)), dated)
    assert only(report).kind == "may_fail"
    assert report.fits
    assert not check(sequence(ref(dated), ref(SUMMARY)), dated).findings


def test_branches_give_all_their_properties() -> None:
    report = check(parallel(ref(SUMMARY), ref(TITLE), ref(COUNT, name="orders")))
    assert report.fits
    good = {"summary": "s", "title": "t", "orders": {"count": 1}}
    assert is_valid(report.output_schema, good)
    assert not is_valid(report.output_schema, {**good, "orders": 1})
    assert not is_valid(report.output_schema, {"title": "t", "orders": {"count": 1}})


def test_branches_of_best_effort_may_be_missing() -> None:
    both = parallel(ref(SUMMARY), ref(TITLE), strategy=BEST_EFFORT)
    needs = kernel("both", {"a": TEXT}, input_schema={"required": ["summary", "title"]})
    found = only(check(sequence(both, ref(needs)), needs))
    assert found.kind == "unfit"
    assert len(found.counterexample) == 1
    assert check(sequence({**both, "strategy": {"kind": "all_or_nothing"}}, ref(needs)), needs).fits


def test_two_branches_that_write_one_property_are_named() -> None:
    again = kernel("summarize-well", {"summary": TEXT, "words": WHOLE})
    found = only(check(parallel(ref(SUMMARY), ref(again)), again))
    assert (found.kind, found.reason) == ("conflict", "branches 0 and 1 both write summary")
    assert check(parallel(ref(SUMMARY), ref(again, name="second")), again).fits


def test_open_outputs_may_collide() -> None:
    open_one = kernel("open", {}, output_schema={"type": "object", "properties": {"a": TEXT}})
    assert only(check(parallel(ref(SUMMARY), ref(open_one)), open_one)).kind == "undecided"


def test_preconditions_that_contradict_on_one_input_are_named() -> None:
    two = kernel("two", {"a": TEXT}, preconditions=["size(input.numbers) == 2"])
    three = kernel("three", {"b": TEXT}, preconditions=["size(input.numbers) == 3"])
    report = check(parallel(ref(two), sequence(ref(three))), two, three)
    assert "two and three take the same input" in str(report.findings[-1])
    assert not report.fits
    assert check(parallel(ref(two), ref(three), strategy=BEST_EFFORT), two, three).fits


def test_a_promise_that_the_next_precondition_excludes_is_named() -> None:
    german = kernel("german", {"lang": TEXT}, postconditions=["output.lang == 'de'"])
    english = kernel("english", {"a": TEXT}, preconditions=["input.lang == 'en'"])
    report = check(sequence(ref(german), ref(english)), german, english)
    assert [found.kind for found in report.findings] == ["may_fail", "conflict"]


def test_a_missing_rollback_is_a_conflict_where_it_would_be_needed() -> None:
    found = only(check(sequence(ref(BUY), ref(TITLE))))
    assert (found.kind, found.where) == ("conflict", "plan.steps[0] (buy)")
    assert check(sequence(ref(TITLE), ref(BUY))).fits
    assert check(sequence(ref(RETURNABLE), ref(TITLE))).fits
    assert check(sequence(ref(BUY), ref(TITLE), strategy=BEST_EFFORT)).fits
    assert not check(parallel(ref(TITLE), ref(BUY))).fits
    assert not check({"kind": "loop", "body": ref(BUY), "at_most": 2}).fits


def test_both_branches_of_a_conditional_are_checked_with_what_reaches_them() -> None:
    when = {"kind": "conditional", "when": "input.count >= 1", "then": ref(PRICE)}
    report = check(sequence(ref(COUNT), {**when, "otherwise": ref(TITLE)}))
    assert [found.kind for found in report.findings] == ["undecided"]  # no value disproves it
    wrong = {**when, "then": ref(TITLE), "otherwise": ref(PRICE)}
    assert only(check(sequence(ref(COUNT), wrong))).counterexample == {"count": 0}


def test_a_conditional_without_otherwise_passes_its_input_on() -> None:
    when = {"kind": "conditional", "when": "input.count > 5", "then": ref(SUMMARY)}
    found = only(check(sequence(ref(COUNT), when, ref(PRICE))))
    assert found.kind == "unfit"
    assert found.counterexample in ({"count": 0}, {"summary": ""})


def test_a_condition_without_a_value_is_shown_with_its_input() -> None:
    maybe = kernel("maybe", {}, output_schema={"type": "object", "properties": {"n": WHOLE}})
    when = {"kind": "conditional", "when": "input.n > 1", "then": ref(TITLE)}
    report = check(sequence(ref(maybe), when), maybe)
    assert report.findings[0].where == "plan.steps[1].when"
    assert report.findings[0].counterexample == {}


def test_the_output_of_a_loop_must_be_an_input_of_its_body() -> None:
    step = kernel(
        "count-up", {"count": WHOLE}, input_schema={"properties": {"count": {"minimum": 1}}}
    )
    loop = {"kind": "loop", "body": ref(step), "at_most": 3}
    found = only(check(loop, step))
    assert (found.kind, found.where) == ("unfit", "plan.body (count-up)")
    assert found.counterexample == {"count": 0}
    assert check({**loop, "at_most": 1}, step).fits
    good = kernel("count-well", {"count": {"type": "integer", "minimum": 1}})
    assert check({**loop, "body": ref(good), "until": "output.count > 2"}, good).fits


def test_a_nested_composition_sees_only_what_its_parent_gives_it() -> None:
    inner = sequence(
        ref(SUMMARY), ref(TITLE, input={"prompt": "input.text"}), input={"text": "input.prompt"}
    )
    assert check(sequence(ref(COUNT), inner)).fits
    curious = sequence(ref(TITLE, input={"prompt": "string(outputs.counted.count)"}))
    found = only(check(sequence(ref(COUNT, name="counted"), curious)))
    assert "no earlier step here is called counted" in found.reason


def test_entries_are_the_kernels_that_must_take_the_plans_own_input() -> None:
    given = sequence(parallel(ref(SUMMARY), ref(TITLE, input={"prompt": "'a'"})), ref(PRICE))
    plan = Composition.model_validate({"name": "a", "plan": given}).plan
    assert [one.kernel for one in entries(plan)] == ["summarize"]


@pytest.mark.parametrize("strategy", ["all_or_nothing", "circuit_breaker"])
def test_a_sequence_may_build_what_it_gives(strategy: str) -> None:
    plan = sequence(
        ref(SUMMARY, name="s"),
        ref(TITLE, name="t"),
        output={"both": "outputs.t.title + ': ' + outputs.s.summary"},
        strategy={"kind": strategy},
    )
    report = check(plan)
    assert report.fits
    assert report.output_schema == object_of({"both": {"type": "string", "minLength": 2}})


MAYBE = kernel("maybe", {}, output_schema={"type": "object", "properties": {"count": WHOLE}})
SOME = kernel(
    "some",
    {"count": {"type": "integer", "minimum": 1}, "tags": {"type": "array", "items": TEXT}},
    input_schema={"not": {"required": ["total"]}},
)
ORDER = "Order 3 pens."
KERNELS = (SUMMARY, TITLE, COUNT, PRICE, MAYBE, SOME)
TEMPLATES: list[dict[str, str] | None] = [
    None,
    {"prompt": "input.prompt"},
    {"prompt": "'n: ' + string(outputs.n0.count)", "count": "outputs.n0.count"},
    {"count": "size(outputs.n0.tags)"},
    {"prompt": "outputs.n1.title", "count": "7"},
]


def plans() -> st.SearchStrategy[dict[str, Any]]:
    taken = st.sampled_from(TEMPLATES)
    leaves = st.builds(lambda spec, given: ref(spec, input=given), st.sampled_from(KERNELS), taken)
    return st.recursive(leaves, _larger, max_leaves=6)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    strategy = st.sampled_from([{"kind": "all_or_nothing"}, BEST_EFFORT])
    until = st.sampled_from([None, "true", "has(output.count) && output.count > 0"])
    return st.one_of(
        st.builds(lambda all_, how: sequence(*_named(all_), strategy=how), several, strategy),
        st.builds(lambda all_, how: parallel(*_named(all_), strategy=how), several, strategy),
        st.builds(lambda all_: parallel(*all_), several),
        st.builds(
            lambda body, until: {"kind": "loop", "body": body, "until": until, "at_most": 3},
            inner,
            until,
        ),
        st.builds(
            lambda then, other: {
                "kind": "conditional",
                "when": "has(input.count) && input.count > 0",
                "then": then,
                "otherwise": other,
            },
            inner,
            st.one_of(st.none(), inner),
        ),
    )


def _named(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**node, "name": f"n{index}"} for index, node in enumerate(nodes)]


@settings(max_examples=150, deadline=None)
@given(plans(), st.randoms(use_true_random=False))
def test_what_was_found_to_fit_runs_whatever_the_kernels_give(
    plan: dict[str, Any], chance: Any
) -> None:
    composition = Composition.model_validate({"name": "composed", "plan": plan})
    specs = {spec.digest: spec for spec in KERNELS}
    report = check_composition(composition, specs)
    if not report.fits or not is_valid(report.input_schema, bind(ORDER)):
        return

    def run(step: Step) -> StepResult:
        spec = specs[step.digest]
        assert is_valid(spec.input_schema, step.input)
        hints = hints_of(*(spec.input_schema for spec in KERNELS))
        return StepResult(output=chance.choice(candidates(spec.output_schema, hints)))

    for _ in range(5):
        found = outcome(run_to_end(begin(composition, bind(ORDER)), run))
        if isinstance(found, Done):
            assert is_valid(report.output_schema, found.output)
        else:
            assert "not so after 3 turns" in str(found)
