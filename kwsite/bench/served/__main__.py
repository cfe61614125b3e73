"""`python -m kwsite.bench.served`: sets Django up, which `command` needs when it is imported."""

import os
from contextlib import suppress
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kwsite.settings")
    django.setup()
    with suppress(KeyboardInterrupt):  # whoever started this says that it was stopped
        import_module("kwsite.bench.served.command").main()
