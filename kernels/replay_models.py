"""Replays of a version on recent traffic, as rows: asked for, in work, with what was found."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class CandidateReplay(models.Model):
    """One look at what a version would do to recent traffic. The newest counts."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    version = models.ForeignKey(
        "kernels.KernelVersion", on_delete=models.CASCADE, related_name="replays"
    )
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: it was made a candidate.",
    )
    stage = models.CharField(max_length=60, blank=True, help_text="What is being done.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="Its last sign of life; empty: no worker was told yet."
    )
    error = models.TextField(blank=True)
    result = models.JSONField(default=dict, help_text="What was found.")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_open_replay",
            )
        ]

    def __str__(self) -> str:
        return f"replay of {self.version_id} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)
