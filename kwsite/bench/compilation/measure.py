"""Answers train prompts with the model, compiles what was accepted, and compares on other prompts.

The compiler, the clustering, the replay and the gate are those of the service; what is left out is
routing: a kernel is tried wherever its preconditions hold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.compiler.clustering import Member, clusters
from kernels.compiler.compile import Trace
from kernels.compiler.errors import NothingInCommon
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import SchemaCondition
from kernels.encoder import Vector, embed_all
from kernels.execution import Reply, Shot, run_recipe
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.tightening import BindingFailed
from kernels.verify import NotJson, parse_output, verify
from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.claim.learning import parsed
from kwsite.bench.compilation.outcome import Answered, Compiled
from workers.backends.completion import Backend, BackendRejected, ModelRequest
from workers.proposal import Proposal, compile_family
from workers.replay_case import OBSERVED
from workers.replies import asker

ENOUGH = 14  # accepted answers, after which no more train prompts are asked
TOLD = 4  # failed prompts that the replay sees, as many as in the service


@dataclass(frozen=True)
class Limits:
    """As in the service's settings."""

    successes: int
    confidence: float


def measure_family(
    family: Family,
    backend: Backend,
    limits: Limits,
    *,
    train: int,
    test: int,
    advance: Callable[[], Any],
) -> Compiled:
    """Learns from `train` prompts at most, compares on `test` others."""
    accepted: list[Trace] = []
    failed: list[Trace] = []
    samples = family.train[:train]
    vectors = embed_all([sample.prompt for sample in samples])
    for sample, vector in zip(samples, vectors, strict=True):
        if len(accepted) == ENOUGH:
            break
        trace, good = _asked(family, sample, vector, backend)
        (accepted if good else failed).append(trace)
        advance()
    found = clusters([Member(t.prompt, t.embedding) for t in accepted if t.embedding is not None])
    largest = [accepted[at] for at in found[0]] if found else []
    proposal, refusal = _compiled(family, largest, failed, backend, limits)
    held_out = family.test[:test]
    shown = embed_all([sample.prompt for sample in held_out])
    answered = []
    for sample, vector in zip(held_out, shown, strict=True):
        answered.append(_compared(family, sample, vector, proposal, backend))
        advance()
    return Compiled(
        family=family.name,
        kind=family.kind,
        asked=len(accepted) + len(failed),
        accepted=len(accepted),
        clusters=tuple(map(len, found)),
        spec=proposal.spec.model_dump(mode="json") if proposal else {},
        evidence=proposal.evidence if proposal else {},
        refusal=refusal,
        answered=tuple(answered),
    )


def _compiled(
    family: Family,
    traces: Sequence[Trace],
    failed: Sequence[Trace],
    backend: Backend,
    limits: Limits,
) -> tuple[Proposal | None, str]:
    """The proposal, and why it is none or was turned down."""
    if len(traces) < limits.successes:
        return None, f"{len(traces)} successes of one family, {limits.successes} are needed"
    try:
        proposal = compile_family(
            traces,
            family.request("").contract.conditions,
            failed=failed[:TOLD],
            owner=family.name,
            conflicts=0,
            min_confidence=limits.confidence,
            ask=asker(backend),
        )
    except NothingInCommon as error:
        return None, error.detail
    return proposal, proposal.refusal


def _generated(family: Family, prompt: str, backend: Backend) -> Reply:
    """The app's own call, straight to the model."""
    asked = ModelRequest(
        tuple(family.messages(prompt)),
        family.max_tokens,
        family.output_schema,
        options={"temperature": 0.0},
    )
    done = backend.complete(asked)
    return Reply(done.text, done.model, done.prompt_tokens, done.completion_tokens)


def _asked(family: Family, sample: Sample, vector: Vector, backend: Backend) -> tuple[Trace, bool]:
    """The trace of a train prompt, and whether its answer was accepted, as the service does it."""
    reply = _generated(family, sample.prompt, backend)
    output = parsed(reply.text)
    schema = SchemaCondition(json_schema=family.output_schema)
    contract = (schema, *family.request("").contract.conditions)
    passed = verify(contract, Subject(bind(sample.prompt, family.system), output, OBSERVED)).passed
    denied = bool(passed) and family.judges and not family.right(sample, output)
    trace = Trace(
        prompt=sample.prompt,
        system=family.system,
        output=output,
        text=reply.text,
        output_schema=family.output_schema,
        events=len(OBSERVED) + len(contract),
        passed_checks=len(contract),
        tokens=reply.prompt_tokens + reply.completion_tokens,
        reward=0.8,
        denied=denied,
        embedding=vector,
        kinds=OBSERVED,
    )
    return trace, bool(passed) and not denied


def _compared(
    family: Family, sample: Sample, vector: Vector, proposal: Proposal | None, backend: Backend
) -> Answered:
    """One held-out prompt: the model alone, then the kernel where it is ready."""
    alone = _generated(family, sample.prompt, backend)
    before = family.right(sample, parsed(alone.text))
    spent = alone.prompt_tokens + alone.completion_tokens
    reply = None
    if proposal is not None and not proposal.refusal:
        reply = _served(family, sample.prompt, vector, proposal, backend)
    if reply is None:
        return Answered(sample.prompt, before, spent, before, spent, False, False)
    text, tokens = reply
    if not text:
        return Answered(sample.prompt, before, spent, before, spent + tokens, True, False)
    after = family.right(sample, parsed(text))
    return Answered(sample.prompt, before, spent, after, tokens, True, True)


def _served(
    family: Family, prompt: str, vector: Vector, proposal: Proposal, backend: Backend
) -> tuple[str, int] | None:
    """What the kernel says and its tokens; no text if that is refused, None if not ready."""
    spec = proposal.spec
    bound = spec.given(bind(prompt, family.system))
    if verify(spec.preconditions, Subject(bound, None)).passed is False:
        return None
    try:
        reply = run_recipe(spec, bound, _shots(proposal.traces, vector), asker(backend))
        output = parse_output(reply.text)
    except (BindingFailed, BackendRejected, NotJson):
        return "", 0
    passed = verify(_contract(spec, family), Subject(bound, output, OBSERVED)).passed
    return reply.text if passed else "", reply.prompt_tokens + reply.completion_tokens


def _contract(spec: KernelSpec, family: Family) -> tuple[Any, ...]:
    asked = family.request("").contract.conditions
    return (*spec.contract, *(one for one in asked if one not in spec.contract))


def _shots(traces: Sequence[Trace], vector: Vector) -> list[Shot]:
    """The sources as worked examples, the nearest first."""

    def likeness(trace: Trace) -> float:
        return 0.0 if trace.embedding is None else float(trace.embedding @ vector)

    near = sorted(traces, key=likeness, reverse=True)
    return [Shot(trace.prompt, trace.answer) for trace in near]
