"""Repeated, verified successes become a candidate kernel (rows KW8, KW9)."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from pgvector.django import CosineDistance

from kernels.compiler.compile import NothingInCommon, Trace, compile_traces
from kernels.compiler.confidence import CompileSignals, compile_confidence
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition, SchemaCondition
from kernels.execution import Ask, BindingFailed, Shot, run_recipe
from kernels.models import Exemplar, KernelVersion
from kernels.registry import Example, propose_version
from kernels.slots import bind
from kernels.spec import GenerateStep, KernelSpec
from kernels.verify import NotJson, parse_output, verify
from trajectories.models import Feedback, Trajectory
from workers.replies import judge_of
from workers.request import ChatRequest

log = logging.getLogger(__name__)
MAX_TRACES = 40
REPLAYED = 4


@dataclass(frozen=True)
class Replay:
    """A recipe on prompts it has not seen as examples, beside what was spent on them before."""

    recipe: str
    prompts: int
    accepted: int  # by the contract
    agreed: int  # with the answer that was verified
    kernel_tokens: int
    original_tokens: int

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.agreed, self.accepted, -self.kernel_tokens)


def consider_promotion(*, trajectory_id: str, ask: Ask) -> KernelVersion | None:
    """Proposes a candidate if this success completes a family; else None.

    One consideration at a time per client and kind of call: a second one comes away empty.
    """
    seed = Trajectory.objects.select_related("client").get(pk=trajectory_id)
    with transaction.atomic():
        key = f"{seed.client_id}:{seed.signature}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            if not cursor.fetchone()[0]:
                return None
        if not promotable().filter(pk=seed.pk).exists() or _is_served(seed):
            return None
        family = list(_family(seed))
        if len(family) < settings.KW_PROMOTE_MIN_SUCCESSES:
            return None
        return _propose(seed, family, ask)


def promotable() -> Any:
    """Trajectories that may become the source of a kernel: verified, liked, not yet used."""
    disliked = Feedback.objects.filter(trajectory=OuterRef("pk")).filter(
        Q(verdict="incorrect") | Q(rating__lte=2)
    )
    liked = Feedback.objects.filter(trajectory=OuterRef("pk")).filter(
        Q(verdict="correct") | Q(rating__gte=4)
    )
    used = KernelVersion.objects.filter(sources=OuterRef("pk"))
    return Trajectory.objects.filter(
        Q(verified=True) | Q(Exists(liked), verified__isnull=True),
        ~Exists(disliked),
        ~Exists(used),
        plain=True,
        route=Trajectory.Route.GENERATION,
        reward__gte=settings.KW_PROMOTE_MIN_REWARD,
    )


def _family(seed: Trajectory) -> Any:
    furthest = 1.0 - settings.KW_PROMOTE_MIN_SIMILARITY
    return (
        promotable()
        .filter(client=seed.client, signature=seed.signature, encoder_digest=seed.encoder_digest)
        .annotate(distance=CosineDistance("embedding", seed.embedding))
        .filter(distance__lte=furthest)
        .select_related("run")
        .order_by("distance")[:MAX_TRACES]
    )


def _is_served(seed: Trajectory) -> bool:
    """A candidate or live kernel of this client already has such prompts."""
    furthest = 1.0 - settings.KW_PROMOTE_MIN_SIMILARITY
    return (
        Exemplar.objects.filter(
            version__state__in=[KernelVersion.State.CANDIDATE, KernelVersion.State.LIVE],
            version__sources__signature=seed.signature,
            version__kernel__client=seed.client,
            encoder_digest=seed.encoder_digest,
        )
        .annotate(distance=CosineDistance("embedding", seed.embedding))
        .filter(distance__lte=furthest)
        .exists()
    )


def _propose(seed: Trajectory, family: Sequence[Trajectory], ask: Ask) -> KernelVersion | None:
    traces = [_trace(trajectory) for trajectory in family]
    conditions = _asked_every_time(family)
    try:
        spec = compile_traces(traces, conditions, owner=str(seed.client_id))
    except NothingInCommon as error:
        log.info("no kernel from %d traces like %s: %s", len(traces), seed.pk, error.detail)
        return None
    spec, replay = _shortest_recipe(spec, traces, ask)
    gate = _gate(spec, traces, replay)
    confidence = compile_confidence(_signals(traces, replay))
    gate.append(
        {
            "name": "compile confidence",
            "passed": confidence["total"] >= settings.KW_PROMOTE_MIN_CONFIDENCE,
            "detail": f"{confidence['total']:.2f} of {settings.KW_PROMOTE_MIN_CONFIDENCE:.2f}",
        }
    )
    passed = all(check["passed"] for check in gate)
    state = KernelVersion.State.CANDIDATE if passed else KernelVersion.State.REJECTED
    version = propose_version(
        spec=spec,
        examples=[
            Example(trace.prompt, trace.answer, trajectory)
            for trace, trajectory in zip(traces, family, strict=True)
        ],
        client=seed.client,
        confidence=confidence["total"],
        evidence={
            "gate": {"passed": passed, "checks": gate},
            "replay": asdict(replay),
            "confidence": confidence,
        },
        state=state,
    )
    if not passed:
        failed = next(check for check in gate if not check["passed"])
        version.decision_reason = f"regression gate: {failed['name']}: {failed['detail']}"
        version.save(update_fields=["decision_reason"])
    log.info("kernel %s is a %s", version.kernel.name, state)
    return version


def _asked_every_time(family: Sequence[Trajectory]) -> list[Condition]:
    """The conditions that all requests sent; what only some sent is checked on those again."""
    asked = [ChatRequest(**t.run.request).contract.conditions for t in family]
    return [c for c in asked[0] if all(c in conditions for conditions in asked)]


def _trace(trajectory: Trajectory) -> Trace:
    return Trace(
        prompt=trajectory.prompt,
        system=trajectory.system,
        output=trajectory.output,
        text=trajectory.output_text,
        output_schema=trajectory.output_schema,
        events=trajectory.events.count(),
        passed_checks=sum(check["status"] == "ok" for check in trajectory.checks),
        tokens=trajectory.prompt_tokens + trajectory.completion_tokens,
        reward=trajectory.reward or 0.0,
    )


def _recipes(spec: KernelSpec, system: str) -> dict[str, KernelSpec]:
    """The recipes to try: some examples, few, and few with the app's system prompt."""
    step = spec.generate
    if step is None:
        return {"computed": spec}

    def asking(instruction: str) -> KernelSpec:
        told = GenerateStep(instruction=instruction, shots=2, max_tokens=step.max_tokens)
        steps = tuple(told if one.kind == "generate" else one for one in spec.steps)
        return spec.model_copy(update={"steps": steps})

    recipes = {"examples only": spec, "two examples only": asking("")}
    if system:
        recipes["system prompt and examples"] = asking(system)
    return recipes


