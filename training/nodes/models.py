"""The machines that train: what each has, and when it was last heard of."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

SILENT_AFTER = timedelta(seconds=60)


class TrainingNode(models.Model):
    """A worker process bound to a training queue. It registers itself, and says that it lives."""

    class Device(models.TextChoices):
        CPU = "cpu", "CPU"
        GPU = "gpu", "GPU"
        MLX = "mlx", "MLX"

    name = models.CharField(max_length=200, unique=True, help_text="As Celery calls the worker.")
    device = models.CharField(max_length=3, choices=Device)
    hardware = models.JSONField(
        default=dict, help_text="Accelerator, its memory and the machine's in MiB, cores."
    )
    versions = models.JSONField(default=dict, help_text="Of Python and the training libraries.")
    registered_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.device})"

    @property
    def is_alive(self) -> bool:
        return timezone.now() - self.heard_at < SILENT_AFTER
