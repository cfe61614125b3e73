"""`manage.py serve_adapters`: a part of the embedded stack, which starts it."""

from typing import Any

from kwsite.management.quick_command import QuickCommand
from kwsite.stack.adapter_server import serve_adapters


class Command(QuickCommand):
    help = "Serves the adapters of the embedded model (the stack starts it)."

    def handle(self, *args: Any, **options: Any) -> None:
        serve_adapters()
