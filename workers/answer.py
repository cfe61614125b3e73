"""Answers a routed request: the chosen kernel under its contract, or generation.

A kernel that fails its contract is tried again; then generation takes over, and the answer says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from kernels.conditions.checks import Check, Judge, Subject
from kernels.conditions.kinds import Condition, SchemaCondition
from kernels.execution import Reply, Shot, run_recipe
from kernels.routing import VersionFacts
from kernels.slots import bind
from kernels.tightening import BindingFailed
from kernels.verify import NotJson, Verdict, parse_output, verify
from trajectories.models import Event
from trajectories.route_words import KERNEL_FAILED
from workers.backends.completion import (
    Backend,
    BackendGarbage,
    BackendRejected,
    Completion,
    Delta,
    ModelRequest,
)
from workers.replies import asker, judge_of
from workers.request import ChatRequest
from workers.search.search import Searched
from workers.trace import Trace

RETRY_TEMPERATURE = 0.7
Say = Callable[[Delta], None]


@dataclass(frozen=True)
class ChosenKernel:
    """The kernel version that was routed to, with its nearest worked examples."""

    facts: VersionFacts
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Answer:
    """What goes back and what is recorded."""

    route: str
    reason: str
    text: str
    output: Any
    finish_reason: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    checks: tuple[Check, ...]
    verified: bool | None
    tool_calls: tuple[dict[str, Any], ...] = ()
    kernel: VersionFacts | None = None
    failed_kernel: VersionFacts | None = None  # tried, and failed its contract
    reused: UUID | None = None  # the trajectory whose answer this is
    cosine: float | None = None  # of the stored prompt, where that asks only nearly the same
    proven: bool = True  # False: a kernel's output passed what its making guarantees, no more
    searched: Searched | None = None
    reward_model: str | None = None  # digest of the net that scored a search's steps
    bound: Mapping[str, Any] | None = None  # the `input` that a kernel answered to
    adapter: str = ""  # that generated it; empty: the base model, if any


def answer(
    request: ChatRequest,
    reason: str,
    chosen: ChosenKernel | None,
    backend: Backend,
    say: Say,
    trace: Trace,
    retries: int,
    otherwise: Callable[[str], Answer] | None = None,
) -> Answer:
    """Answers one request. `say` receives the pieces of a streamed answer. Raises BackendError.

    `otherwise` answers where no kernel does, given the reason; it is generation unless something
    else is said.
    """
    otherwise = otherwise or (lambda why: generate(request, why, backend, say, trace))
    if chosen is None:
        return otherwise(reason)
    kernel = chosen
    bound = bind(request.prompt, request.system)
    served = serve_kernel(request, bound, kernel, backend, trace, retries)
    if served.verified:
        say(Delta(text=served.text))
        return replace(served, reason=reason)
    why = f"{kernel.facts.kernel} {KERNEL_FAILED} ({served.reason}); generation took over"
    trace.add(Event.Kind.DECISION, route="generation", reason=why)
    generated = otherwise(why)
    return replace(
        generated,
        failed_kernel=kernel.facts,
        proven=served.proven,
        prompt_tokens=generated.prompt_tokens + served.prompt_tokens,
        completion_tokens=generated.completion_tokens + served.completion_tokens,
    )


def serve_kernel(
    request: ChatRequest,
    bound: dict[str, Any],
    kernel: ChosenKernel,
    backend: Backend,
    trace: Trace,
    retries: int,
) -> Answer:
    """What the kernel makes of an input, under its contract and the app's; `reason` is the verdict.

    It is not `verified` when no try passed. Raises BackendError.
    """
    spec = kernel.facts.spec
    bound = spec.given(bound)
    ask = asker(backend, most_tokens=request.max_tokens)
    spent = [0, 0]
    result = Answer(
        "kernel", "no attempt was made", "", None, "stop", "", 0, 0, (), False, proven=False
    )
    for attempt in range(1 + retries):
        temperature = RETRY_TEMPERATURE if attempt else 0.0
        payload: dict[str, Any] = {"kernel": kernel.facts.kernel, "attempt": attempt + 1}
        try:
            with trace.timed(Event.Kind.OBSERVATION, payload):
                reply = run_recipe(spec, bound, kernel.shots, ask, temperature)
                payload.update(output=reply.text, tokens=reply.completion_tokens)
        except (BindingFailed, BackendRejected) as error:
            trace.add(Event.Kind.FAILURE, reason=error.detail)
            result = replace(result, reason=error.detail)
            break  # the same prompt binds the same way again, and is refused again
        except BackendGarbage as error:
            trace.add(Event.Kind.FAILURE, reason=error.detail)
            result = replace(result, reason=error.detail, proven=True)
            continue
        spent[0] += reply.prompt_tokens
        spent[1] += reply.completion_tokens
        judged = _judge_output(request, kernel.facts, reply, bound, trace, backend)
        verdict = judged.verdict
        result = replace(
            result,
            reason=verdict.reason,
            text=judged.text,
            output=judged.output,
            model=reply.model or "none",
            prompt_tokens=spent[0],
            completion_tokens=spent[1],
            checks=verdict.checks,
            verified=bool(verdict.passed),
            kernel=kernel.facts,
            bound=bound,
            proven=_could_fail(kernel.facts, reply, request) if verdict.passed else judged.at_fault,
        )
        if verdict.passed:
            break
    return result


def _could_fail(facts: VersionFacts, reply: Reply, request: ChatRequest) -> bool:
    """Whether a pass says anything: a decoded output has its schema's form in any case, and a
    computed one satisfies what it was computed from.
    """
    own = facts.spec.postconditions if reply.model else ()
    return bool(request.contract.conditions) or any(c.kind != "schema" for c in own)


@dataclass(frozen=True)
class Judgement:
    """A kernel's output as the app gets it, and the verdict of the kernel's contract and the app's.

    `at_fault` says whether a failure speaks against the kernel. What an app's own conditions refuse
    does so only for a kernel of that app, and only where they could run.
    """

    output: Any
    text: str
    verdict: Verdict
    at_fault: bool


def _judge_output(
    request: ChatRequest,
    facts: VersionFacts,
    reply: Reply,
    bound: dict[str, Any],
    trace: Trace,
    backend: Backend,
) -> Judgement:
    """The kernel's conditions see the output; the app's see what the app will see.

    An output that was cut is not held to them: it fails, whatever is left of it.
    """
    judge = judge_of(asker(backend))
    own = facts.spec.contract
    asked = tuple(c for c in request.contract.conditions if c not in own)
    name = facts.spec.render
    written = reply.text
    text = rendered(written, name)
    trace.add(Event.Kind.MESSAGE, text=text[:20_000])
    if reply.cut:
        step = facts.spec.generate
        enough = step is not None and request.max_tokens >= step.max_tokens
        return Judgement(None, text, cut_verdict(trace), at_fault=enough)
    if name is None:
        output, verdict = check(written, (*own, *asked), bound, trace, judge)
        whose = sorted((*own, *asked), key=lambda condition: condition.kind == "judge")
        mine = [condition in own for condition in whose[: len(verdict.checks)]]
        return Judgement(output, text, verdict, _at_fault(facts, verdict, mine))
    output, verdict = check(written, own, bound, trace, judge)
    mine = [True] * len(verdict.checks)
    if verdict.passed:
        _, more = check(text, asked, bound, trace, judge)
        verdict = Verdict(verdict.checks + more.checks)
        mine += [False] * len(more.checks)
    return Judgement(output, text, verdict, _at_fault(facts, verdict, mine))


def _at_fault(facts: VersionFacts, verdict: Verdict, mine: Sequence[bool]) -> bool:
    """`mine`: whether each check is of the kernel's own contract."""
    return any(
        check.status != "ok" if own else check.status == "failed" and facts.client is not None
        for check, own in zip(verdict.checks, mine, strict=True)
    )


