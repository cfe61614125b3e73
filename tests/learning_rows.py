"""What the nets leave in the database, as rows, for pages that show it."""

from typing import Any

from tests.kernel_rows import EMBEDDING
from training.models import ReviewItem, RouterOutcome, Snapshot, StepExample, WorkerDelta
from training.nets.roster import WORKERS
from trajectories.models import SearchRecord, Trajectory
from trajectories.search_models import packed


def add_learning_rows(*, trajectory: Trajectory, number: int) -> None:
    """One row of each kind; `number` tells those of several calls apart."""
    add_search_row(trajectory=trajectory)
    RouterOutcome.objects.create(
        trajectory=trajectory,
        query_digest="d" * 64,
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
        scalars=[0.5] * 14,
        worker="math",
        reward=0.5,
        verified=True,
    )
    StepExample.objects.create(
        trajectory=trajectory,
        query_digest="d" * 64,
        query=trajectory.prompt,
        worker="math",
        step="Add <b>one</b> and write it down.",
        steps_before=["Begin."],
        position="1.1",
        label=0.5,
        label_source="verifier",
    )
    WorkerDelta.objects.create(worker=WORKERS[number], delta=0.05)
    ReviewItem.objects.create(
        trajectory=trajectory,
        query=trajectory.prompt,
        worker="math",
        prm_score=0.9,
        verifier_score=0.0,
        verifier_passed=False,
        how="recomputed",
        reason="the steps score 0.90 on average, and the answer failed",
    )
    last = Snapshot.objects.first()
    Snapshot.objects.create(
        kind="policy",
        state="rejected",
        digest=f"{number:064}",
        encoder_digest="e" * 64,
        data_digest="d" * 64,
        file=f"policy/{number}.safetensors",
        parent=last,
        metrics={"gain": 0.1, "gain_bound": -0.1},
        metadata={"seed": 0},
        reason="no gain",
    )


def add_search_row(*, trajectory: Trajectory, **fields: Any) -> SearchRecord:
    """A search by `math` that found a verified answer in two steps."""
    plain: dict[str, Any] = {
        "worker": "math",
        "probabilities": {"math": 0.7, "code": 0.2, "logic": 0.1},
        "strategy": "lats",
        "strategy_reason": "the request names it",
        "depth": 5,
        "simulations": 4,
        "answer": "42",
        "steps": ["17 + 25 = 42", "Answer: 42"],
        "step_scores": [0.9, 0.7],
        "outcome": SearchRecord.Outcome.OK,
        "outcome_reason": "recomputed",
        "checked_by": "recomputed",
        "mean_score": 0.8,
        "scored": True,
        "gate_first": True,
        "gate_passed": True,
        "stopped": "accepted",
        "tokens": 200,
        "tree": packed({"math": {"visits": 1, "children": [{"step": "17 + 25 = 42"}]}}),
    }
    return SearchRecord.objects.create(trajectory=trajectory, **{**plain, **fields})
