"""How we learn, as rows: what the nets learn from, their snapshots, what feedback leaves behind."""

from training.feedback_models import ReviewItem, WorkerDelta
from training.label_models import LabelItem
from training.outcome_models import RouterOutcome, StepExample
from training.snapshot_models import Snapshot

__all__ = ["LabelItem", "ReviewItem", "RouterOutcome", "Snapshot", "StepExample", "WorkerDelta"]
