"""Adapters on their way: tried in shadow after an answer, and moved by what was counted."""

import logging
from uuid import UUID

from celery import shared_task

from workers.adapters.rollout import roll_out
from workers.adapters.shadowing import try_in_shadow
from workers.backends.choose import live_backend

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def try_shadow(trajectory_id: str, adapter_name: str) -> None:
    """Safe to run twice: an adapter is tried once on an answer."""
    try_in_shadow(
        trajectory_id=UUID(trajectory_id), adapter_name=adapter_name, judge=live_backend()
    )


@shared_task(ignore_result=True)
def roll_out_adapters() -> None:
    """Moves adapters that have enough answers for a verdict."""
    roll_out()
