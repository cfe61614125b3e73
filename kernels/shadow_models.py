"""What patterns and vectors chose side by side, and who decided which of them serves."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from trajectories.models import Client, Trajectory


class ShadowRecord(models.Model):
    """The skills that patterns and vectors chose for one prompt; empty: none."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    prompt_digest = models.CharField(max_length=64)
    prompt_brief = models.CharField(max_length=120, blank=True)
    by_regex = models.CharField(max_length=200, blank=True)
    by_vector = models.CharField(max_length=200, blank=True)
    cosine = models.FloatField(null=True, blank=True, help_text="Of the first skill by vectors.")
    cache_hit = models.BooleanField(help_text="The prompt's embedding was remembered.")
    agreed = models.BooleanField()
    trajectory = models.OneToOneField(
        Trajectory,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="shadow",
        help_text="What came of the prompt; empty where only a ranking was asked for.",
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["at"], name="shadow_at"),
            models.Index(fields=["client", "-at"], name="shadow_client_at"),
        ]

    def __str__(self) -> str:
        return f"{self.by_regex or 'none'} | {self.by_vector or 'none'}"


class RoutingSwitch(models.Model):
    """One time that somebody said who chooses skills. The newest row counts; none is changed."""

    class Serving(models.TextChoices):
        REGEX = "regex"
        VECTOR = "vector"

    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="For whom; empty means for all who have no row of their own.",
    )
    serving = models.CharField(max_length=6, choices=Serving)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_by = models.CharField(max_length=150, help_text="Who did it, in words.")
    reason = models.TextField(blank=True)
    figures = models.JSONField(help_text="What the gate saw then.")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "routing switches"
        indexes = [models.Index(fields=["client", "-id"], name="routing_switch_newest")]

    def __str__(self) -> str:
        return f"{self.serving} for {self.client or 'everybody'}"
