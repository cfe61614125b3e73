"""Trajectories that were retracted: by whom, why, and what went with them."""

from django.conf import settings
from django.db import models


class Retraction(models.Model):
    """Never changed afterwards. `effects` counts and names what was retired, flagged, forgotten."""

    trajectory = models.OneToOneField(
        "trajectories.Trajectory", on_delete=models.PROTECT, related_name="retraction"
    )
    reason = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: the client itself, or a command.",
    )
    effects = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.trajectory_id}: {self.reason[:60]}"
