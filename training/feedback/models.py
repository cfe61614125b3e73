"""What people's feedback leaves behind, and where a net and a verifier disagree."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from training.lessons.models import share_constraint
from trajectories.models import Trajectory


class WorkerDelta(models.Model):
    """What feedback adds to the step rewards of a worker. Bounded by `deltas.BOUND`."""

    worker = models.CharField(max_length=20, unique=True)
    delta = models.FloatField(default=0.0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["worker"]

    def __str__(self) -> str:
        return f"{self.worker} {self.delta:+.2f}"


class ReviewItem(models.Model):
    """The process reward model and the verifier disagree about an answer; a person looks."""

    class State(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    trajectory = models.ForeignKey(
        Trajectory, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    query = models.TextField()
    worker = models.CharField(max_length=20)
    prm_score = models.FloatField(help_text="Mean score of the steps.")
    verifier_score = models.FloatField()
    verifier_passed = models.BooleanField()
    how = models.CharField(max_length=100, help_text="What the verifier went by.")
    reason = models.TextField()
    resolution = models.TextField(blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            share_constraint("prm_score", "review_prm_score_range"),
            share_constraint("verifier_score", "review_verifier_score_range"),
            models.UniqueConstraint(fields=["trajectory"], name="one_review_a_trajectory"),
        ]

    def __str__(self) -> str:
        return f"{self.query[:60]} ({self.state})"