def _shortest_recipe(
    spec: KernelSpec, traces: Sequence[Trace], ask: Ask
) -> tuple[KernelSpec, Replay]:
    """Replays each recipe; the one that agrees most wins, then the one with the fewest tokens."""
    tried = [
        (recipe, _replay(name, recipe, traces, ask))
        for name, recipe in _recipes(spec, traces[0].system).items()
    ]
    return max(tried, key=lambda pair: pair[1].rank)


def _replay(name: str, spec: KernelSpec, traces: Sequence[Trace], ask: Ask) -> Replay:
    every = max(1, len(traces) // REPLAYED)
    chosen = list(traces)[::every][:REPLAYED]
    accepted = agreed = spent = 0
    for trace in chosen:
        bound = bind(trace.prompt, trace.system)
        shots = [Shot(t.prompt, t.answer) for t in traces if t is not trace]
        try:
            reply = run_recipe(spec, bound, shots, ask)
            output = parse_output(reply.text)
        except (BindingFailed, NotJson):
            continue
        spent += reply.prompt_tokens + reply.completion_tokens
        conditions = (*_schema(spec), *spec.postconditions)
        accepted += bool(verify(conditions, Subject(bound, output), judge_of(ask)).passed)
        agreed += output == trace.answer
    return Replay(name, len(chosen), accepted, agreed, spent, sum(trace.tokens for trace in chosen))


def _schema(spec: KernelSpec) -> tuple[Condition, ...]:
    return (SchemaCondition(json_schema=spec.output_schema, label="output schema"),)


def _gate(spec: KernelSpec, traces: Sequence[Trace], replay: Replay) -> list[dict[str, Any]]:
    """KW9: the contract accepts every source output, and the recipe brings such outputs back."""
    conditions = (*_schema(spec), *spec.postconditions)
    contract = [c for c in conditions if c.kind != "judge"]  # the judge has seen these outputs
    verdicts = [
        verify(contract, Subject(bind(t.prompt, t.system), t.answer, ("message",))) for t in traces
    ]
    refused = next((v.reason for v in verdicts if not v.passed), "")
    swapped = [
        verify(contract, Subject(bind(t.prompt, t.system), other.answer, ("message",)))
        for t, other in zip(traces, [*traces[1:], traces[0]], strict=True)
        if t.answer != other.answer
    ]
    rejected = sum(not verdict.passed for verdict in swapped)
    return [
        {
            "name": "source outputs accepted",
            "passed": not refused,
            "detail": refused or f"{len(traces)} of {len(traces)}",
        },
        {
            "name": "replay accepted by the contract",
            "passed": 4 * replay.accepted >= 3 * replay.prompts,
            "detail": f"{replay.accepted} of {replay.prompts}, at least three quarters",
        },
        {
            "name": "replay agrees with what was verified",
            "passed": 2 * replay.agreed >= replay.prompts,
            "detail": f"{replay.agreed} of {replay.prompts}, at least half",
        },
        {
            "name": "another prompt's answer is refused (shown, not required)",
            "passed": True,
            "detail": f"{rejected} of {len(swapped)}",
        },
    ]


def _signals(traces: Sequence[Trace], replay: Replay) -> CompileSignals:
    count = len(traces)
    events = sum(trace.events for trace in traces) / count
    passed = sum(trace.passed_checks for trace in traces) / count
    return CompileSignals(
        trace_length=events,
        distinct_tools=0,
        evidence_count=passed,
        compression_gain=replay.original_tokens / max(1, replay.kernel_tokens),
        reuse_value=sum(trace.reward for trace in traces) / count,
        failure_risk=1 - replay.agreed / replay.prompts,
        conflicts=0,
        evidence_density=passed / max(1.0, events),
    )
