"""What a reviewer wants to know of a candidate and only a worker can find out, found out.

In this order: the gate, where a person edited the contract; whose traffic it would take; how its
answers compare on held-out requests; which live kernels stand near. Nothing of it is served.
"""

import json
import logging
from typing import Any

import numpy as np
from django.db import transaction

from kernels.compiler.compile import Trace
from kernels.execution import Ask
from kernels.models import CandidateReplay, KernelVersion
from kernels.replay_rows import (
    claim_replay,
    finish_replay,
    forget_replayed,
    put_back,
    tell_progress,
)
from kernels.spec import KernelSpec
from kernels.value import ExpectedValue, smoothed
from trajectories.models import Trajectory
from workers.backends.completion import BackendError
from workers.blast_radius import Tell, blast_radius
from workers.counterfactual import counterfactual, counterfactual_json
from workers.edited_gate import edited_evidence, keep_gate
from workers.neighbours import neighbours
from workers.recent_traffic import recent_traffic
from workers.source_traces import trace_of

log = logging.getLogger(__name__)
ENOUGH = 3  # requests of traffic whose cost says more than that of the sources
TOLD_EVERY = 10
NO_EXAMPLES: dict[str, Any] = {
    "gate": {
        "passed": False,
        "checks": [{"name": "it has examples", "passed": False, "detail": "all were retracted"}],
    }
}


def replay_candidate(*, replay_id: int, ask: Ask) -> bool:
    """Whether there was a replay to be done. A model server that fails puts it back."""
    replay = claim_replay(replay_id=replay_id)
    if replay is None:
        return False
    try:
        result = _found(replay, ask)
    except BackendError as error:
        put_back(replay=replay, error=error.detail)
        raise
    with transaction.atomic():
        if finish_replay(replay=replay, result=result):
            value = result["value"]
            KernelVersion.objects.filter(pk=replay.version_id).update(
                expected_value=value["tokens_a_day"], value=value
            )
    _forget_retracted(result)
    return True


def _forget_retracted(result: dict[str, Any]) -> None:
    """What was retracted while the replay ran was not yet there to be taken out."""
    shown = [row["trajectory"] for row in result["counterfactual"]["rows"]]
    gone = Trajectory.objects.filter(pk__in=shown, retracted_at__isnull=False)
    forget_replayed(trajectory_ids=list(gone.values_list("pk", flat=True)))


def _found(replay: CandidateReplay, ask: Ask) -> dict[str, Any]:
    version = replay.version
    spec = KernelSpec.model_validate(version.spec)
    examples = _examples(version)
    if version.gate_pending:
        telling = _teller(replay, "the regression gate")
        found = edited_evidence(spec, examples, ask, telling) if examples else NO_EXAMPLES
        version = keep_gate(version=version, found=found)
    traffic = recent_traffic(version)
    blast = blast_radius(version, traffic, _teller(replay, "whose traffic it would take"))
    telling = _teller(replay, "its answers beside those given")
    compared = counterfactual_json(
        counterfactual(version, spec, blast.taken, examples, ask, telling)
    )
    taken_a_day = traffic.a_day(len(blast.taken))
    return {
        "blast": blast.as_json(),
        "counterfactual": compared,
        "neighbours": neighbours(version),
        "value": _value(version, taken_a_day, compared).as_json(),
    }


def _value(version: KernelVersion, a_day: float, compared: dict[str, Any]) -> ExpectedValue:
    """Both replays count: that on the sources, and that on traffic."""
    replay = version.evidence.get("replay", {})
    tried = replay.get("prompts", 0) - replay.get("left", 0) + replay.get("failed", 0)
    right = replay.get("agreed", 0) + replay.get("won", 0)
    tried, right = tried + compared["tried"], right + compared["right"]
    return ExpectedValue(
        probability=smoothed(right, tried) if tried else version.confidence,
        requests_a_day=a_day,
        tokens_saved=_tokens_saved(replay, compared),
        replayed=tried,
        p_from="the replays" if tried else "the compiler's confidence",
    )


def _tokens_saved(replay: dict[str, Any], compared: dict[str, Any]) -> float | None:
    if compared["priced"] >= ENOUGH:
        spent = compared["tokens_before"] - compared["tokens_after"]
        return float(spent / compared["priced"])
    prompts = sum(replay.get(name, 0) for name in ("prompts", "failed", "denied"))
    before = replay.get("original_tokens", 0)
    return (before - replay.get("kernel_tokens", 0)) / prompts if before and prompts else None


def _examples(version: KernelVersion) -> list[Trace]:
    """Its exemplars as traces; those without a trajectory cost nothing that is known."""
    found = []
    rows = version.exemplars.select_related("trajectory").prefetch_related("trajectory__events")
    for one in rows.order_by("pk"):
        if one.trajectory is not None:
            found.append(trace_of(one.trajectory))
            continue
        found.append(
            Trace(
                prompt=one.prompt,
                system="",
                output=one.output,
                text=json.dumps(one.output),
                output_schema=None,
                events=1,
                passed_checks=1,
                tokens=0,
                reward=1.0,
                embedding=np.asarray(one.embedding),
            )
        )
    return found


def _teller(replay: CandidateReplay, stage: str) -> Tell:
    """Writes progress down, now and then."""

    def tell(done: int, total: int) -> None:
        if total <= 2 * TOLD_EVERY or done % TOLD_EVERY == 0:
            tell_progress(replay=replay, stage=stage, done=done, total=total)

    return tell
