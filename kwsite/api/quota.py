"""Requests a minute: a counter in Redis for each client that has a quota."""

import time

from kwsite.api.errors import QuotaSpent
from kwsite.api.redis_client import client as redis
from trajectories.models import Client

WINDOW_S = 60


def spend_request(*, client: Client) -> dict[str, str]:
    """Counts one request of `client` in the current minute (fixed windows).

    Returns OpenAI's rate limit headers, none for a client without a quota. Raises `QuotaSpent`.
    """
    limit = client.requests_per_minute
    if limit is None:
        return {}
    now = time.time()
    key = f"kw:quota:{client.pk}:{int(now // WINDOW_S)}"
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.incr(key)
        pipeline.expire(key, 2 * WINDOW_S)
        used, _ = pipeline.execute()
    wait_s = WINDOW_S - int(now % WINDOW_S)
    headers = {
        "x-ratelimit-limit-requests": str(limit),
        "x-ratelimit-remaining-requests": str(max(0, limit - used)),
        "x-ratelimit-reset-requests": f"{wait_s}s",
    }
    if used > limit:
        raise QuotaSpent(
            f"Rate limit reached: {limit} requests a minute. Try again in {wait_s} s.",
            headers={**headers, "Retry-After": str(wait_s)},
        )
    return headers
