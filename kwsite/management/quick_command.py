"""A command that begins at once."""

from django.core.management.base import BaseCommand


class QuickCommand(BaseCommand):
    """Without Django's checks of the whole site, which take seconds to import all of its pages.

    `manage.py check` runs them, as does `make lint`.
    """

    requires_system_checks = ()
