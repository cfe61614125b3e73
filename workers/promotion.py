"""Repeated, verified successes become a candidate kernel (rows KW8, KW9)."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from pgvector.django import CosineDistance

from kernels.compiler.errors import NothingInCommon
from kernels.compiler.proposed import proposed_conditions
from kernels.conditions.kinds import Condition
from kernels.execution import Ask
from kernels.models import Exemplar, KernelVersion
from kernels.registry import SameVersion, Sample, propose_version
from trajectories.models import Trajectory
from workers.family_search import Found, failures_of, families_beside, promotable
from workers.proposal import Proposal, compile_family
from workers.request import ChatRequest
from workers.source_traces import trace_of
from workers.turns import turn

log = logging.getLogger(__name__)


def consider_promotion(*, trajectory_id: str, ask: Ask) -> KernelVersion | None:
    """Proposes a candidate if this success completes a family, or another of its kind is complete.

    The model is asked outside any transaction. What was denied or served by another kernel
    meanwhile is seen before the proposal is stored: then it is dropped, and the sweep starts over.
    One consideration at a time per client and kind of call: a second one comes away empty.
    """
    seed = Trajectory.objects.select_related("client").get(pk=trajectory_id)
    with turn(f"promote:{seed.client_id}:{seed.signature}") as mine:
        if not mine or not promotable().filter(pk=seed.pk).exists():
            return None
        family = next(filter(_is_complete, families_beside(seed)), None)
        if family is None:
            return None
        proposal = _compile(family.members, ask)
        return _store(family.members, proposal) if proposal else None


def _is_complete(family: Found) -> bool:
    """What was turned down before is tried again once as many have joined it."""
    return not family.served and family.new >= settings.KW_PROMOTE_MIN_SUCCESSES


def _compile(family: Sequence[Trajectory], ask: Ask) -> Proposal | None:
    seed = family[0]
    traces = [trace_of(trajectory) for trajectory in family]
    try:
        asks = settings.KW_PROMOTE_ASK_CONDITIONS
        return compile_family(
            traces,
            _asked_every_time(family),
            failed=[
                trace_of(trajectory, denied=trajectory.verified is not False)
                for trajectory in failures_of(family)
            ],
            also=proposed_conditions(traces, ask) if asks else (),
            owner=str(seed.client_id),
            conflicts=_conflicts(seed),
            min_confidence=settings.KW_PROMOTE_MIN_CONFIDENCE,
            ask=ask,
        )
    except NothingInCommon as error:
        log.info("no kernel from %d traces like %s: %s", len(traces), seed.pk, error.detail)
        return None


@transaction.atomic
def _store(family: Sequence[Trajectory], proposal: Proposal) -> KernelVersion | None:
    seed = family[0]
    # Feedback on one of these waits until the proposal is stored, and then finds its exemplar.
    sources = {trajectory.pk for trajectory in family}
    list(Trajectory.objects.select_for_update().filter(pk__in=sources).order_by("pk"))
    if promotable().filter(pk__in=sources).count() < len(sources) or _is_served(seed):
        log.info("a source of the kernel from %s was denied or used meanwhile", seed.pk)
        return None
    state = KernelVersion.State.REJECTED if proposal.refusal else KernelVersion.State.CANDIDATE
    try:
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
    except SameVersion as error:
        log.info("nothing new from %d traces like %s: %s", len(family), seed.pk, error.detail)
        return None
    log.info("kernel %s is a %s", version.kernel.name, state)
    return version


def _is_served(seed: Trajectory) -> bool:
    return families_beside(seed)[0].served


def _asked_every_time(family: Sequence[Trajectory]) -> list[Condition]:
    """The conditions that all requests sent; what only some sent is checked on those again.

    None for answers in text: the app means the text, and the kernel's contract sees an object.
    Each request that sends such conditions has them checked on the text.
    """
    if not isinstance(family[0].output, dict):
        return []
    asked = [ChatRequest(**t.answered_run.request).contract.conditions for t in family]
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
