"""Embeddings as they are kept between processes, and how often one was remembered."""

from django.db import models


class KeptEmbedding(models.Model):
    """The layers of one text, without the text."""

    key = models.CharField(
        max_length=64, unique=True, help_text="Digest of the text and of what embedded it."
    )
    encoder_digest = models.CharField(max_length=64)
    layers = models.BinaryField(help_text="Little-endian float32, layer after layer.")
    checksum = models.CharField(max_length=64, help_text="SHA-256 of key and layers.")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-used_at"], name="kept_embedding_use"),
            models.Index(fields=["made_at"], name="kept_embedding_age"),
        ]

    def __str__(self) -> str:
        return self.key


class EmbeddingUse(models.Model):
    """A day's lookups of all processes in their memories of embeddings."""

    day = models.DateField(unique=True)
    hits = models.PositiveBigIntegerField(default=0)
    misses = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}: {self.hits} of {self.hits + self.misses}"
