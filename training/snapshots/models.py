"""Snapshots of the nets: which one is live, what it was fitted on, and why others are not."""

from django.core.files.storage import Storage, storages
from django.db import models

from kernels.learned_models import Learned


def snapshot_storage() -> Storage:
    """Where the files lie: `STORAGES["snapshots"]`."""
    return storages["snapshots"]


class Snapshot(Learned):
    """A net as a file named by its digest. One of each kind is live."""

    class Kind(models.TextChoices):
        POLICY = "policy", "policy network"
        PRM = "prm", "process reward model"

    class State(models.TextChoices):
        CANDIDATE = "candidate"  # could not be compared yet
        SHADOW = "shadow"  # beat what is live, and waits for an operator
        LIVE = "live"
        RETIRED = "retired"
        REJECTED = "rejected"  # did not beat what was live, or cannot be used

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    file = models.FileField(storage=snapshot_storage, max_length=200)
    metadata = models.JSONField(
        default=dict, help_text="As in the file's header: how it was fitted, on what, for whom."
    )

    class Meta(Learned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(state="live"), name="one_live_snapshot_a_kind"
            )
        ]
