"""What a model may write, narrowed by the prompt."""

from typing import Any

import pytest

from kernels.compiler.compile import compile_traces
from kernels.compiler.limits import mine_limits
from kernels.compiler.pairs import Pair
from kernels.slots import bind
from kernels.spec import Limit
from tests.unit.test_compile import trace

CITIES = ("Lyon", "Oslo", "New York", "Rome", "Lima", "Graz")
TEXT = {"type": "string"}
SPAN = Limit(property="city", how="span", expression="input.prompt")


def pairs(prompt: str, name: str, values: Any) -> list[Pair]:
    return [Pair(bind(prompt.format(v)), {name: v}) for v in values]


def test_a_copied_text_is_a_span_of_the_prompt() -> None:
    found = mine_limits(pairs("a train to {} please", "city", CITIES), {"city": TEXT}, ())
    assert found == (SPAN,)


def test_values_of_a_list_of_the_prompt_are_among_it() -> None:
    mails = [[f"{name}@x.org", "b@x.org"] for name in ("ann", "joe", "kim", "lea", "tom")]
    given = [Pair(bind(f"Who of {m[0]}, c@x.org and {m[1]}?"), {"who": m}) for m in mails]
    schema = {"who": {"type": "array", "items": TEXT}}
    assert mine_limits(given, schema, ()) == (
        Limit(property="who", how="among", expression="input.emails"),
    )


@pytest.mark.parametrize(
    ("values", "schema", "bound"),
    [
        (("billing",) * 6, TEXT, ()),  # a label that happens to stand there
        (CITIES[:4], TEXT, ()),  # too few
        (CITIES, {"enum": list(CITIES)}, ()),  # the schema lists them
        (CITIES, TEXT, ("city",)),  # a binding gives it
    ],
)
def test_other_properties_are_left_free(values: Any, schema: Any, bound: Any) -> None:
    assert mine_limits(pairs("go to {} now", "city", values), {"city": schema}, bound) == ()


def test_a_text_that_is_not_always_copied_is_left_free() -> None:
    some = pairs("go to {} now", "city", CITIES)
    some[2] = Pair(some[2].input, {"city": "Paris"})
    assert mine_limits(some, {"city": TEXT}, ()) == ()


def test_a_compiled_kernel_has_the_limits() -> None:
    prompts = ["to {} by train", "I need a room in {}", "{} tomorrow?", "how is {} in May"]
    prompts += ["from {} with love", "we met in {}, once"]
    schema = {
        "type": "object",
        "properties": {"city": TEXT, "mood": TEXT},
        "required": ["city", "mood"],
    }
    traces = [
        trace(prompt.format(city), {"city": city, "mood": mood}, schema)
        for prompt, city, mood in zip(prompts, CITIES, "abcdef", strict=True)
    ]
    spec = compile_traces(traces)
    assert spec.generate is not None
    assert spec.generate.limits == (SPAN,)
