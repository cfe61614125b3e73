"""What a search did for one answer: who worked how, at which gate, and the whole tree."""

import json
import zlib
from typing import Any

from django.db import models


def packed(tree: Any) -> bytes:
    """A tree as compressed JSON."""
    return zlib.compress(json.dumps(tree, ensure_ascii=False).encode(), level=6)


class SearchRecord(models.Model):
    """A search beside its trajectory."""

    class Outcome(models.TextChoices):
        OK = "ok"
        FAILED = "failed"
        UNVERIFIED = "unverified"

    trajectory = models.OneToOneField(
        "trajectories.Trajectory", on_delete=models.CASCADE, related_name="search"
    )
    worker = models.CharField(max_length=40)
    probabilities = models.JSONField(help_text="Of the router, by worker.")
    alone = models.BooleanField(
        default=False, help_text="The worker was named, or chosen at random to learn."
    )
    strategy = models.CharField(max_length=40)
    strategy_reason = models.TextField()
    depth = models.PositiveSmallIntegerField()
    simulations = models.PositiveSmallIntegerField(help_text="That were made, by all workers.")
    answer = models.TextField(blank=True, help_text="The answer alone, without the way to it.")
    steps = models.JSONField(default=list, help_text="Of the answer that was given, in order.")
    step_scores = models.JSONField(default=list, help_text="One a step, in [0, 1].")
    outcome = models.CharField(max_length=12, choices=Outcome)
    outcome_reason = models.TextField(blank=True)
    checked_by = models.CharField(max_length=40, blank=True)
    mean_score = models.FloatField(null=True, blank=True, help_text="Of the steps, in [0, 1].")
    scored = models.BooleanField(default=False, help_text="The steps, by a reward model.")
    gate_first = models.BooleanField(null=True, help_text="Accepted before any reflection.")
    gate_passed = models.BooleanField(null=True)
    reflections = models.JSONField(default=list)
    stopped = models.CharField(max_length=20, help_text="Why no more simulations were made.")
    tokens = models.PositiveIntegerField(help_text="Completion tokens of all simulations.")
    tree = models.BinaryField(help_text="Compressed JSON, one tree a worker.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["worker", "strategy", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.worker} by {self.strategy} ({self.outcome})"

    def trees(self) -> dict[str, Any]:
        """The tree of each worker that took part."""
        found: dict[str, Any] = json.loads(zlib.decompress(bytes(self.tree)))
        return found
