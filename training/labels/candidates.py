"""Reads the searched answers that may be labelled, as values."""

from datetime import timedelta
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from kernels.encoder import DIMENSIONS, Vector, encoder_digest
from training.labels.models import LabelItem
from training.labels.selection import Label, Unlabelled
from training.models import RouterOutcome, StepExample
from training.nets.roster import WORKERS
from training.policy.text_features import NAMES, text_features
from trajectories.models import SearchRecord

NEWEST = 2_000  # searches that are looked at
RECENT_DAYS = 30  # for so long a question is not asked again after somebody labelled or skipped it
COMPLEX = ("length", "numbers", "math_symbols", "code_keywords", "logic_keywords", "complexity")
VERIFIED = {SearchRecord.Outcome.OK: 1.0, SearchRecord.Outcome.FAILED: 0.0}


def unlabelled() -> list[Unlabelled]:
    """The newest searches of which no person has said all, and nobody is asked yet."""
    own = OuterRef("trajectory")
    said = RouterOutcome.objects.filter(trajectory=own, right_worker__isnull=False)
    scored = StepExample.objects.filter(trajectory=own, human_score__isnull=False)
    asked = LabelItem.objects.filter(trajectory=own)
    known = SearchRecord.objects.filter(
        worker__in=WORKERS, trajectory__encoder_digest=encoder_digest()
    )
    rows: Any = known.order_by("-pk").annotate(
        worker_known=Exists(said) | Exists(asked.filter(label="worker")),
        steps_known=Exists(scored) | Exists(asked.filter(label="steps")),
    )
    found = rows.filter(worker_known=False) | rows.filter(steps_known=False)
    return [
        _unlabelled(row)
        for row in found.values(
            "trajectory_id",
            "trajectory__prompt",
            "trajectory__question_digest",
            "trajectory__embedding",
            "probabilities",
            "steps",
            "step_scores",
            "scored",
            "answer",
            "outcome",
            "worker_known",
            "steps_known",
        )[:NEWEST]
    ]


def asked_already() -> frozenset[str]:
    """What items ask that wait, or were labelled or skipped lately: see `Unlabelled.asks`."""
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    recent = Q(state=LabelItem.State.OPEN) | Q(labelled_at__gte=since)
    rows = LabelItem.objects.filter(recent).values_list(
        "trajectory__prompt", "trajectory__question_digest"
    )
    return frozenset(one for prompt, digest in rows for one in _asks(prompt, digest))


def _asks(prompt: str, digest: str) -> frozenset[str]:
    """Both, as what was asked before the rules of reuse changed has another digest."""
    text = " ".join(prompt.casefold().split()).rstrip(" .?!")
    return frozenset(filter(None, (f"text {text}", digest and f"digest {digest}")))


def labelled_embeddings() -> Vector:
    """(m, 384), of what is labelled or waits for it."""
    rows = (
        LabelItem.objects.exclude(state=LabelItem.State.SKIPPED)
        .filter(trajectory__encoder_digest=encoder_digest())
        .order_by("-pk")
        .values_list("trajectory__embedding", flat=True)[:NEWEST]
    )
    return np.array(list(rows), np.float32).reshape(-1, DIMENSIONS)


def complexity(text: str) -> float:
    """In [0, 1]: the mean of the text features that long and formal questions have."""
    features = dict(zip(NAMES, text_features(text).tolist(), strict=True))
    return float(sum(features[name] for name in COMPLEX)) / len(COMPLEX)


def _unlabelled(row: dict[str, Any]) -> Unlabelled:
    wants: set[Label] = set()
    if not row["worker_known"]:
        wants.add("worker")
    if row["steps"] and not row["steps_known"]:
        wants.add("steps")
    return Unlabelled(
        key=str(row["trajectory_id"]),
        asks=_asks(row["trajectory__prompt"], row["trajectory__question_digest"]),
        wants=frozenset(wants),
        embedding=np.asarray(row["trajectory__embedding"], np.float32),
        margin=_margin(row["probabilities"]),
        step_scores=tuple(row["step_scores"]) if row["scored"] else (),
        verified=VERIFIED.get(row["outcome"]) if row["answer"] else None,
        complexity=complexity(row["trajectory__prompt"]),
    )


def _margin(probabilities: dict[str, float]) -> float | None:
    """Between the two likeliest; None where the router was not asked."""
    if len(probabilities) < 2:
        return None
    first, second = sorted(probabilities.values(), reverse=True)[:2]
    return first - second
