"""`manage.py serve_adapters`: a part of the embedded stack, which starts it."""

from typing import Any

from django.core.management.base import BaseCommand

from kwsite.stack.adapter_server import serve_adapters


class Command(BaseCommand):
    help = "Serves the adapters of the embedded model (the stack starts it)."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        serve_adapters()
