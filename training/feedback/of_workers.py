"""What a person said of a worker's answer, stored: deltas at once, and a lesson for the router."""

from django.db import transaction
from django.utils import timezone

from training.feedback.deltas import Deltas, WorkerFeedback, bounded
from training.models import RouterOutcome, WorkerDelta
from trajectories.models import Trajectory


def worker_deltas() -> Deltas:
    """As they are now; a search reads them when it starts."""
    return Deltas(dict(WorkerDelta.objects.values_list("worker", "delta")))


@transaction.atomic
def record_feedback(
    *,
    worker: str,
    wrong_worker: bool | None = None,
    suggested: str = "",
    wrong_answer: bool = False,
    rating: int | None = None,
    trajectory: Trajectory | None = None,
) -> Deltas:
    """Moves the workers' deltas, and what the router learns from this trajectory's outcome.

    The last word on an outcome counts, in place of the one before. Raises UnknownWorker,
    ValueError.
    """
    said = WorkerFeedback(worker, wrong_worker, suggested, wrong_answer, rating)
    outcome = None
    if trajectory is not None:
        rows = RouterOutcome.objects.select_for_update()
        outcome = rows.filter(trajectory=trajectory, worker=worker).first()
    before = {} if outcome is None else outcome.feedback.get("applied", {})
    new = said.deltas()
    # In one order always: two that wait for each other's row would wait for ever.
    applied = {
        name: _move(name, back=before.get(name, 0.0), by=new.get(name, 0.0))
        for name in sorted({*before, *new})
    }
    if outcome is not None:
        _teach(outcome, said, {name: delta for name, delta in applied.items() if name in new})
    return worker_deltas()


def _move(worker: str, *, back: float, by: float) -> float:
    """Takes back what was said before; by how much it then moved, within the bounds."""
    WorkerDelta.objects.get_or_create(worker=worker)
    row = WorkerDelta.objects.select_for_update().get(worker=worker)
    start = bounded(row.delta - back)
    row.delta = bounded(start + by)
    row.save(update_fields=["delta", "updated_at"])
    return row.delta - start


def _teach(outcome: RouterOutcome, said: WorkerFeedback, applied: dict[str, float]) -> None:
    """A wrong answer earned nothing; a suggested worker is the lesson itself."""
    earned = float(outcome.feedback.get("earned", outcome.reward))
    failed = said.wrong_answer or said.right_worker is False
    outcome.reward = 0.0 if failed else earned
    outcome.suggested_worker = said.suggested
    outcome.right_worker = said.right_worker
    outcome.feedback = {"applied": applied, "earned": earned}
    outcome.changed_at, outcome.learned_at = timezone.now(), None
    outcome.save()
