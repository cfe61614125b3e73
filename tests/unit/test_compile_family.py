"""From traces to a proposal: what reaches the kernel, and what is known of it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from kernels.compiler.compile import Trace
from kernels.execution import Reply, run_recipe
from kernels.slots import bind
from kernels.spec import Limit
from tests.unit.test_compile import ready_for, trace
from workers.proposal import Proposal, compile_family

PEOPLE = ("Ann Lee", "Bo Berg", "Cy Kerr", "Di Moss", "Ed Park", "Flo Reed", "Gil Shaw", "Hal Todd")


class Model:
    """Answers each prompt with what is known of it, and remembers the schemas."""

    def __init__(self, traces: Sequence[Trace] = ()) -> None:
        self.known = {trace.prompt: json.dumps(trace.answer) for trace in traces}
        self.schemas: list[dict[str, Any]] = []

    def __call__(self, messages: Any, schema: Any, max_tokens: int, temperature: float) -> Reply:
        self.schemas.append(schema)
        return Reply(self.known.get(messages[-1]["content"], "{}"), "m", 3, 1)


def proposal(traces: Sequence[Trace], model: Model | None = None) -> Proposal:
    ask = model or Model(traces)
    return compile_family(traces, (), owner="", conflicts=0, min_confidence=0.0, ask=ask)


def schema_of(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_mined_limits_reach_the_kernel_and_the_model() -> None:
    cities = ("Lyon", "Oslo", "New York", "Rome", "Lima", "Graz")
    prompts = ["to {} by train", "I need a room in {}", "{} tomorrow?", "how is {} in May"]
    prompts += ["from {} with love", "we met in {}, once"]
    schema = schema_of(city={"type": "string"}, mood={"type": "string"})
    traces = [
        trace(prompt.format(city), {"city": city, "mood": mood}, schema)
        for prompt, city, mood in zip(prompts, cities, "abcdef", strict=True)
    ]
    spec = proposal(traces).spec
    assert spec.generate is not None
    assert spec.generate.limits == (Limit(property="city", how="span", expression="input.prompt"),)
    model = Model()
    run_recipe(spec, bind("off to Bern"), (), model)
    spans = ["off", "off to", "off to Bern", "to", "to Bern", "Bern"]
    assert model.schemas[-1]["properties"]["city"] == {"enum": spans}


def test_whole_numbers_of_a_limit_are_whole() -> None:
    rows = ((12, 1250000, 3), (7, 40, 88), (5, 2, 61), (90, 14, 33), (8, 19, 55), (1, 6, 77))
    picked = (0, 1, 2, 1, 0, 2)
    schema = schema_of(n={"type": "integer"})
    said = ("Of {}, {} and {}?", "{} or {}, or is it {}", "Take {}; {}; {}!")
    traces = [
        trace(said[at % 3].format(*row), {"n": row[one]}, schema)
        for at, (row, one) in enumerate(zip(rows, picked, strict=True))
    ]
    spec = proposal(traces).spec
    assert spec.generate is not None
    assert [limit.how for limit in spec.generate.limits] == ["among"]
    model = Model()
    run_recipe(spec, bind("Of 12, 1250000 and 2.5?"), (), model)
    (listed,) = (one["enum"] for one in model.schemas[-1]["properties"].values())
    assert json.dumps(listed) == "[12, 1250000]"


ALIKE = [
    ([f"Is {n} a prime number?" for n in (2, 3, 5, 7, 11, 13, 17, 19, 23)], {"answer": "yes"}),
    ([f"Which continent is {n} in?" for n in PEOPLE], {"continent": "Europe"}),
    ([f"What is the status of order AB-{n}?" for n in range(101, 110)], {"status": "shipped"}),
    ([f"Is {n} a VIP?" for n in PEOPLE], {"vip": "no"}),
    ([f"Is {n} a VIP?" for n in PEOPLE], {"vip": False}),
    ([f'Answer "yes" or "no": is {n} odd?' for n in range(1, 20, 2)], {"answer": "yes"}),
    ([f"Is {n} even?" for n in range(2, 20, 2)], "yes"),
]


@pytest.mark.parametrize(("prompts", "output"), ALIKE)
def test_an_answer_that_was_always_the_same_is_no_knowledge(
    prompts: list[str], output: Any
) -> None:
    found = proposal([trace(prompt, output) for prompt in prompts])
    assert all(binding.choice for binding in found.spec.bindings)
    assert found.spec.generate is not None
    assert found.mutation.score is None
    assert found.evidence["mutation"]["alike"]


def test_one_prompt_many_times_does_not_pass_the_gate() -> None:
    again = [trace("Convert 1 km to m.", {"value": 1000, "unit": "m"})] * 8
    found = proposal(again)
    assert "agrees" in found.refusal or "accepted" in found.refusal


def test_a_prompt_is_replayed_without_its_likes() -> None:
    prompts = [f"Convert {n} km to m." for n in (1, 2, 3)]
    traces = [trace(p, {"value": bind(p)["numbers"][0] * 1000}) for p in prompts]
    assert proposal([*traces, *traces], Model()).replay.figures.agreed == 0  # two show no factor
    fourth = trace("Convert 4 km to m.", {"value": 4000.0})
    assert proposal([*traces, *traces, fourth], Model()).replay.figures.agreed == 6


def test_each_address_once_is_not_served_from_samples_that_repeat_none() -> None:
    samples: tuple[tuple[str, ...], ...] = (
        ("b", "a"),
        ("c", "d", "a"),
        ("f", "e"),
        ("g", "k", "h"),
    )
    samples += (("z", "y"), ("m", "n"), ("p", "s", "q"), ("u", "t"))
    traces = []
    for names in samples:
        mails = [f"{name}@x.test" for name in names]
        traces.append(trace(f"List each address once: {' '.join(mails)}", {"mails": mails}))
    spec = proposal(traces).spec
    assert [binding.expression for binding in spec.bindings] == ["input.emails"]
    assert ready_for(spec, "List each address once: w@x.test v@x.test")
    assert not ready_for(spec, "List each address once: w@x.test v@x.test w@x.test")
