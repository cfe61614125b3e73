"""A request answered by search: who takes it, and what its options change."""

from typing import Any

import pytest

from workers.answer import Answer
from workers.backends.scripted import ScriptedBackend
from workers.experts.registry import EXPERTS
from workers.request import ChatRequest
from workers.search.options import SearchOptions
from workers.search.search import Limits, Routed
from workers.searches.answering import Means, search_answer
from workers.trace import Trace

CODE = "It adds.\n\n```python\ndef add(a, b):\n    return a + b\n```"
EVIDENCE = ("The tower was opened in 1889.",)
SURE_OF_MATH = Routed("math", {name: 0.9 if name == "math" else 0.02 for name in EXPERTS}, 5, 6)


def asked(**search: Any) -> ChatRequest:
    options = search.pop("options", {})
    return ChatRequest(
        model="kernelweave",
        messages=({"role": "user", "content": "What is 17 * 24?"},),
        max_tokens=100,
        search=SearchOptions(**search),
        options=options,
    )


def answered(request: ChatRequest, *replies: str) -> tuple[Answer, ScriptedBackend]:
    backend = ScriptedBackend(replies)
    means = Means(
        experts=EXPERTS,
        routed=SURE_OF_MATH,
        records={},
        limits=Limits(2000, 100, parallel=1),
        timeout_s=30.0,
        least_judged=20,
        gain_per_1000=0.02,
    )
    answer = search_answer(request, "asked", backend, lambda _: None, Trace(), means, lambda: False)
    return answer, backend


@pytest.mark.parametrize(
    ("search", "worker"),
    [
        ({}, "math"),
        ({"tests": "assert add(1, 2) == 3"}, "code"),
        ({"evidence": EVIDENCE}, "factual"),
        ({"tests": "assert add(1, 2) == 3", "evidence": EVIDENCE}, "code"),
        ({"tests": "assert add(1, 2) == 3", "worker": "logic"}, "logic"),
    ],
)
def test_tests_and_evidence_go_to_the_worker_that_holds_answers_to_them(
    search: dict[str, Any], worker: str
) -> None:
    answer, _ = answered(asked(strategy="one_chain", **search), CODE)
    assert answer.searched is not None
    assert answer.searched.worker == worker
    assert set(answer.searched.found) == {worker}


def test_a_named_worker_that_runs_no_tests_says_so() -> None:
    answer, _ = answered(
        asked(strategy="one_chain", worker="math", tests="assert add(1, 2) == 3"), "Answer: 408"
    )
    assert "the tests were not used: math runs none" in answer.reason
    answer, _ = answered(asked(strategy="one_chain", worker="math"), "Answer: 408")
    assert "tests" not in answer.reason


def test_the_temperature_of_a_request_is_that_of_the_sampled_tries() -> None:
    replies = ["1. 17 * 24 = 400\nAnswer: 400"] * 3
    for options, heats in (({"temperature": 1.3}, [0.0, 1.3, 1.3]), ({}, [0.0, 0.4, 0.4])):
        request = asked(strategy="self_consistency", simulations=3, options=options)
        _, backend = answered(request, *replies)
        assert [one.options["temperature"] for one in backend.requests] == heats
