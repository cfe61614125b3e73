"""The client that a command names."""

from django.core.management.base import CommandError

from trajectories.models import Client


def find_client(name: str | None) -> Client | None:
    """None when no name is given. Raises CommandError."""
    if name is None:
        return None
    found = Client.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Client.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no client {name!r}; there are: {known}.")
    return found
