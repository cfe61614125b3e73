"""Adapters on their way: tried in shadow after an answer, and moved by what was counted."""

import logging
from uuid import UUID

import httpx2
from celery import shared_task
from django.conf import settings

from workers.adapters.rollout import roll_out
from workers.adapters.shadowing import try_in_shadow
from workers.adapters.vllm import Vllm, VllmFailed, serve_at_vllm
from workers.backends.choose import live_backend

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def try_shadow(trajectory_id: str, adapter_name: str) -> None:
    """Safe to run twice: an adapter is tried once on an answer."""
    try_in_shadow(
        trajectory_id=UUID(trajectory_id), adapter_name=adapter_name, judge=live_backend()
    )


@shared_task(ignore_result=True)
def follow_at_vllm() -> None:
    """Has a vLLM server serve the adapters that are to be served; does nothing for another server.

    Two at a time do no harm: what is loaded already is refused, and found in the next round.
    """
    if settings.KW_LLM_PROVIDER != "vllm" or not settings.KW_ADAPTER_DIR:
        return
    headers = {"Authorization": f"Bearer {settings.KW_LLM_API_KEY}"}
    with httpx2.Client(headers=headers, timeout=settings.KW_LLM_TIMEOUT_S) as http:
        try:
            serve_at_vllm(Vllm(http, settings.KW_LLM_BASE_URL))
        except VllmFailed as error:
            log.error("%s", error.detail)


@shared_task(ignore_result=True)
def roll_out_adapters() -> None:
    """Moves adapters that have enough answers for a verdict."""
    roll_out()
