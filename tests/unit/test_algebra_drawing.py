"""A plan drawn for people."""

from typing import Any

from kernels.algebra.drawing import drawn
from kernels.algebra.plan import Composition


def kernel(called: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "kernel", "kernel": called, "digest": "0" * 64, **fields}


def test_every_node_is_a_line_under_the_one_around_it() -> None:
    plan = {
        "kind": "sequence",
        "steps": [
            {
                "kind": "parallel",
                "name": "both",
                "branches": [kernel("summarize"), kernel("entitle", name="head")],
                "strategy": {"kind": "best_effort"},
            },
            {
                "kind": "conditional",
                "when": "input.n > 1",
                "then": {
                    "kind": "loop",
                    "body": kernel("shorten"),
                    "until": "output.n < 3",
                    "at_most": 4,
                },
                "otherwise": kernel("price", input={"prompt": "input.head.title"}),
            },
        ],
        "output": {"n": "outputs.both.n"},
        "strategy": {"kind": "circuit_breaker", "after": 2},
    }
    composition = Composition.model_validate({"name": "composed", "plan": plan})
    assert drawn(composition.plan) == (
        """\
one after the other; tried again until 2 failures, which undo all
├─ 1. both: at the same time; as far as it goes
│  ├─ summarize (00000000)
│  └─ head: entitle (00000000)
├─ 2. if input.n > 1
│  ├─ then until output.n < 3, at most 4 times
│  │  └─ shorten (00000000)
│  └─ otherwise price (00000000)
│        takes {prompt: input.head.title}
└─ gives {n: outputs.both.n}"""
    )
