"""From verified traces to a kernel."""

import json
from typing import Any

import pytest

from kernels.compiler.compile import Trace, compile_traces
from kernels.compiler.errors import NothingInCommon
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import CelCondition, SchemaCondition
from kernels.execution import Reply, run_recipe
from kernels.slots import bind
from kernels.spec import KernelSpec, digest_of
from kernels.verify import verify

SCHEMA = {
    "type": "object",
    "properties": {"value": {"type": "number"}, "unit": {"type": "string"}},
    "required": ["value", "unit"],
    "additionalProperties": False,
}
LABEL = {
    "type": "object",
    "properties": {"label": {"enum": ["bug", "wish"]}},
    "required": ["label"],
}


def trace(prompt: str, output: Any, schema: dict[str, Any] | None = None, **more: Any) -> Trace:
    text = output if isinstance(output, str) else json.dumps(output)
    plain: dict[str, Any] = {
        "prompt": prompt,
        "system": "",
        "output": None if isinstance(output, str) else output,
        "text": text,
        "output_schema": schema,
        "events": 3,
        "passed_checks": 1,
        "tokens": 40,
        "reward": 0.8,
    }
    return Trace(**{**plain, **more})


def conversions(**more: Any) -> list[Trace]:
    return [
        trace(f"Convert {n} km to m.", {"value": n * 1000, "unit": "m"}, SCHEMA, **more)
        for n in (1, 2, 3.5, 12, 40)
    ]


def tickets(**more: Any) -> list[Trace]:
    said = {"it crashes": "bug", "add a dark mode": "wish", "it hangs": "bug"}
    return [
        trace(f"Sort this ticket: {t}", {"label": label}, LABEL, **more)
        for t, label in said.items()
    ]


def accepts(spec: KernelSpec, prompt: str, output: Any) -> bool | None:
    conditions = (SchemaCondition(json_schema=spec.output_schema), *spec.postconditions)
    return verify(conditions, Subject(spec.given(bind(prompt)), output)).passed


def ready_for(spec: KernelSpec, prompt: str) -> bool:
    return verify(spec.preconditions, Subject(spec.given(bind(prompt)), None)).passed is not False


def no_model(*_: Any) -> Reply:
    raise AssertionError("no model is needed")


def test_a_computable_family_needs_no_model() -> None:
    spec = compile_traces(conversions())
    assert spec.generate is None
    reply = run_recipe(spec, bind("Convert 9 km to m."), (), no_model)
    assert json.loads(reply.text) == {"value": 9000, "unit": "m"}
    assert accepts(spec, "Convert 9 km to m.", json.loads(reply.text))


@pytest.mark.parametrize("value", [9001, 9, 9000.01, "9000"])
def test_its_contract_refuses_a_wrong_value(value: Any) -> None:
    spec = compile_traces(conversions())
    assert accepts(spec, "Convert 9 km to m.", {"value": value, "unit": "m"}) is False


def test_a_wrong_tiny_value_is_refused() -> None:
    traces = [trace(f"Convert {n} mm to km.", {"value": n * 1e-6}) for n in (1, 2, 3)]
    spec = compile_traces(traces)
    assert accepts(spec, "Convert 0.5 mm to km.", {"value": 5e-7})
    assert accepts(spec, "Convert 0.5 mm to km.", {"value": 9e-7}) is False


@pytest.mark.parametrize(
    "prompt",
    [
        "Convert 9 kg to g.",
        "Convert 9 m to km.",
        "Convert 9 km and 3 km to m.",
        "Convert km to m.",
        "Do not convert 9 km to m.",
    ],
)
def test_it_is_not_ready_for_what_it_cannot_compute(prompt: str) -> None:
    spec = compile_traces(conversions())
    assert ready_for(spec, "Convert 9 km to m.")
    assert not ready_for(spec, prompt)


def test_another_operation_is_not_computed_with_the_one_that_was_seen() -> None:
    traces = [trace(f"What is {a} plus {b}?", {"n": a + b}) for a, b in ((1, 2), (3, 5), (8, 11))]
    spec = compile_traces(traces)
    assert ready_for(spec, "What is 20 plus 22?")
    assert not ready_for(spec, "What is 20 times 22?")


