"""What people are asked to label: the queue of active learning."""

from typing import get_args

from django.conf import settings
from django.db import models
from django.utils import timezone

from training.labels.selection import WAYS, Label
from trajectories.models import Trajectory

BY_HAND = "by hand"


class LabelItem(models.Model):
    """A searched answer of which a person is asked who should have answered, or to score steps."""

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        SKIPPED = "skipped"

    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="label_items")
    label = models.CharField(
        max_length=10,
        choices=[(name, name) for name in get_args(Label)],
        help_text="What is asked: the right worker, or scores of steps.",
    )
    picked_by = models.CharField(
        max_length=20,
        choices=[(way, way) for way in (*WAYS, BY_HAND)],
        help_text="How it came here.",
    )
    reason = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    labelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, help_text="One time for a batch.")
    labelled_at = models.DateTimeField(null=True, blank=True)
    words = models.JSONField(
        default=dict,
        blank=True,
        help_text="What it says, and what had been said before: so it can be taken back.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["trajectory", "label"], name="one_item_a_label")
        ]

    def __str__(self) -> str:
        return f"{self.label} of {self.trajectory_id} ({self.state})"