def cut_verdict(trace: Trace) -> Verdict:
    """The verdict on an output that its limit of tokens ended, also where it is whole JSON."""
    cut = Check("schema", "whole output", "failed", "it was cut at its limit of tokens", 0.0)
    trace.add(Event.Kind.VERIFICATION, **cut.as_json())
    return Verdict((cut,))


def check(
    text: str,
    conditions: Sequence[Condition],
    bound: dict[str, Any],
    trace: Trace,
    judge: Judge | None,
) -> tuple[Any, Verdict]:
    """Parses an output and verifies it; one verification event a check."""
    try:
        output = parse_output(text)
    except NotJson as error:
        output = text
        if any(condition.kind == "schema" for condition in conditions):
            broken = Check("schema", "output schema", "failed", str(error), 0.0)
            trace.add(Event.Kind.VERIFICATION, **broken.as_json())
            return None, Verdict((broken,))
    verdict = verify(conditions, Subject(bound, output, trace.kinds), judge)
    for one in verdict.checks:
        trace.add(Event.Kind.VERIFICATION, **one.as_json())
    return (None if output is text else output), verdict


def rendered(written: str, name: str | None) -> str:
    """The answer as the caller sees it: one property of the output as text, or the JSON itself."""
    if name is None:
        return written
    try:
        output = parse_output(written)
    except NotJson:
        return written
    return str(output[name]) if isinstance(output, dict) and name in output else written


