"""Searched answers that are given again, each time that one was, and where that is switched off."""

import uuid

from django.db import models
from django.utils import timezone
from pgvector.django import HnswIndex, VectorField

from trajectories.models import EMBEDDING_DIMENSIONS, Client, Trajectory


class CacheEntry(models.Model):
    """The answer of a search, for others of the same client who ask the same.

    It ends for good; what is asked then is searched for anew.
    """

    class State(models.TextChoices):
        LIVE = "live"
        ENDED = "ended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trajectory = models.OneToOneField(
        Trajectory,
        on_delete=models.CASCADE,
        related_name="cached",
        help_text="The search; deleting it deletes the entry.",
    )
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    worker = models.CharField(max_length=40)
    strategy = models.CharField(max_length=40)
    pins = models.CharField(
        max_length=64, help_text="Digest of what must be equal beside the question."
    )
    max_tokens = models.PositiveIntegerField(help_text="That the answer was allowed to have.")
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS)
    encoder_digest = models.CharField(max_length=64)
    only_named = models.BooleanField(
        default=False,
        help_text="Given only to requests that name its worker: no more than a judge passed it, "
        "and the worker was named, or chosen at random to learn.",
    )
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    ended_because = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "cache entries"
        indexes = [
            HnswIndex(
                name="live_cache_entries",
                fields=["embedding"],
                opclasses=["vector_cosine_ops"],
                condition=models.Q(state="live"),
            ),
            models.Index(fields=["client", "pins", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.worker} ({self.state})"


class CacheHit(models.Model):
    """One time that an entry's answer was given again."""

    entry = models.ForeignKey(CacheEntry, on_delete=models.CASCADE, related_name="hits")
    trajectory = models.OneToOneField(
        Trajectory, on_delete=models.CASCADE, related_name="cache_hit", help_text="Of the reuse."
    )
    worker = models.CharField(max_length=40)
    near = models.BooleanField(help_text="A near duplicate; else the same question.")
    cosine = models.FloatField(null=True, blank=True, help_text="Of a near duplicate.")
    denied = models.BooleanField(default=False, help_text="The last word on it was negative.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["worker", "at"], condition=models.Q(near=True), name="near_hits")
        ]

    def __str__(self) -> str:
        return f"{self.worker} {'near duplicate' if self.near else 'same question'}"


class NearReuse(models.Model):
    """Whether near duplicates of a worker's questions get a stored answer; without a row, yes."""

    class State(models.TextChoices):
        ON = "on"
        OFF = "off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    worker = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=3, choices=State, default=State.ON)
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="The record begins anew with each release."
    )

    class Meta:
        ordering = ["worker"]
        verbose_name_plural = "near reuse"

    def __str__(self) -> str:
        return f"{self.worker} ({self.state})"
