"""Answering a request: the kernel under its contract, or generation."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from kernels.conditions.kinds import CelCondition, EvidenceCondition, JudgeCondition
from kernels.execution import Shot
from kernels.matching import profile
from kernels.routing import VersionFacts
from kernels.spec import Binding, ComputeStep, GenerateStep, KernelSpec
from workers.answer import Answer, ChosenKernel, answer
from workers.backends.completion import (
    BackendGarbage,
    BackendRejected,
    BackendUnavailable,
    Completion,
    Delta,
    ModelRequest,
)
from workers.backends.scripted import ScriptedBackend
from workers.request import AskedContract, ChatRequest
from workers.trace import Trace

SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string"}},
    "required": ["label"],
    "additionalProperties": False,
}
SHORT = CelCondition(expression="size(output.label) < 5", label="short")
GOOD, BAD = '{"label": "bug"}', '{"label": "something else"}'


def kernel(**fields: Any) -> ChosenKernel:
    plain: dict[str, Any] = {
        "name": "sort-tickets",
        "family": "tickets",
        "description": "Sorts tickets.",
        "output_schema": SCHEMA,
        "postconditions": (SHORT,),
        "steps": (GenerateStep(),),
    }
    spec = KernelSpec(**{**plain, **fields})
    nowhere = np.zeros(384, dtype=np.float32)
    facts = VersionFacts(spec.name, uuid4(), 1, spec.digest, spec, profile([]), nowhere)
    return ChosenKernel(facts, (Shot("it hangs", {"label": "bug"}),))


def ask(**fields: Any) -> ChatRequest:
    messages = ({"role": "user", "content": "it crashes"},)
    return ChatRequest(**{"model": "kernelweave", "messages": messages, "max_tokens": 50, **fields})


class Told:
    """One answered request, with what was said while it was answered."""

    def __init__(
        self, request: ChatRequest, chosen: ChosenKernel | None, backend: Any, retries: int = 1
    ) -> None:
        self.said: list[Delta] = []
        self.trace = Trace()
        self.answer: Answer = answer(
            request, "why", chosen, backend, self.said.append, self.trace, retries
        )


def test_a_kernel_that_passes_answers() -> None:
    backend = ScriptedBackend([GOOD])
    told = Told(ask(), kernel(), backend)
    assert (told.answer.route, told.answer.reason, told.answer.text) == ("kernel", "why", GOOD)
    assert told.answer.verified is True
    assert told.answer.output == {"label": "bug"}
    assert [check.label for check in told.answer.checks] == ["output schema", "short"]
    assert [check.status for check in told.answer.checks] == ["ok", "ok"]
    (request,) = backend.requests
    assert request.schema == SCHEMA
    assert request.options == {"temperature": 0.0}


def test_a_kernel_that_fails_once_is_tried_again_with_some_temperature() -> None:
    backend = ScriptedBackend([BAD, GOOD])
    told = Told(ask(), kernel(), backend)
    assert told.answer.route == "kernel"
    assert told.answer.failed_kernel is None
    assert backend.requests[1].options["temperature"] > 0
    assert told.answer.completion_tokens == 5  # both attempts are counted
    assert told.trace.kinds.count("verification") == 4


def test_a_kernel_that_fails_twice_hands_over_and_says_so() -> None:
    chosen = kernel()
    backend = ScriptedBackend([BAD, "no JSON", "plain words"])
    told = Told(ask(), chosen, backend)
    assert (told.answer.route, told.answer.text) == ("generation", "plain words")
    assert told.answer.failed_kernel is chosen.facts
    assert told.answer.kernel is None
    assert "sort-tickets failed its contract" in told.answer.reason
    assert "generation took over" in told.answer.reason
    assert told.answer.completion_tokens > len(["plain", "words"])
    assert told.answer.verified is None
    assert "decision" in told.trace.kinds


def test_a_kernel_without_a_value_hands_over_at_once() -> None:
    binding = Binding(property="label", expression="input.emails[0]")
    backend = ScriptedBackend(["plain words"])
    told = Told(ask(), kernel(steps=(ComputeStep(bindings=(binding,)),)), backend)
    assert told.answer.route == "generation"
    assert "label" in told.answer.reason
    assert told.trace.kinds.count("failure") == 1
    assert len(backend.requests) == 1


def test_a_kernel_that_the_model_server_refuses_hands_over() -> None:
    backend = ScriptedBackend([BackendRejected("no such grammar"), "plain words"])
    told = Told(ask(), kernel(), backend)
    assert told.answer.text == "plain words"
    assert "no such grammar" in told.answer.reason


def test_what_the_server_cannot_read_is_a_failed_attempt() -> None:
    told = Told(ask(), kernel(), ScriptedBackend([BackendGarbage("no JSON"), GOOD]))
    assert (told.answer.route, told.answer.text) == ("kernel", GOOD)
    garbage = [BackendGarbage("no JSON")] * 2
    told = Told(ask(), kernel(), ScriptedBackend([*garbage, "plain words"]))
    assert (told.answer.route, told.answer.text) == ("generation", "plain words")
    assert told.answer.failed_kernel is not None
    assert told.answer.proven


def test_a_model_server_that_is_down_is_not_hidden() -> None:
    with pytest.raises(BackendUnavailable):
        Told(ask(), kernel(), ScriptedBackend([BackendUnavailable()]))


def test_a_kernel_that_computes_calls_no_model() -> None:
    binding = Binding(property="label", expression="'bug'")
    backend = ScriptedBackend()
    told = Told(ask(), kernel(steps=(ComputeStep(bindings=(binding,)),)), backend)
    assert told.answer.text == GOOD
    assert not told.answer.proven
    assert (told.answer.prompt_tokens, told.answer.completion_tokens) == (0, 0)
    assert backend.requests == []


def test_a_pass_of_the_schema_that_the_output_was_decoded_under_says_nothing() -> None:
    told = Told(ask(), kernel(postconditions=()), ScriptedBackend([GOOD]))
    assert (told.answer.verified, told.answer.proven) == (True, False)
    told = Told(ask(), kernel(postconditions=(SHORT,)), ScriptedBackend([GOOD]))
    assert (told.answer.verified, told.answer.proven) == (True, True)


def test_a_failure_always_says_something() -> None:
    told = Told(
        ask(), kernel(postconditions=()), ScriptedBackend(["no JSON", "no JSON", "plain words"])
    )
    assert told.answer.failed_kernel is not None
    assert told.answer.proven


def test_a_rendered_kernel_answers_in_text() -> None:
    told = Told(ask(), kernel(render="label"), ScriptedBackend([GOOD]))
    assert told.answer.text == "bug"
    assert told.answer.output == {"label": "bug"}


def test_the_conditions_of_the_request_hold_for_a_kernel_too() -> None:
    never = CelCondition(expression="output.label == 'wish'", label="wish")
    contract = AskedContract(conditions=(never,))
    told = Told(
        ask(contract=contract), kernel(), ScriptedBackend([GOOD, GOOD, '{"label": "wish"}'])
    )
    assert told.answer.route == "generation"
    assert told.answer.failed_kernel is not None
    assert told.answer.verified is True


def test_an_app_sees_the_text_of_a_rendered_kernel_in_its_conditions() -> None:
    contract = AskedContract(conditions=(CelCondition(expression="size(output) == 3"),))
    told = Told(ask(contract=contract), kernel(render="label"), ScriptedBackend([GOOD]))
    assert (told.answer.route, told.answer.text, told.answer.verified) == ("kernel", "bug", True)
    assert [check.label for check in told.answer.checks] == ["output schema", "short", ""]


def test_text_that_an_app_refuses_is_not_served() -> None:
    contract = AskedContract(conditions=(CelCondition(expression="output == 'wish'"),))
    told = Told(
        ask(contract=contract), kernel(render="label"), ScriptedBackend([GOOD, GOOD, "wish"])
    )
    assert (told.answer.route, told.answer.text) == ("generation", "wish")


def test_a_condition_of_kernel_and_request_is_checked_once() -> None:
    told = Told(ask(contract=AskedContract(conditions=(SHORT,))), kernel(), ScriptedBackend([GOOD]))
    assert [check.label for check in told.answer.checks] == ["output schema", "short"]


def test_evidence_of_the_message_is_there_for_a_kernel() -> None:
    contract = AskedContract(conditions=(EvidenceCondition(event="message"),))
    told = Told(ask(contract=contract), kernel(), ScriptedBackend([GOOD]))
    assert (told.answer.route, told.answer.verified) == ("kernel", True)


def test_a_kernel_writes_no_more_tokens_than_the_caller_allows() -> None:
    backend = ScriptedBackend([GOOD])
    Told(ask(max_tokens=7), kernel(steps=(GenerateStep(max_tokens=100),)), backend)
    assert backend.requests[0].max_tokens == 7
    backend = ScriptedBackend([GOOD])
    Told(ask(max_tokens=500), kernel(steps=(GenerateStep(max_tokens=100),)), backend)
    assert backend.requests[0].max_tokens == 100


def test_a_kernel_streams_only_what_passed() -> None:
    told = Told(ask(stream=True), kernel(), ScriptedBackend([BAD, GOOD]))
    assert "".join(delta.text for delta in told.said) == GOOD


def test_a_handover_streams_only_the_generation() -> None:
    told = Told(ask(stream=True), kernel(), ScriptedBackend([BAD, BAD, "plain words"]))
    assert "".join(delta.text for delta in told.said) == "plain words"


def test_generation_sends_the_request_as_it_came() -> None:
    backend = ScriptedBackend(["hello there"])
    told = Told(ask(options={"temperature": 0.3, "seed": 1}), None, backend)
    assert backend.requests == [
        ModelRequest(ask().messages, 50, options={"temperature": 0.3, "seed": 1})
    ]
    assert (told.answer.text, told.answer.verified, told.answer.output) == (
        "hello there",
        None,
        None,
    )


def test_generation_streams_word_by_word() -> None:
    told = Told(ask(stream=True), None, ScriptedBackend(["hello there you"]))
    assert [delta.text for delta in told.said] == ["hello", " there", " you"]
    assert told.answer.text == "hello there you"


@pytest.mark.parametrize(("text", "verified"), [(GOOD, True), ('{"x": 1}', False), ("no", False)])
def test_generation_is_held_to_the_requested_schema(text: str, verified: bool) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "t", "schema": SCHEMA}}
    backend = ScriptedBackend([text])
    told = Told(ask(response_format=wanted), None, backend)
    assert backend.requests[0].schema == SCHEMA
    assert told.answer.verified is verified
    assert told.answer.text == text


@pytest.mark.parametrize(("text", "verified"), [("{}", True), ("[]", False), ("no", False)])
def test_generation_is_held_to_a_requested_json_object(text: str, verified: bool) -> None:
    backend = ScriptedBackend([text])
    told = Told(ask(response_format={"type": "json_object"}), None, backend)
    assert backend.requests[0].json_object
    assert told.answer.verified is verified


@pytest.mark.parametrize(
    ("verdict", "verified"),
    [
        ('{"reason": "fine", "verdict": "yes"}', True),
        ('{"reason": "rude", "verdict": "no"}', False),
        ("no JSON", False),
        (BackendUnavailable(), False),
    ],
)
def test_a_judge_is_asked_under_a_schema(verdict: str | Exception, verified: bool) -> None:
    contract = AskedContract(conditions=(JudgeCondition(question="Is it polite?"),))
    backend = ScriptedBackend(["hello", verdict])
    told = Told(ask(contract=contract), None, backend)
    assert told.answer.verified is verified
    assert backend.requests[1].schema is not None


class ToolCaller:
    """A backend that calls a tool."""

    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    done = Completion("", "m", "tool_calls", 5, 2, (call,))

    def complete(self, request: ModelRequest) -> Completion:
        return self.done

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        yield Delta(tool_calls=({**self.call, "index": 0},))
        yield Delta(completion=self.done)


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_call_is_passed_on_and_held_to_nothing(stream: bool) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "t", "schema": SCHEMA}}
    told = Told(ask(stream=stream, response_format=wanted), None, ToolCaller())
    assert told.answer.tool_calls == (ToolCaller.call,)
    assert told.answer.finish_reason == "tool_calls"
    assert told.answer.verified is None
    assert "tool_call" in told.trace.kinds
    assert [bool(delta.tool_calls) for delta in told.said] == [True] * stream


@pytest.mark.parametrize("text", ["a\0b", "half \ud800"])
def test_text_that_cannot_be_stored_is_no_completion(text: str) -> None:
    with pytest.raises(BackendGarbage):
        Completion(text, "model", "stop", 1, 1)


def test_a_tool_call_that_cannot_be_stored_is_no_completion() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "a\0"}}
    with pytest.raises(BackendGarbage):
        Completion("", "m", "tool_calls", 1, 1, (call,))


def test_a_literal_escape_of_nul_is_text() -> None:
    assert Completion(r'{"a": "\u0000"}', "m", "stop", 1, 1).text


@pytest.mark.parametrize("model", ["m\0", "m" * 201])
def test_a_model_name_that_cannot_be_stored_is_no_completion(model: str) -> None:
    with pytest.raises(BackendGarbage):
        Completion("hello", model, "stop", 1, 1)


class Cutting(ScriptedBackend):
    """A model server whose first answers are whole JSON at a bound that only the tokens set."""

    def __init__(self, replies: list[str], *, cut: int) -> None:
        super().__init__(replies)
        self.left = cut

    def complete(self, request: ModelRequest) -> Completion:
        done = super().complete(request)
        self.left -= 1
        return replace(done, finish_reason="length") if self.left >= 0 else done


def test_an_output_that_was_cut_fails_though_it_satisfies_the_contract() -> None:
    told = Told(ask(), kernel(), Cutting([GOOD, GOOD], cut=1))
    assert (told.answer.route, told.answer.verified) == ("kernel", True)
    statuses = [e.payload.get("status") for e in told.trace.events if e.kind == "verification"]
    assert statuses == ["failed", "ok", "ok"]


def test_a_kernel_that_is_cut_each_time_gives_way_to_generation() -> None:
    told = Told(ask(), kernel(), Cutting([GOOD, GOOD, "a bug"], cut=2))
    assert told.answer.route == "generation"
    assert "cut at its limit of tokens" in told.answer.reason


def test_a_generated_output_that_was_cut_is_not_verified() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    told = Told(ask(response_format=wanted), None, Cutting([GOOD], cut=1))
    assert (told.answer.verified, told.answer.finish_reason) == (False, "length")


def test_a_judges_verdict_that_was_cut_is_none() -> None:
    judged = kernel(postconditions=(JudgeCondition(question="Is it good?", label="good"),))
    told = Told(ask(), judged, JudgeCut([GOOD, '{"reason": "so", "verdict": "yes"}', "a bug"]), 0)
    assert told.answer.route == "generation"
    assert "The judge's verdict was cut." in told.answer.reason


class JudgeCut(ScriptedBackend):
    """A model server whose judge runs out of tokens."""

    def complete(self, request: ModelRequest) -> Completion:
        done = super().complete(request)
        judging = "verdict" in str(request.schema)
        return replace(done, finish_reason="length") if judging else done