def generate(
    request: ChatRequest,
    reason: str,
    backend: Backend,
    say: Say,
    trace: Trace,
    writer: Backend | None = None,
) -> Answer:
    """The model's own answer, checked. Raises BackendError.

    `writer` writes it, where somebody else than `backend` does, which judges.
    """
    payload: dict[str, Any] = {"prompt": request.prompt[:2000]}
    with trace.timed(Event.Kind.OBSERVATION, payload):
        completion = _complete(request, writer or backend, say)
        payload.update(
            model=completion.model,
            finish_reason=completion.finish_reason,
            prompt_tokens=completion.prompt_tokens,
            completion_tokens=completion.completion_tokens,
        )
    trace.add(Event.Kind.MESSAGE, text=completion.text[:20_000])
    for call in completion.tool_calls:
        trace.add(Event.Kind.TOOL_CALL, call=call)
    conditions = asked_contract(request)
    bound = bind(request.prompt, request.system)
    if completion.tool_calls:
        output, verdict = None, Verdict(())  # a turn in the middle: nothing to hold it to yet
    elif completion.finish_reason == "length" and request.output_schema is not None:
        output, verdict = None, cut_verdict(trace)
    else:
        output, verdict = check(completion.text, conditions, bound, trace, judge_of(asker(backend)))
    return Answer(
        "generation",
        reason,
        completion.text,
        output,
        completion.finish_reason,
        completion.model,
        completion.prompt_tokens,
        completion.completion_tokens,
        verdict.checks,
        verdict.passed,
        completion.tool_calls,
    )


def asked_contract(request: ChatRequest) -> tuple[Condition, ...]:
    """What the app itself asked for: its output schema, and the conditions it sent."""
    conditions: list[Condition] = []
    if request.output_schema is not None:
        conditions.append(
            SchemaCondition(json_schema=request.output_schema, label="requested schema")
        )
    elif (request.response_format or {}).get("type") == "json_object":
        conditions.append(
            SchemaCondition(json_schema={"type": "object"}, label="requested JSON object")
        )
    return (*conditions, *request.contract.conditions)


def _complete(request: ChatRequest, backend: Backend, say: Say) -> Completion:
    wanted = ModelRequest(
        messages=request.messages,
        max_tokens=request.max_tokens,
        schema=request.output_schema,
        json_object=(request.response_format or {}).get("type") == "json_object",
        options=request.options,
    )
    if not request.stream:
        return backend.complete(wanted)
    whole: Completion | None = None
    for delta in backend.stream(wanted):
        whole = delta.completion or whole
        if delta.text or delta.tool_calls:
            say(delta)
    assert whole is not None, "a backend's stream ends with the whole completion"
    return whole
