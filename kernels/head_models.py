"""The trained routing heads: which one is live, what it was fitted on, and why others are not."""

from django.db import models


class RoutingHead(models.Model):
    """A fitted head with its P(right) and its thresholds, for the kernels that were live then."""

    class State(models.TextChoices):
        LIVE = "live"
        RETIRED = "retired"
        REJECTED = "rejected"  # did not beat what was live

    state = models.CharField(max_length=10, choices=State)
    encoder_digest = models.CharField(max_length=64)
    data_digest = models.CharField(max_length=64, help_text="SHA-256 of all it was fitted on.")
    ceiling = models.FloatField(help_text="The wrong-reuse rate that its thresholds hold.")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="challengers",
        help_text="The one that was live, and was to be beaten.",
    )
    guarded = models.JSONField(
        default=list, help_text="Ids of versions whose own thresholds hold; it leaves those alone."
    )
    weights = models.BinaryField(help_text="safetensors: the head.")
    trust = models.JSONField(help_text="P(right) from the head's signs, and the thresholds.")
    metrics = models.JSONField(default=dict)
    reason = models.TextField(blank=True, help_text="Why it was rejected.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="live"), name="one_live_head"
            )
        ]

    def __str__(self) -> str:
        return f"routing head {self.pk} ({self.state})"
