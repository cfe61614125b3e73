"""`python -m kwsite.bench NAME ...`: sets Django up, which `command` needs when it is imported.

For benches that read the settings and the database of a stack of their own.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module

import django

from kwsite.bench.routing_data import UnusableData

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kwsite.settings")
    django.setup()
    name = sys.argv.pop(1)
    with suppress(KeyboardInterrupt):  # whoever started this says that it was stopped
        try:
            import_module(f"kwsite.bench.{name}.command").main()
        except UnusableData as error:
            sys.exit(str(error))
