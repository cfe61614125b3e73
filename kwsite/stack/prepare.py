"""Brings the database and the static files up to date, in one process: `-m kwsite.stack.prepare`.

Importing Django costs more than these commands do when there is nothing to change.
"""

import argparse

import django
from django.conf import settings
from django.core.management import call_command

from kwsite.stack.static_stamp import stamp_static, static_is_current


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connection", required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--admin-url", required=True)
    options = parser.parse_args()
    django.setup()
    call_command("migrate", interactive=False)
    call_command("load_kernels")
    if not static_is_current(settings.STATIC_ROOT):
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp_static(settings.STATIC_ROOT)
    call_command(
        "provision",
        connection=options.connection,
        base_url=options.base_url,
        admin_url=options.admin_url,
    )


if __name__ == "__main__":
    main()
