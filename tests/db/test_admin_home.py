"""The admin's first page: its figures, what waits, and what it says when something is away."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from kernels.models import KernelVersion, NearReuse
from kwsite.dashboard.queues import look_at_queues
from tests.db.admin_browser import add_family, candidate, root, text, viewer
from tests.rollup_rows import answered, keep
from tests.training_rows import add_node
from training.models import NightlyPlan, NightlyStep
from trajectories.models import Client, Run, StaleHour
from workers.presence import KEY, Worker, announce
from workers.redis_client import redis_client
from workers.tasks.rollups import count_for, keep_rollups

__all__ = ["candidate", "root", "viewer"]
pytestmark = pytest.mark.django_db
HOME = "/admin/"


def _answer(client: Client, *, hours_ago: float = 0.0, **fields: Any) -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    answered(client, created_at=at, closed_at=at, **fields)


def _home(browser: Browser, **query: Any) -> str:
    return " ".join(text(browser.get(HOME, query)).split())


def _card(page: str, title: str) -> str:
    found = re.search(rf"<h2[^>]*> {title} </h2>(.*?)</a>", page)
    assert found is not None, title
    return found[1]


def test_an_empty_service_says_which_call_to_make_first(root: Browser) -> None:
    page = _home(root)
    assert "No request yet" in page
    assert "curl http://testserver/v1/chat/completions" in page
    assert "/admin/trajectories/apikey/add/" in page
    assert "Nothing. Candidates come when" in page
    assert "No node has registered" in page


def test_it_counts_what_was_answered(root: Browser, client: Client) -> None:
    for hours_ago in range(3):
        _answer(client, hours_ago=hours_ago)
    _answer(client, verified=False)
    _answer(client, verified=None, hours_ago=49)
    keep()
    today, week = _home(root), _home(root, days="7")
    assert ">4</span>" in _card(today, "Requests answered")
    assert "120 tokens read, 40 written" in _card(today, "Requests answered")
    assert ">75.0%</span>" in _card(today, "Verified")
    assert ">5</span>" in _card(week, "Requests answered")
    assert "1 had nothing to be checked against" in _card(week, "Verified")


def test_it_counts_one_client_alone(root: Browser, client: Client) -> None:
    other = Client.objects.create(name="other")
    _answer(client)
    _answer(other)
    _answer(other)
    keep()
    assert ">2</span>" in _card(_home(root, client=other.pk), "Requests answered")
    assert ">3</span>" in _card(_home(root, client="9" * 5000), "Requests answered")
    silent = Client.objects.create(name="silent")
    assert "Nothing was asked in this time by silent." in _home(root, client=silent.pk)


def test_tokens_and_money_saved_are_told(root: Browser, client: Client, settings: Settings) -> None:
    _answer(client, prompt="x" * 91, output_text="y" * 50, prompt_tokens=50, completion_tokens=25)
    for _ in range(4):  # each would have read 50 tokens and written 25
        _answer(
            client,
            route="kernel",
            prompt="x" * 91,
            output_text="y" * 50,
            prompt_tokens=20,
            completion_tokens=0,
        )
    keep()
    card = _card(_home(root), "Tokens saved against generating")
    assert ">220</span>" in card
    assert "USD" not in card
    settings.KW_PRICE_IN, settings.KW_PRICE_OUT = 10_000.0, 20_000.0
    page = _home(root)
    assert "3.20 USD" in _card(page, "Tokens saved against generating")
    assert "1.80 USD spent" in _card(page, "Requests answered")


def test_a_kernel_that_costs_more_than_it_saves_is_told_of(root: Browser, client: Client) -> None:
    _answer(client)
    _answer(client, route="kernel", prompt_tokens=500)
    keep()
    assert "more spent" in _card(_home(root), "Tokens spent beyond always generating")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [(0, 0, "nothing reused"), (3, 0, "too few to tell"), (60, 0, "held"), (2, 6, "above")],
)
def test_wrong_reuse_is_held_against_its_ceiling(
    root: Browser, client: Client, right: int, wrong: int, said: str
) -> None:
    _answer(client)
    for _ in range(right):
        _answer(client, route="reuse")
    for _ in range(wrong):
        _answer(client, route="kernel", verified=False)
    keep()
    card = _card(_home(root), "Wrong reuse, at most")
    assert said in card
    assert "the ceiling is 10.0%" in card
    assert f"{wrong} of {right + wrong} answers" in card


def test_latency_is_told_by_route(root: Browser, client: Client) -> None:
    for _ in range(19):
        _answer(client, duration_ms=100.0)
    _answer(client, duration_ms=9000.0)
    _answer(client, route="agent", plain=False, duration_ms=1e6)
    keep()
    row = re.search(r">generation</a>(.*?)</tr>", _home(root))
    assert row is not None
    p50, p95 = re.findall(r"([\d.]+) ms", row[1])
    assert 100 <= float(p50) <= 126
    assert 100 <= float(p95) <= 126


def test_all_that_waits_is_listed_with_its_list(root: Browser, candidate: KernelVersion) -> None:
    NearReuse.objects.update(state=NearReuse.State.OFF)
    plan = NightlyPlan.objects.create(key="last night")
    NightlyStep.objects.create(plan=plan, place=0, kind="prm", state="failed")
    Run.objects.update(status=Run.Status.FAILED)
    page = _home(root)
    for words in (
        "1 candidate kernel to decide about",
        "1 composition to decide about",
        "1 disagreement of",
        "1 answer to label",
        "near reuse is switched off",
        "1 step of a nightly plan that failed",
        "that failed in the last 24 hours",
    ):
        assert words in page
    listed = re.search(r"Waits for you(.*?)</ul>", page)
    assert listed is not None
    for url in re.findall(r'href="([^"]+)"', listed[1]):
        response = root.get(url.replace("&amp;", "&"))
        assert response.status_code == 200, url
        assert "0 results" not in response.content.decode()


def test_every_link_of_a_card_leads_to_a_list(root: Browser, candidate: KernelVersion) -> None:
    keep()
    client = Client.objects.get()
    page = _home(root, client=client.pk)
    urls = set(re.findall(r'href="(/admin/trajectories/trajectory/\?[^"]+)"', page))
    assert len(urls) >= 4
    for url in urls:
        assert "client__id__exact" in url
        assert root.get(url.replace("&amp;", "&")).status_code == 200


def test_nobody_sees_what_they_may_not(client: Client, candidate: KernelVersion) -> None:
    keep()
    user = User.objects.create_user("labeller", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_labelitem"))
    browser = Browser()
    browser.force_login(user)
    page = _home(browser)
    assert "1 answer to label" in page
    for hidden in ("Requests answered", "candidate kernel", "Queues", "Training nodes"):
        assert hidden not in page


def test_nobody_sees_it_without_signing_in() -> None:
    assert Browser().get(HOME).status_code == 302


def test_a_viewer_sees_all_of_it(viewer: Browser, candidate: KernelVersion) -> None:
    keep()
    page = _home(viewer)
    for title in ("Requests answered", "Waits for you", "Queues", "Training nodes"):
        assert title in page


def test_queues_are_told_with_who_takes_from_them(root: Browser) -> None:
    store = redis_client()
    store.delete(KEY, "learn")
    store.rpush("learn", "task", "task")
    announce(store, Worker("after@here", ("verify", "score", "promote")))
    page = _home(root)
    store.delete(KEY, "learn")
    assert "after@here" in page
    row = re.search(r"learn</th>(.*?)</tr>", page)
    assert row is not None
    assert ">2</td>" in row[1]
    assert "nobody takes from it" in row[1]


def test_a_worker_that_is_silent_takes_nothing() -> None:
    store = redis_client()
    store.delete(KEY)
    store.zadd(KEY, {"answers@here interactive": 1.0})
    queues = look_at_queues()
    store.delete(KEY)
    assert queues is not None
    assert all(not queue.workers for queue in queues)


def test_the_page_comes_without_the_broker(root: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(port=1, socket_connect_timeout=0.1)
    assert look_at_queues(away) is None
    monkeypatch.setattr("kwsite.dashboard.home.look_at_queues", lambda: look_at_queues(away))
    assert "The broker does not answer" in _home(root)


def test_nodes_are_told_with_whether_they_live(root: Browser) -> None:
    add_node("train@here")
    silent = add_node("train@there")
    silent.heard_at = timezone.now() - timedelta(hours=3)
    silent.save()
    page = _home(root)
    assert "lives" in page
    assert re.search(r"train@there.*silent.*3.hours", page)


def test_it_says_when_nobody_counts(root: Browser, client: Client) -> None:
    keep()
    _answer(client)
    assert "Nobody counts the latest traffic" in _home(root)
    keep_rollups()
    assert not StaleHour.objects.exists()
    assert "Nobody counts" not in _home(root)


def test_the_task_leaves_what_takes_longer_to_the_next_turn(client: Client) -> None:
    for days in range(4):
        _answer(client, hours_ago=24 * days)
    StaleHour.objects.all().delete()  # as if they had been there before the rollups
    turns = 0
    while not count_for(budget_s=0):
        turns += 1
    assert turns == 4


def test_more_traffic_takes_no_more_queries(
    root: Browser,
    candidate: KernelVersion,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(1, 4):
        add_family(number)
    keep()
    with django_assert_max_num_queries(36):
        _home(root, days="90")