def sums(template: str) -> list[Trace]:
    return [trace(template.format(a, b), {"n": a + b}) for a, b in ((1, 2), (3, 5), (8, 11))]


@pytest.mark.parametrize(
    ("template", "served", "refused"),
    [
        ("{} plus {}", "20 PLUS 22", "20 surplus 22"),
        ("{} ajouté à {}", "20 Ajouté À 22", "20 rajouté à 22"),
        ("don't {} and {}", "DON'T 20 and 22", "don 20 t 22"),
    ],
)
def test_the_same_words_are_whole_words(template: str, served: str, refused: str) -> None:
    (same_words,) = (
        c for c in compile_traces(sums(template)).preconditions if c.label == "the same words"
    )
    assert verify([same_words], Subject(bind(served), None)).passed
    assert verify([same_words], Subject(bind(refused), None)).passed is False


def test_a_word_is_required_however_many_others_there_are() -> None:
    others = " ".join(a + b + c for a in "abc" for b in "abc" for c in "abc")
    spec = compile_traces(sums(f"{{}} plus {{}} {others}"))
    assert ready_for(spec, f"20 plus 22 {others}")
    assert not ready_for(spec, f"20 times 22 {others}")


@pytest.mark.parametrize(
    "others", ["a" * 3000, "é" * 400, " ".join(letter * 120 for letter in "abcdefghijklmnopqrst")]
)
def test_long_words_do_not_push_out_the_short_ones(others: str) -> None:
    spec = compile_traces(sums(f"{{}} plus {{}} {others}"))
    assert ready_for(spec, f"20 plus 22 {others}")
    assert not ready_for(spec, f"20 times 22 {others}")


