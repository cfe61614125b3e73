"""GET /api/health: whether the parts that a request needs can be reached."""

import asyncio
from collections.abc import Callable
from typing import Literal

import redis
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel

from kwsite.api.documents import ErrorDocument
from kwsite.api.offload import in_thread
from kwsite.api.redis_client import client
from kwsite.api.replies import json_reply

WAIT_S = 3.0

router = Router(tags=["KernelWeave"])


class Health(BaseModel):
    """Does not cover workers and the model server: their queue waits for them."""

    status: Literal["ok", "failing"]
    database: Literal["ok", "failing"]
    redis: Literal["ok", "failing"]


@router.get(
    "/health",
    auth=None,
    response={200: Health, 405: ErrorDocument, 500: ErrorDocument, 503: Health},
    summary="Check the service",
)
async def check_health(request: HttpRequest) -> HttpResponse:
    """Answers without a key: 200 when the database and Redis answer, else 503."""
    database, store = await asyncio.gather(_answers(_ask_database), _answers(_ask_redis))
    health = Health(
        status="ok" if database and store else "failing",
        database="ok" if database else "failing",
        redis="ok" if store else "failing",
    )
    return json_reply(health, status=200 if database and store else 503)


async def _answers(ask: Callable[[], None]) -> bool:
    try:
        await asyncio.wait_for(in_thread(ask), WAIT_S)
    except (DatabaseError, redis.RedisError, TimeoutError):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    client.ping()
