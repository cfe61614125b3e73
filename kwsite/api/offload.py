"""Runs synchronous work of the API (database, Redis) on its own threads, one hop a request.

Django's own threads are one per request, made anew each time. These stay.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

_threads = ThreadPoolExecutor(
    max_workers=settings.KW_DB_POOL_MAX or 20,
    thread_name_prefix="api",
)


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls `function` on a thread; its database connection goes back to the pool afterwards."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False, executor=_threads)()
