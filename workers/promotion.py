"""Repeated, verified successes become a candidate kernel (rows KW8, KW9)."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from pgvector.django import CosineDistance

from kernels.compiler.compile import NothingInCommon, Trace
from kernels.conditions.kinds import Condition
from kernels.execution import Ask
from kernels.models import Exemplar, KernelVersion
from kernels.registry import Sample, propose_version
from trajectories.models import Event, Feedback, Trajectory
from workers.proposal import Proposal, compile_family
from workers.request import ChatRequest
from workers.turns import turn

log = logging.getLogger(__name__)
MAX_TRACES = 40
MAX_FAILURES = 4


def consider_promotion(*, trajectory_id: str, ask: Ask) -> KernelVersion | None:
    """Proposes a candidate if this success completes a family; else None.

    The model is asked outside any transaction. What was denied or served by another kernel
    meanwhile is seen before the proposal is stored: then it is dropped, and the sweep starts over.
    One consideration at a time per client and kind of call: a second one comes away empty.
    """
    seed = Trajectory.objects.select_related("client").get(pk=trajectory_id)
    with turn(f"promote:{seed.client_id}:{seed.signature}") as mine:
        if not mine or not promotable().filter(pk=seed.pk).exists() or _is_served(seed):
            return None
        family = list(_family(seed))
        if sum(trajectory.is_new for trajectory in family) < settings.KW_PROMOTE_MIN_SUCCESSES:
            return None  # what was turned down before is tried again once as many have joined it
        proposal = _compile(seed, family, ask)
        return _store(seed, family, proposal) if proposal else None


def promotable() -> Any:
    """Trajectories that may become the source of a kernel: verified, liked, not yet used.

    `is_new` says that no version was made of it, not even one that was rejected.
    """
    liked = Feedback.objects.filter(trajectory=OuterRef("pk")).filter(
        Q(verdict="correct") | Q(rating__gte=4)
    )
    made = KernelVersion.objects.filter(sources=OuterRef("pk"))
    used = made.exclude(state=KernelVersion.State.REJECTED)
    return Trajectory.objects.filter(
        Q(verified=True) | Q(Exists(liked), verified__isnull=True),
        ~Exists(_disliked()),
        ~Exists(used),
        plain=True,
        route=Trajectory.Route.GENERATION,
        reward__gte=settings.KW_PROMOTE_MIN_REWARD,
    ).annotate(is_new=~Exists(made))


def _disliked() -> Any:
    return Feedback.objects.filter(Feedback.DENIALS, trajectory=OuterRef("pk"))


def newest_promotable(**among: Any) -> list[UUID]:
    """Ids of the newest promotable trajectory of each client and kind of call."""
    found = promotable().filter(**among).order_by("client", "signature", "-created_at")
    return list(found.distinct("client", "signature").values_list("pk", flat=True)[:100])


def _family(seed: Trajectory) -> Any:
    return _near(seed, promotable())[:MAX_TRACES]


def _failures(seed: Trajectory) -> Any:
    """Such prompts that the model answered badly: what the app asked for, or somebody, says so."""
    generated = Trajectory.objects.filter(
        Q(verified=False) | Exists(_disliked()),
        plain=True,
        route=Trajectory.Route.GENERATION,
        kernel_version=None,
    )
    return _near(seed, generated)[:MAX_FAILURES]


def _near(seed: Trajectory, among: Any) -> Any:
    furthest = 1.0 - settings.KW_PROMOTE_MIN_SIMILARITY
    return (
        among.filter(
            client=seed.client, signature=seed.signature, encoder_digest=seed.encoder_digest
        )
        .annotate(distance=CosineDistance("embedding", seed.embedding))
        .filter(distance__lte=furthest)
        .select_related("run")
        .prefetch_related("events")
        .order_by("distance")
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


def _compile(seed: Trajectory, family: Sequence[Trajectory], ask: Ask) -> Proposal | None:
    traces = [_trace(trajectory) for trajectory in family]
    try:
        return compile_family(
            traces,
            _asked_every_time(family),
            failed=[
                _trace(trajectory, denied=trajectory.verified is not False)
                for trajectory in _failures(seed)
            ],
            owner=str(seed.client_id),
            conflicts=_conflicts(seed),
            min_confidence=settings.KW_PROMOTE_MIN_CONFIDENCE,
            ask=ask,
        )
    except NothingInCommon as error:
        log.info("no kernel from %d traces like %s: %s", len(traces), seed.pk, error.detail)
        return None


@transaction.atomic
def _store(
    seed: Trajectory, family: Sequence[Trajectory], proposal: Proposal
) -> KernelVersion | None:
    # Feedback on one of these waits until the proposal is stored, and then finds its exemplar.
    sources = {trajectory.pk for trajectory in family}
    list(Trajectory.objects.select_for_update().filter(pk__in=sources).order_by("pk"))
    if promotable().filter(pk__in=sources).count() < len(sources) or _is_served(seed):
        log.info("a source of the kernel from %s was denied or used meanwhile", seed.pk)
        return None
    state = KernelVersion.State.REJECTED if proposal.refusal else KernelVersion.State.CANDIDATE
    version = propose_version(
        spec=proposal.spec,
        samples=[
            Sample(trace.prompt, trace.answer, trajectory.pk)
            for trace, trajectory in zip(proposal.traces, family, strict=True)
        ],
        client=seed.client,
        confidence=proposal.confidence["total"],
        evidence=proposal.evidence,
        state=state,
        reason=proposal.refusal,
    )
    log.info("kernel %s is a %s", version.kernel.name, state)
    return version


def _asked_every_time(family: Sequence[Trajectory]) -> list[Condition]:
    """The conditions that all requests sent; what only some sent is checked on those again.

    None for answers in text: the app means the text, and the kernel's contract sees an object.
    Each request that sends such conditions has them checked on the text.
    """
    if not isinstance(family[0].output, dict):
        return []
    asked = [ChatRequest(**t.run.request).contract.conditions for t in family]
    return [c for c in asked[0] if all(c in conditions for conditions in asked)]


def _conflicts(seed: Trajectory) -> int:
    """How many live kernels of others, or for other kinds of calls, already stand near."""
    furthest = 1.0 - settings.KW_PROMOTE_MIN_SIMILARITY
    return (
        Exemplar.objects.filter(
            Q(version__kernel__client=seed.client) | Q(version__kernel__client=None),
            live=True,
            encoder_digest=seed.encoder_digest,
        )
        .annotate(distance=CosineDistance("embedding", seed.embedding))
        .filter(distance__lte=furthest)
        .values("version")
        .distinct()
        .count()
    )


def _trace(trajectory: Trajectory, *, denied: bool = False) -> Trace:
    events = list(trajectory.events.all())
    calls = [event.payload["call"] for event in events if event.kind == Event.Kind.TOOL_CALL]
    return Trace(
        prompt=trajectory.prompt,
        system=trajectory.system,
        output=trajectory.output,
        text=trajectory.output_text,
        output_schema=trajectory.output_schema,
        events=len(events),
        passed_checks=sum(check["status"] == "ok" for check in trajectory.checks),
        tokens=trajectory.prompt_tokens + trajectory.completion_tokens,
        reward=trajectory.reward or 0.0,
        tools=len({call["function"]["name"] for call in calls}),
        denied=denied,
        embedding=np.asarray(trajectory.embedding),
    )
