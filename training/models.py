"""How we learn, as rows: what the nets learn from, their snapshots, adapters, what trains them."""

from training.adapters.models import Adapter, AdapterMove, AdapterTrial
from training.feedback.models import ReviewItem, WorkerDelta
from training.labels.models import LabelItem
from training.lessons.models import RouterOutcome, StepExample
from training.lora.models import LoraRun
from training.nightly.models import NightlyPlan, NightlySettings, NightlyStep
from training.nodes.models import TrainingNode
from training.snapshots.models import Snapshot

__all__ = [
    "Adapter",
    "AdapterMove",
    "AdapterTrial",
    "LabelItem",
    "LoraRun",
    "NightlyPlan",
    "NightlySettings",
    "NightlyStep",
    "ReviewItem",
    "RouterOutcome",
    "Snapshot",
    "StepExample",
    "TrainingNode",
    "WorkerDelta",
]
