from django.apps import AppConfig
from django.conf import settings

from kernels.encoder import CACHE


class KernelsConfig(AppConfig):
    name = "kernels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Gives what knows no Django its settings."""
        CACHE.limit(size=settings.KW_EMBEDDING_CACHE_SIZE, ttl_s=settings.KW_EMBEDDING_CACHE_S)
