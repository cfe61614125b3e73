"""Second reviews: two people's verdicts on one candidate, neither knowing the other's."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class SecondReview(models.Model):
    """Asked for with a first verdict, which nobody is shown until the second is there."""

    class State(models.TextChoices):
        OPEN = "open"
        GIVEN = "given"
        WITHDRAWN = "withdrawn"

    class Verdict(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    version = models.ForeignKey(
        "kernels.KernelVersion", on_delete=models.PROTECT, related_name="second_reviews"
    )
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    first = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    first_verdict = models.CharField(max_length=7, choices=Verdict)
    first_reason = models.TextField()
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who was asked; empty: anybody who may decide.",
    )
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    second_verdict = models.CharField(max_length=7, choices=Verdict, blank=True)
    second_reason = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(state="open"),
                name="one_open_second_review",
            )
        ]

    def __str__(self) -> str:
        return f"second review of {self.version_id} ({self.state})"
