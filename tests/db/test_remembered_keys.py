"""A key that was found is remembered for a moment, and no longer."""

import hashlib
from collections.abc import Callable

import pytest
from pytest_django import DjangoAssertNumQueries

from trajectories.access import find_key, issue_key, revoke_key
from trajectories.models import ApiKey, Client
from trajectories.remembered_keys import RememberedKeys

pytestmark = pytest.mark.django_db


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def remembered(clock: Clock) -> RememberedKeys:
    return RememberedKeys(ttl_s=2, clock=clock)


@pytest.fixture
def issued() -> tuple[ApiKey, str]:
    return issue_key(client=Client.objects.create(name="app"), label="test")


def end_key(key: ApiKey) -> None:
    revoke_key(key=key, remembered=RememberedKeys(ttl_s=2))  # as another process does


def switch_client_off(key: ApiKey) -> None:
    Client.objects.filter(pk=key.client_id).update(active=False)


def test_a_known_key_is_looked_up_once(
    remembered: RememberedKeys,
    issued: tuple[ApiKey, str],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    row, secret = issued
    with django_assert_num_queries(1):
        found = [find_key(secret, remembered=remembered) for _ in range(3)]
        clients = [key.client for key in found if key]
    assert found == [row] * 3
    assert clients == [row.client] * 3


@pytest.mark.parametrize("end", [end_key, switch_client_off])
def test_what_another_process_ended_is_refused_once_the_moment_is_over(
    remembered: RememberedKeys,
    clock: Clock,
    issued: tuple[ApiKey, str],
    end: Callable[[ApiKey], None],
) -> None:
    row, secret = issued
    find_key(secret, remembered=remembered)
    end(row)
    clock.now += 1.9
    assert find_key(secret, remembered=remembered) == row
    clock.now += 0.1
    assert find_key(secret, remembered=remembered) is None


def test_asking_often_does_not_make_the_moment_longer(
    remembered: RememberedKeys, clock: Clock, issued: tuple[ApiKey, str]
) -> None:
    row, secret = issued
    find_key(secret, remembered=remembered)
    end_key(row)
    for _ in range(4):
        clock.now += 0.5
        found = find_key(secret, remembered=remembered)
    assert found is None


def test_a_key_revoked_in_this_process_is_refused_at_once(
    remembered: RememberedKeys, issued: tuple[ApiKey, str]
) -> None:
    row, secret = issued
    find_key(secret, remembered=remembered)
    revoke_key(key=row, remembered=remembered)
    assert find_key(secret, remembered=remembered) is None


def test_a_key_that_was_wrong_a_moment_ago_is_looked_up_again(
    remembered: RememberedKeys, issued: tuple[ApiKey, str]
) -> None:
    row, secret = issued
    ApiKey.objects.filter(pk=row.pk).update(digest="0" * 64)
    assert find_key(secret, remembered=remembered) is None
    ApiKey.objects.filter(pk=row.pk).update(digest=row.digest)
    assert find_key(secret, remembered=remembered) == row


def test_no_time_remembers_nothing(issued: tuple[ApiKey, str]) -> None:
    row, secret = issued
    off = RememberedKeys(ttl_s=0)
    find_key(secret, remembered=off)
    end_key(row)
    assert find_key(secret, remembered=off) is None


def test_it_keeps_no_secret(remembered: RememberedKeys, issued: tuple[ApiKey, str]) -> None:
    _, secret = issued
    find_key(secret, remembered=remembered)
    assert remembered.get(secret) is None
    assert remembered.get(hashlib.sha256(secret.encode()).hexdigest()) is not None
