"""What routing has learned: which one is live, what it was fitted on, and why others are not."""

from django.db import models


class Learned(models.Model):
    """Something fitted, with what it was to beat. One of a kind is live."""

    class State(models.TextChoices):
        LIVE = "live"
        RETIRED = "retired"
        REJECTED = "rejected"  # did not beat what was live

    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    encoder_digest = models.CharField(max_length=64)
    data_digest = models.CharField(max_length=64)  # SHA-256 of all it was fitted on
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="challengers",
        help_text="The one that was live, and was to be beaten.",
    )
    metrics = models.JSONField(default=dict)
    reason = models.TextField(blank=True, help_text="Why it was rejected.")
    flag = models.TextField(blank=True, help_text="Why it should be fitted again.")
    flagged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk} ({self.state})"


class Calibration(Learned):
    """A fitted routing model: P(this kernel will verify), and the thresholds for reuse."""

    weights = models.JSONField()

    class Meta(Learned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="live"), name="one_live_calibration"
            )
        ]


class RoutingHead(Learned):
    """A fitted head with its P(right) and its thresholds, for the kernels that were live then."""

    ceiling = models.FloatField(help_text="The wrong-reuse rate that its thresholds hold.")
    guarded = models.JSONField(
        default=list, help_text="Ids of versions whose own thresholds hold; it leaves those alone."
    )
    weights = models.BinaryField(help_text="safetensors: the head.")
    trust = models.JSONField(help_text="P(right) from the head's signs, and the thresholds.")

    class Meta(Learned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="live"), name="one_live_head"
            )
        ]
