"""The counter behind a quota."""

from collections.abc import Iterator

import pytest

from kwsite.api.errors import QuotaSpent
from kwsite.api.quota import spend_request
from kwsite.api.redis_client import client as redis
from trajectories.models import Client


@pytest.fixture
def client() -> Iterator[Client]:
    yield Client(pk=-1, requests_per_minute=1000)
    for key in redis.scan_iter("kw:quota:-1:*"):
        redis.delete(key)


def test_a_client_without_a_quota_is_not_counted(client: Client) -> None:
    client.requests_per_minute = None
    assert spend_request(client=client) == {}
    assert not list(redis.scan_iter("kw:quota:-1:*"))


def test_each_request_leaves_one_less(client: Client) -> None:
    remaining = [
        int(spend_request(client=client)["x-ratelimit-remaining-requests"]) for _ in range(2)
    ]
    assert remaining[1] in (remaining[0] - 1, 999)  # 999 where a minute began in between


def test_it_raises_when_the_quota_is_spent(client: Client) -> None:
    client.requests_per_minute = 0
    with pytest.raises(QuotaSpent) as refused:
        spend_request(client=client)
    assert int(refused.value.headers["Retry-After"]) <= 60


def test_a_counter_does_not_outlive_its_minute_for_long(client: Client) -> None:
    spend_request(client=client)
    keys = list(redis.scan_iter("kw:quota:-1:*"))
    assert all(0 < redis.ttl(key) <= 120 for key in keys)
