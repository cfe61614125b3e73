"""Traffic by the hour and the day, counted from trajectories, so that no page has to scan them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Rollup(models.Model):
    """What one client was answered on one route in one hour, or in one day (both UTC).

    A day is the sum of its hours. Hours are counted from the trajectories that are closed, by when
    they began (`trajectories.rollups`).
    """

    class Span(models.TextChoices):
        HOUR = "hour"
        DAY = "day"

    class Route(models.TextChoices):
        """A trajectory's own; and of the generated, those where a kernel had failed first."""

        KERNEL = "kernel"
        REUSE = "reuse"
        SEARCH = "search"
        GENERATION = "generation"
        FALLBACK = "fallback"
        AGENT = "agent"

    span = models.CharField(max_length=4, choices=Span)
    at = models.DateTimeField(help_text="When it begins.")
    client = models.ForeignKey(
        "trajectories.Client", on_delete=models.CASCADE, related_name="rollups"
    )
    route = models.CharField(max_length=12, choices=Route)
    requests = models.PositiveIntegerField(default=0)
    retracted = models.PositiveIntegerField(default=0, help_text="In none of the next four.")
    right = models.PositiveIntegerField(
        default=0, help_text="By people's last word; without one, by the checks."
    )
    wrong = models.PositiveIntegerField(default=0, help_text="Likewise.")
    unchecked = models.PositiveIntegerField(default=0, help_text="Neither can say.")
    denied = models.PositiveIntegerField(default=0, help_text="Wrong by people's last word.")
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    # Of plain requests that are not retracted: what a generation of the same would cost.
    plain_chars_in = models.PositiveBigIntegerField(default=0)
    plain_chars_out = models.PositiveBigIntegerField(default=0)
    plain_tokens_in = models.PositiveBigIntegerField(default=0)
    plain_tokens_out = models.PositiveBigIntegerField(default=0)
    latencies = ArrayField(
        models.PositiveIntegerField(), help_text="By bucket of `latency_buckets`."
    )

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["span", "at", "client", "route"], name="rollup_key")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.route} ({self.span})"


class StaleHour(models.Model):
    """An hour of a client that is to be counted again.

    Triggers of the database write it in the transaction that changes what counts, so that it is
    seen exactly when the change is.
    """

    client_id = models.BigIntegerField()
    hour = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["hour", "client_id"], name="stale_hours")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00"


class RollupProgress(models.Model):
    """How far back history is counted that was there before the rollups. One row."""

    counted_from = models.DateTimeField(
        null=True, blank=True, help_text="The hours from here on are counted; empty: all are."
    )
    kept_at = models.DateTimeField(null=True, blank=True, help_text="When they were last kept.")

    class Meta:
        verbose_name_plural = "rollup progress"

    def __str__(self) -> str:
        return "all" if self.counted_from is None else f"from {self.counted_from:%Y-%m-%d %H}:00"
