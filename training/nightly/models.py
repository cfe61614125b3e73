"""The nightly plan as rows: what is to be done in a night, and how far it is."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from training.nodes.models import TrainingNode


class NightlySettings(models.Model):
    """How a night trains. One row; when it begins is the clock's matter (periodic tasks)."""

    enabled = models.BooleanField(default=True, help_text="Whether adapters are trained at all.")
    device = models.CharField(
        max_length=3,
        choices=TrainingNode.Device,
        default=TrainingNode.Device.CPU,
        help_text="The nodes that train adapters.",
    )
    base_model = models.CharField(
        max_length=400,
        default="embedded",
        help_text="The weights to fine-tune: embedded, a Hugging Face directory or a GGUF file, "
        "as the nodes find it. It must be the model that is served.",
    )
    families = models.PositiveIntegerField(
        default=4, validators=[MinValueValidator(1)], help_text="At most so many a night."
    )
    least_lessons = models.PositiveIntegerField(
        default=24, validators=[MinValueValidator(4)], help_text="Of a family, to train on."
    )
    least_held_out = models.PositiveIntegerField(
        default=16, validators=[MinValueValidator(4)], help_text="Prompts of it, to compare on."
    )
    most_held_out = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(4)], help_text="Prompts, to bound the time."
    )
    rank = models.PositiveIntegerField(
        default=8, validators=[MinValueValidator(1), MaxValueValidator(256)]
    )
    layers = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(1024)], help_text="The last so many; 0: all."
    )
    learning_rate = models.FloatField(
        default=5e-4, validators=[MinValueValidator(1e-8), MaxValueValidator(1.0)]
    )
    iterations = models.PositiveIntegerField(
        default=120, validators=[MinValueValidator(1), MaxValueValidator(1_000_000)]
    )
    batch_size = models.PositiveIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(4096)]
    )
    sequence_length = models.PositiveIntegerField(
        default=512, validators=[MinValueValidator(16), MaxValueValidator(131_072)]
    )
    canary_share = models.FloatField(
        default=0.2, validators=[MinValueValidator(0.01), MaxValueValidator(0.9)]
    )

    class Meta:
        verbose_name = verbose_name_plural = "nightly settings"

    def __str__(self) -> str:
        return "nightly settings"

    def clean(self) -> None:
        if self.most_held_out < self.least_held_out:
            raise ValidationError(
                {"most_held_out": "At least as many as are needed to compare on."}
            )


class NightlyPlan(models.Model):
    """One night's work. `key` is its own: two clocks that ask for one night get one plan."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"  # some of its steps may have failed
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=60, unique=True, help_text="The night, or who asked when.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    options = models.JSONField(default=dict, help_text="As the settings were when it began.")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.key} ({self.state})"


class NightlyStep(models.Model):
    """One step of a plan. What it leaves behind is in `result`; doing it twice does no harm."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"  # and left everything live as it was
        SKIPPED = "skipped"

    plan = models.ForeignKey(NightlyPlan, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    subject = models.JSONField(default=dict, help_text="What it is about, such as a family.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["plan", "place"]
        constraints = [models.UniqueConstraint(fields=["plan", "place"], name="nightly_step_place")]

    def __str__(self) -> str:
        return f"{self.place}. {self.kind} ({self.state})"
