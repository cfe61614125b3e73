"""What agents send: their sessions, and what a trajectory has beyond that of a request."""

import uuid

from django.db import models
from django.utils import timezone


class AgentSession(models.Model):
    """A person's conversation with an agent; its trajectories are prompts and what followed."""

    class Source(models.TextChoices):
        REST = "rest"
        HOOK = "hook"
        OTLP = "otlp"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        "trajectories.Client", on_delete=models.PROTECT, related_name="agent_sessions"
    )
    key = models.CharField(max_length=200, help_text="As the agent calls it.")
    agent = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.REST)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["-started_at"])]
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="agent_session_key")]

    def __str__(self) -> str:
        return f"{self.agent or 'agent'} {self.key}"


class AgentTurn(models.Model):
    """A prompt to an agent, beside its trajectory: where it was said, and what came of it.

    Signals are null as long as nothing was heard of them. `place` counts the prompts of a session.
    """

    trajectory = models.OneToOneField(
        "trajectories.Trajectory", on_delete=models.CASCADE, primary_key=True, related_name="turn"
    )
    session = models.ForeignKey(AgentSession, on_delete=models.PROTECT, related_name="turns")
    place = models.PositiveIntegerField()
    cwd = models.CharField(max_length=1000, blank=True)
    skill = models.CharField(max_length=200, blank=True)
    next_sequence = models.PositiveIntegerField(default=0, help_text="Of the next event.")
    corrected = models.BooleanField(null=True, help_text="The next prompt says that it was wrong.")
    corrected_by = models.TextField(blank=True, help_text="What says so.")
    redone = models.BooleanField(null=True, help_text="The next prompt asks the same again.")
    build_succeeded = models.BooleanField(null=True, help_text="As the agent itself says.")
    continued = models.BooleanField(null=True, help_text="Another prompt followed.")
    redacted = models.PositiveIntegerField(
        default=0, help_text="Secrets taken out of prompt and output."
    )
    cut = models.JSONField(default=dict, help_text="Characters cut off, by field.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "place"], name="agent_turn_place")
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.place}"
