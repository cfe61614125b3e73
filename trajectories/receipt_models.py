"""Signed receipts as rows, and the keys that signed them."""

from django.db import models
from django.utils import timezone


class SignedReceipt(models.Model):
    """The receipt of an answer, beside its trajectory; written with it and never again."""

    trajectory = models.OneToOneField(
        "trajectories.Trajectory",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="receipt",
    )
    key_id = models.CharField(max_length=43)
    file = models.TextField(help_text="The very bytes that were signed, with their signature.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"receipt of {self.trajectory_id}"


class ReceiptKey(models.Model):
    """A public key that signed receipts here. It stays when another one takes its place."""

    id = models.CharField(primary_key=True, max_length=43, editable=False)
    public_key = models.CharField(max_length=43, help_text="32 bytes in base64url.")
    first_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-first_used_at"]

    def __str__(self) -> str:
        return self.id
