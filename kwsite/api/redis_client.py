"""The API's own connection to Redis, for counting and for the health check."""

import redis
from django.conf import settings

client = redis.Redis.from_url(
    settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1, decode_responses=True
)