def test_a_huge_prompt_is_looked_through() -> None:
    words = " ".join(a + b for a in "abcdefghijklmno" for b in "abcdefghijklmno")
    spec = compile_traces(sums(f"{{}} plus {{}} {words}"))
    huge = {"numbers": [1.0, 2.0], "signs": [], "units": [], "negated": False}
    for unit in ("a", "a ", "'", "é", f"plus {words} "):
        subject = Subject({**huge, "prompt": unit * (1_000_000 // len(unit))}, None)
        statuses = {check.status for check in verify(spec.preconditions, subject).checks}
        assert "could_not_run" not in statuses


def test_a_long_property_name_can_be_bound() -> None:
    name = "n" * 300
    traces = [trace(f"Mail {m}@x.test now", {name: f"{m}@x.test"}) for m in ("a", "b", "c")]
    assert [b.property for b in compile_traces(traces).bindings] == [name]


@pytest.mark.parametrize(
    "traces",
    [
        [trace(f"{n} km", {"n" * 2000: n}) for n in (1, 2, 3)],
        [trace(f"{n} km" + " kg" * 500, {"n": n}) for n in (1, 2, 3)],
    ],
)
def test_what_is_too_long_to_say_as_a_condition_makes_no_kernel(traces: list[Trace]) -> None:
    with pytest.raises(NothingInCommon, match="too long"):
        compile_traces(traces)


def test_an_operation_in_signs_is_not_computed_as_another() -> None:
    traces = [trace(f"Compute {a} + {b} now", {"n": a + b}) for a, b in ((1, 2), (3, 5), (8, 11))]
    spec = compile_traces(traces)
    assert ready_for(spec, "Compute 20 + 22 now")
    for other in ("20 * 22", "20 - 22", "20 / 22", "20 22", "20 + + 22"):
        assert not ready_for(spec, f"Compute {other} now")


def test_one_unit_may_be_written_again_but_not_become_another() -> None:
    said = ("Owe {} EUR", "{} EUR to pay", "Send {} EUR, please", "It is {} EUR", "Due: {} EUR")
    amounts = (4, 8.5, 13, 21, 340)
    traces = [trace(t.format(n), {"total": n}) for t, n in zip(said, amounts, strict=True)]
    (same,) = (c for c in compile_traces(traces).preconditions if c.label == "the same unit")
    held = {
        text: verify([same], Subject(bind(text), None)).passed
        for text in ("Pay 9 EUR", "9 EUR before tax, 12 EUR with it", "Pay 9 USD", "Pay 9")
    }
    assert list(held.values()) == [True, True, False, False]


def test_what_cannot_be_computed_is_left_to_the_model() -> None:
    spec = compile_traces(tickets())
    assert spec.bindings == ()
    assert spec.generate is not None
    assert spec.output_schema == LABEL
    assert spec.render is None


def test_the_contract_holds_on_every_trace() -> None:
    for traces in (conversions(), tickets()):
        spec = compile_traces(traces)
        assert all(accepts(spec, t.prompt, t.answer) for t in traces)
        assert all(ready_for(spec, t.prompt) for t in traces)


def test_text_answers_become_one_property() -> None:
    spec = compile_traces([trace(f"Say hello to {n}", f"Hello {n}!") for n in ("Ada", "Bo", "Cy")])
    assert spec.render == "answer"
    assert spec.output_schema["properties"] == {"answer": {"type": "string"}}


def test_a_schema_is_inferred_from_outputs() -> None:
    spec = compile_traces([trace("One", {"n": 1, "x": None}), trace("Two", {"n": 2.5, "x": None})])
    assert spec.output_schema["properties"] == {"n": {"type": "number"}, "x": {"type": "null"}}


@pytest.mark.parametrize(
    "traces",
    [
        [trace("One", {"n": 1}), trace("Two", {"m": 2})],
        [trace("One", {"n": 1}), trace("Two", {"n": "two"})],
        [trace("One", {}), trace("Two", {})],
        [trace("One", [1], {"type": "array"}), trace("Two", [2], {"type": "array"})],
        [trace("One", {"n": 1}, {"anyOf": [{"type": "object"}]})] * 2,
    ],
)
def test_outputs_without_a_common_form_make_no_kernel(traces: list[Trace]) -> None:
    with pytest.raises(NothingInCommon):
        compile_traces(traces)


def test_an_object_schema_without_properties_is_left_to_the_model() -> None:
    spec = compile_traces([trace(f"{n} km", {"n": n}, {"type": "object"}) for n in (1, 2, 3)])
    assert spec.bindings == ()
    assert spec.generate is not None


@pytest.mark.parametrize("name", ["first-name", "in", "a b", 'say "so"'])
def test_any_property_name_can_be_bound(name: str) -> None:
    traces = [trace(f"Mail {m}@x.test now", {name: f"{m}@x.test"}) for m in ("a", "b", "c")]
    spec = compile_traces(traces)
    assert [b.property for b in spec.bindings] == [name]
    assert accepts(spec, "Mail z@x.test now", {name: "z@x.test"})
    assert accepts(spec, "Mail z@x.test now", {name: "y@x.test"}) is False


@pytest.mark.parametrize(
    "prompt", ["Say ' ' to him", "über", "…", "a" * 300 + " " + "b" * 300, "don't can't 'quoted'"]
)
def test_any_prompt_gives_a_name(prompt: str) -> None:
    spec = compile_traces([trace(prompt, {"label": "bug"}, LABEL)] * 3)
    assert spec.name
    assert spec.family


def test_kinds_of_call_and_owners_have_kernels_of_their_own() -> None:
    told = compile_traces(tickets(system="Be brief."))
    assert told.system_digest == digest_of("Be brief.")
    assert compile_traces(tickets()).system_digest is None
    assert told.name != compile_traces(tickets()).name
    assert compile_traces(tickets(), owner="1").name != compile_traces(tickets(), owner="2").name


def test_the_conditions_an_app_asked_for_are_kept_once() -> None:
    asked = CelCondition(expression="output.label != ''", label="says something")
    spec = compile_traces(tickets(), (asked, asked))
    assert spec.postconditions == (asked,)


def test_some_traces_become_tests() -> None:
    assert [t.prompt for t in compile_traces(tickets()).tests] == [t.prompt for t in tickets()]


def test_the_form_of_all_prompts_is_a_precondition() -> None:
    texts = ("it hangs", "The app is slow", "please help me now", "no sound", "add a dark mode")
    traces = [
        trace(f"Sort this ticket: {t} =>", {"label": "wish" if "add" in t else "bug"}, LABEL)
        for t in texts
    ]
    spec = compile_traces(traces)
    assert spec.templates == ("Sort this ticket: {text1} =>",)
    assert ready_for(spec, "Sort this ticket: I want my money back =>")
    assert not ready_for(spec, "How urgent is this ticket: I want my money back?")


def test_a_form_that_only_some_prompts_have_is_shown_and_not_required() -> None:
    prompts = [f"Mail {m}@x.test by noon today" for m in "abc"]
    prompts += ["c@x.test wants it", "What about d@x.test", "e@x.test?", "Is it f@x.test then"]
    traces = [trace(p, {"to": bind(p)["emails"][0]}) for p in prompts]
    spec = compile_traces(traces)
    assert "Mail {email1} by noon today" in spec.templates
    assert ready_for(spec, "Perhaps g@x.test will do")


def people() -> list[Trace]:
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Flo")
    return [trace(f"Who is {name}? Say the name.", {"who": name}) for name in names]


def test_what_fills_a_gap_can_be_the_output() -> None:
    spec = compile_traces(people())
    reply = run_recipe(spec, bind("Who is Zoe? Say the name."), (), no_model)
    assert json.loads(reply.text) == {"who": "Zoe"}
    assert ready_for(spec, "Who is Zoe? Say the name.")
    assert not ready_for(spec, "Who is Zoe married to? Say the name.")


def test_other_readings_must_agree_before_it_serves() -> None:
    traces = [trace(f"Pay {a} of {b}.", {"n": b}) for a, b in ((1, 20), (3, 40), (5, 60), (2, 90))]
    spec = compile_traces(traces)
    assert ready_for(spec, "Pay 7 of 70.")
    assert not ready_for(spec, "Pay 70 of 7.")


def test_what_always_held_becomes_a_postcondition_where_it_tells_answers_apart() -> None:
    facts: tuple[tuple[str, str, str], ...] = (
        ("Ann", "figs", "Bob"),
        ("Cleo", "tea", "Dan"),
        ("Eve", "rain", "Flo"),
    )
    facts += (("Gil", "dogs", "Hal"), ("Ida", "sun", "Jo"), ("Kit", "jam", "Lea"))
    traces = [
        trace(f"{a} and {b} met. {b} likes {what}. Who likes {what}?", {"who": b})
        for a, what, b in facts
    ]
    spec = compile_traces(traces)
    prompt = "Mia and Ned met. Ned likes art. Who likes art?"
    assert accepts(spec, prompt, {"who": "Ned"})
    assert accepts(spec, prompt, {"who": "Zoe"}) is False


def test_answers_that_were_denied_are_refused_if_a_condition_tells_them() -> None:
    texts = ("it hangs", "it is slow", "no sound", "no help", "too dark")
    traces = [trace(f"Answer this: {t}", {"code": f"T-{n}"}) for n, t in enumerate(texts, 10)]
    failed = [trace("Answer this: hello", {"code": "I do not know"})]
    spec = compile_traces(traces, failed=failed)
    assert accepts(spec, "Answer this: hi", {"code": "T-99"})
    assert accepts(spec, "Answer this: hi", {"code": "no idea"}) is False


def test_inferred_schemas_say_what_lists_and_objects_hold() -> None:
    outputs = [{"a": ["x"], "b": {"n": 1, "m": [1.5]}}, {"a": [], "b": {"n": 2, "m": [2]}}]
    spec = compile_traces([trace(f"{n}", output) for n, output in enumerate(outputs)])
    properties = spec.output_schema["properties"]
    assert properties["a"] == {"type": "array", "items": {"type": "string"}}
    assert properties["b"]["properties"]["m"]["items"] == {"type": "number"}
    assert properties["b"]["additionalProperties"] is False


def test_where_prompts_share_no_words_the_name_says_what_the_kernel_gives() -> None:
    prompts = ["12 km", "a mile, please", "zehn Meter", "3 ft?", "how long is 4 m"]
    spec = compile_traces([trace(p, {"value": 1, "unit": "m"}, SCHEMA) for p in prompts])
    assert spec.name.startswith("value-unit-")
