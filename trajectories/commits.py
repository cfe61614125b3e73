"""Commits that do not wait for the disk, for writes that a later, waiting commit makes lasting."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def unhurried_commit() -> Iterator[None]:
    """A transaction that others see at once and that is on disk within a second.

    Postgres writes its log in order: once any later transaction that waits for the disk is
    committed, this one is there, too. Only a crash of Postgres in between loses it, whole.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
        yield
