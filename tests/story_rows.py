"""A request with all that its page can tell, as rows: candidates, events, a search with a tree."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.kernel_rows import CHECK, add_trajectory
from tests.learning_rows import add_search_row
from trajectories.models import Client, Event, Run, Trajectory
from trajectories.search_models import packed

FEATURES = {
    "nearest_similarity": 0.91,
    "family_similarity": 0.88,
    "description_similarity": 0.5,
    "evidence_coverage": 1.0,
    "kernel_confidence": 0.7,
    "drift": 0.0,
    "conflict": 0.4,
    "lexical_support": 0.75,
    "length_ratio": 0.9,
    "intent_match": 1.0,
}
GONE = "00000000-0000-4000-8000-000000000001"
TREE: dict[str, Any] = {
    "visits": 6,
    "value": 3.5,
    "children": [
        {
            "step": "17 + 25 = 42",
            "visits": 4,
            "value": 3.2,
            "score": 0.9,
            "children": [
                {
                    "step": "Answer: 42",
                    "visits": 3,
                    "value": 2.6,
                    "score": 0.7,
                    "terminal": True,
                    "after": "Step 1 is wrong: 17 + 25 is 42.",
                    "outcome": {
                        "status": "ok",
                        "score": 1.0,
                        "reason": "recomputed to 42",
                        "how": "recomputed",
                    },
                }
            ],
        },
        {
            "step": "17 + 25 = 41",
            "visits": 3,
            "value": 0.3,
            "score": 0.2,
            "pruned": True,
            "penalised": 1,
            "reflection": "Step 1 is wrong: 17 + 25 is 42.",
            "rollout": ["Answer: 41"],
        },
    ],
}


def candidate(kernel: str, probability: float, **fields: Any) -> dict[str, Any]:
    """As a route decision stores it."""
    return {
        "kernel": kernel,
        "version_id": GONE,
        "version": 3,
        "probability": probability,
        "threshold": 0.8,
        "features": FEATURES,
        "preconditions": [{**CHECK, "label": "input schema"}],
        "exemplars": [1, 2],
        "obstacle": "",
        **fields,
    }


def decided(route: str, reason: str, *candidates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A route decision as it is stored."""
    return {
        "route": route,
        "reason": reason,
        "threshold": 0.8,
        "calibration": None,
        "encoder": "e" * 12,
        "chosen": None,
        "reused": None,
        "candidates": list(candidates),
        **fields,
    }


def add_told_request(client: Client, **fields: Any) -> Trajectory:
    """Answered by a search of two steps, after two kernels that would not do."""
    trajectory = add_trajectory(client=client, prompt="What is 17 + 25, at 5 miles?")
    failed = {**CHECK, "label": "one address is given", "status": "failed", "reason": "none is"}
    low = candidate("sums", 0.62, obstacle="P(verify) 0.620 < threshold 0.800")
    other = candidate(
        "contacts",
        0.4,
        preconditions=[failed],
        obstacle="precondition one address is given: none is",
    )
    begun = timezone.now() - timedelta(seconds=5)
    Run.objects.filter(trajectory=trajectory).update(
        decision=decided("search", f"closest was sums: {low['obstacle']}", low, other),
        created_at=begun,
        started_at=begun + timedelta(milliseconds=40),
        finished_at=begun + timedelta(milliseconds=850),
    )
    told = {"route": "search", "route_reason": "no kernel is near", "verified": True}
    Trajectory.objects.filter(pk=trajectory.pk).update(**{**told, **fields})
    Event.objects.filter(trajectory=trajectory).update(
        at=begun + timedelta(milliseconds=60), duration_ms=120.0
    )
    add_search_row(
        trajectory=trajectory,
        tree=packed({"math": TREE, "code": {"visits": 1, "children": [{"step": "print(42)"}]}}),
        reflections=["Step 1 is wrong: 17 + 25 is 42."],
    )
    trajectory.refresh_from_db()
    return trajectory
