"""What we know of skills of agents: what a SKILL.md says, and the vectors they are found by."""

import uuid

from django.db import models
from pgvector.django import VectorField

from trajectories.models import EMBEDDING_DIMENSIONS, Client, Trajectory

MOST_NAME_CHARS = 200  # as in weights of skills


class Skill(models.Model):
    """A skill as its file describes it. A client's own one goes before a shared one of its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="skills",
        help_text="Whose prompts it is ranked for; empty means everybody's.",
    )
    name = models.CharField(max_length=MOST_NAME_CHARS)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    intent = models.TextField(help_text="What it is for.")
    steps = models.JSONField(default=list)
    gotchas = models.JSONField(default=list)
    triggers = models.JSONField(default=list, help_text="Prompts that the file names.")
    patterns = models.JSONField(default=list, help_text="RE2; one that is found in a prompt.")
    text = models.TextField(help_text="The file, its first characters.")
    source_path = models.CharField(max_length=1000)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "name"], nulls_distinct=False, name="skill_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SkillVector(models.Model):
    """One text that a skill is found by: of its file, or a prompt that it did well on."""

    class Part(models.TextChoices):
        INTENT = "intent"
        STEP = "step"
        GOTCHA = "gotcha"
        TRIGGER = "trigger"

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="vectors")
    part = models.CharField(max_length=7, choices=Part)
    text = models.TextField()
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS)
    encoder_digest = models.CharField(max_length=64)
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Whose prompt it was; others do not find the skill by it.",
    )
    trajectory = models.OneToOneField(
        Trajectory,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="skill_trigger",
        help_text="Where its prompt was said; empty for what the file says.",
    )
    advantage = models.FloatField(null=True, blank=True, help_text="Of that trajectory.")

    class Meta:
        ordering = ["skill", "id"]

    def __str__(self) -> str:
        return f"{self.part}: {self.text[:60]}"
