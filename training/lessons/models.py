"""What the nets learn from: who answered what and how well, and steps with their labels."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from pgvector.django import VectorField

from training.nets.roster import DEPTHS, SIMULATIONS
from training.policy.text_features import NAMES
from trajectories.models import EMBEDDING_DIMENSIONS, Trajectory

SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


def share_constraint(field: str, name: str) -> models.CheckConstraint:
    """Within 0..1, or empty; PostgreSQL takes NaN for larger than every number."""
    within = models.Q(**{f"{field}__gte": 0, f"{field}__lte": 1})
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__isnull": True}) | within, name=name
    )


class Taught(models.Model):
    """A row that a net learns from, once in each round until it is among the oldest."""

    trajectory = models.ForeignKey(
        Trajectory, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    query_digest = models.CharField(
        max_length=64, help_text="Says whether the query is held out for comparisons."
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now, help_text="By feedback, last.")
    learned_at = models.DateTimeField(
        null=True, blank=True, help_text="When a net was last fitted with this row as it is now."
    )

    class Meta:
        abstract = True
        ordering = ["-pk"]


class RouterOutcome(Taught):
    """A worker answered a query: with how much search, and what the answer was worth."""

    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS, help_text="Of the query.")
    encoder_digest = models.CharField(max_length=64)
    scalars = ArrayField(models.FloatField(), size=len(NAMES), help_text=", ".join(NAMES))
    worker = models.CharField(max_length=20, help_text="Who answered.")
    suggested_worker = models.CharField(
        max_length=20, blank=True, help_text="Who should have, by a person."
    )
    right_worker = models.BooleanField(
        null=True, help_text="Whether the right one answered, by a person; empty: nobody said."
    )
    propensity = models.FloatField(
        default=1.0, help_text="Probability with which this worker was chosen, exploring included."
    )
    depth = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=f"Steps that the answer took; learned within {DEPTHS}."
    )
    simulations = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=f"Simulations until the answer was found; learned within {SIMULATIONS}.",
    )
    reward = models.FloatField(validators=SHARE)
    verified = models.BooleanField(null=True, help_text="Empty: nothing could be checked.")
    feedback = models.JSONField(
        default=dict, blank=True, help_text="What the last feedback added to workers' deltas."
    )

    class Meta(Taught.Meta):
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(learned_at=None), name="outcome_unlearned"
            )
        ]
        constraints = [
            share_constraint("reward", "outcome_reward_range"),
            models.CheckConstraint(
                condition=models.Q(propensity__gt=0, propensity__lte=1),
                name="outcome_propensity_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker} earned {self.reward:.2f}"

    @property
    def named_worker(self) -> str:
        """Who is right, by a person; empty where nobody named one."""
        return self.suggested_worker or (self.worker if self.right_worker else "")


class StepExample(Taught):
    """A step after others, with a label that a verifier's outcomes or a person gave."""

    class Source(models.TextChoices):
        VERIFIER = "verifier"
        HUMAN = "human"

    query = models.TextField()
    worker = models.CharField(max_length=20)
    step = models.TextField()
    steps_before = models.JSONField(default=list, blank=True)
    position = models.CharField(
        max_length=100, blank=True, help_text="In the search tree: ordinals from the root."
    )
    label = models.FloatField(
        null=True,
        blank=True,
        validators=SHARE,
        help_text="Mean score that the verifier gave the answers through this step (V/N).",
    )
    label_source = models.CharField(max_length=10, choices=Source)
    human_score = models.FloatField(
        null=True, blank=True, validators=SHARE, help_text="0 to 1; it overrides the label."
    )

    class Meta(Taught.Meta):
        indexes = [
            models.Index(fields=["id"], condition=models.Q(learned_at=None), name="step_unlearned")
        ]
        constraints = [
            share_constraint("label", "step_label_range"),
            share_constraint("human_score", "step_human_score_range"),
            models.CheckConstraint(
                condition=models.Q(label_source="verifier", label__isnull=False, human_score=None)
                | models.Q(label_source="human", human_score__isnull=False),
                name="step_label_has_a_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker}: {self.step[:60]}"

    @property
    def target(self) -> float:
        """What the model learns: a person's score, else the verifier's label."""
        found: Any = self.label if self.human_score is None else self.human_score
        return float(found)
