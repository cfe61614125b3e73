"""How we learn, as rows: what the nets learn from, their snapshots, what feedback leaves behind."""

from training.feedback.models import ReviewItem, WorkerDelta
from training.labels.models import LabelItem
from training.lessons.models import RouterOutcome, StepExample
from training.snapshots.models import Snapshot

__all__ = ["LabelItem", "ReviewItem", "RouterOutcome", "Snapshot", "StepExample", "WorkerDelta"]
