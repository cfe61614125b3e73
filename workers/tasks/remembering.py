"""From its start on, a worker process keeps its embeddings in the database, and finds others'."""

from typing import Any

from celery.signals import worker_process_init, worker_ready

from kernels.kept_embeddings import keep_in_background


@worker_process_init.connect
def keep_in_child(**_: Any) -> None:
    """In a pool of processes, each child by itself."""
    keep_in_background()


@worker_ready.connect
def keep_in_worker(sender: Any, **_: Any) -> None:
    """In a pool of threads, the worker."""
    if not sender.pool.uses_semaphore:  # those of a pool of processes do
        keep_in_background()
