"""Fine-tunings as rows: what is asked for, how far it is, and what came of it."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils import timezone

from training.lora.job import LoraJob
from training.nodes.models import TrainingNode
from trajectories.models import Client


def artifact_storage() -> Storage:
    """Where datasets, checkpoints and adapters lie, for all nodes: `STORAGES["snapshots"]`."""
    return storages["snapshots"]


class LoraRun(models.Model):
    """A fine-tuning. The row is committed before a node is told; a node claims it for a lease."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="lora_runs")
    signature = models.CharField(max_length=64, help_text="Of the family's requests.")
    label = models.CharField(max_length=200, help_text="The family, for people.")
    job = models.JSONField(help_text="What is fine-tuned, on what, and how.")
    device = models.CharField(max_length=3, choices=TrainingNode.Device)
    dataset = models.CharField(max_length=200, help_text="Its archive in the storage.")
    sources = models.JSONField(
        default=list, help_text="Ids of the trajectories that it is trained and validated on."
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.TextField(blank=True, help_text="Why it failed or was cancelled.")
    iteration = models.PositiveIntegerField(default=0, help_text="Of the job's iterations.")
    tokens_per_s = models.FloatField(null=True, blank=True)
    curve = models.JSONField(
        default=list, help_text="[iteration, training loss, validation loss or null], in nats."
    )
    log = models.TextField(blank=True)
    node = models.ForeignKey(
        TrainingNode, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    claimed_by = models.CharField(max_length=200, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    checkpoint = models.CharField(max_length=200, blank=True, help_text="The last, in the storage.")
    checkpoint_iteration = models.PositiveIntegerField(default=0)
    artifact = models.CharField(max_length=200, blank=True, help_text="The adapter's archive.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the archive.")
    metrics = models.JSONField(default=dict)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "LoRA run"
        indexes = [
            models.Index(fields=["-created_at"]),
            GinIndex(name="lora_run_sources", fields=["sources"], opclasses=["jsonb_path_ops"]),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="lora_runs_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.state})"

    @property
    def described(self) -> LoraJob:
        """Raises BadJob."""
        return LoraJob(**self.job)

    @property
    def is_finished(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        return self.iteration / max(1, int(self.job.get("iterations", 1)))
