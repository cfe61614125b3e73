"""The figures of searches from rows: over HTTP, at the command line, in the admin."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.db.admin_browser import root, text, viewer
from tests.kernel_rows import EMBEDDING, add_trajectory
from tests.learning_rows import add_search_row
from training.figures.by_worker import Latency, Share
from training.figures.rows import search_figures
from training.models import RouterOutcome
from trajectories.access import issue_key
from trajectories.models import Client, Feedback, SearchRecord, Trajectory

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
PAGE = "/admin/training/routeroutcome/metrics/"


def add_search(client: Client, *, reward: float | None = None, **fields: Any) -> Trajectory:
    trajectory = add_trajectory(client=client)
    add_search_row(trajectory=trajectory, **fields)
    if reward is not None:
        RouterOutcome.objects.create(
            trajectory=trajectory,
            query_digest="d" * 64,
            embedding=EMBEDDING,
            encoder_digest="e" * 64,
            scalars=[0.5] * 14,
            worker="math",
            reward=reward,
        )
    return trajectory


def add_hit(of: Trajectory, duration_ms: float) -> Trajectory:
    again = add_trajectory(client=of.client)
    Trajectory.objects.filter(pk=again.pk).update(route="reuse", reused=of, duration_ms=duration_ms)
    return again


def test_rows_become_figures(client: Client) -> None:
    first = add_search(client, reward=0.5, tokens=100)
    second = add_search(client, outcome="failed", gate_first=False, answer="")
    for verdict in ("correct", "incorrect"):
        Feedback.objects.create(client=client, trajectory=first, verdict=verdict)
    Feedback.objects.create(client=client, trajectory=add_hit(first, 7.0), rating=5)
    RouterOutcome.objects.update(right_worker=True)
    Trajectory.objects.filter(pk__in=[first.pk, second.pk]).update(duration_ms=50.0)
    everybody, math = search_figures(days=30)
    assert (everybody.worker, math.worker, math.searches) == ("all", "math", 2)
    assert math.correct_by_people == Share(1, 2)  # the last word on each
    assert math.correct_by_verifier == Share(1, 1)  # an answer that is not there was not checked
    assert (math.valid, math.gate_first, math.gate_passed) == (
        Share(1, 2),
        Share(1, 2),
        Share(2, 2),
    )
    assert (math.hits, math.right_worker) == (Share(1, 3), Share(1, 1))
    assert (math.cold, math.hit) == (Latency(50.0, 50.0), Latency(7.0, 7.0))
    assert (math.tokens, math.reward_per_1000) == (300, 5.0)


@pytest.mark.parametrize(
    ("verdict", "rating", "right"),
    [("incorrect", 5, Share(0, 1)), ("correct", 1, Share(1, 1)), ("", 3, Share(0, 0))],
)
def test_a_verdict_goes_before_a_rating(
    client: Client, verdict: str, rating: int, right: Share
) -> None:
    said = {"verdict": verdict, "rating": rating}
    Feedback.objects.create(client=client, trajectory=add_search(client), **said)
    assert search_figures(days=1)[0].correct_by_people == right


def test_what_is_older_than_the_window_does_not_count(client: Client) -> None:
    add_search(client)
    SearchRecord.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert search_figures(days=1) == []
    assert search_figures(days=3)[0].searches == 1


def test_more_rows_take_no_more_queries(client: Client, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        add_search(client, reward=1.0)
    with django_assert_num_queries(2):
        search_figures(days=1)


@pytest.mark.django_db(transaction=True)
def test_an_app_sees_the_figures_of_its_own_answers(client: Client) -> None:
    add_search(client)
    other = Client.objects.create(name="other")
    add_search(other)
    add_hit(add_search(other), 3.0)
    app = Browser(headers={"authorization": f"Bearer {issue_key(client=client, label='t')[1]}"})
    reply = app.get("/api/metrics/search?days=7").json()
    assert reply["days"] == 7
    assert [one["worker"] for one in reply["workers"]] == ["all", "math"]
    assert reply["workers"][0]["searches"] == 1
    assert reply["workers"][0]["hits"] == {"yes": 0, "of": 1, "share": 0.0}
    for days in ("0", "-1", "nan", "many", "99999"):
        refused = app.get(f"/api/metrics/search?days={days}")
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "days")
    assert Browser().get("/api/metrics/search").status_code == 401
    twice = app.get("/api/metrics/search?days=1&days=2")
    assert (twice.status_code, twice.json()["error"]["param"]) == (400, "days")
    assert twice.json()["error"]["message"] == "'days' is given 2 times."


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("metrics", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_json_of_one_client_or_of_all(client: Client) -> None:
    add_search(client)
    add_search(Client.objects.create(name="other"))
    counts = [
        json.loads(run_command("--json", *more))["workers"][0]["searches"]
        for more in ((), ("--client", "app"))
    ]
    assert counts == [2, 1]


def test_the_command_shows_a_table(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No answer was searched for in the last 7 days." in run_command("--days", "7")
    add_search(client)
    run_command("--days", "7")
    shown = capsys.readouterr().out
    assert "Searches of the last 7 days" in shown
    assert "right, by verifier" in shown
    for wrong in (("--days", "0"), ("--days", "nan"), ("--client", "nobody")):
        with pytest.raises(CommandError):
            run_command(*wrong)


def test_the_admin_shows_a_chart_and_the_table(root: Browser, client: Client) -> None:
    assert reverse("admin:training_search_metrics") == PAGE
    for window in ({}, {"days": "9' OR 1"}):
        assert "No answer was searched for in the last 30 days" in text(root.get(PAGE, window))
    add_search(client)
    page = text(root.get(PAGE, {"days": "7"}))
    for words in ('data-type="bar"', "right, by verifier", "100% (1/1)", "Search metrics"):
        assert words in page


def test_the_page_is_for_those_who_may_look(viewer: Browser) -> None:
    assert viewer.get(PAGE).status_code == 200
    nobody = Browser()
    nobody.force_login(User.objects.create_user("clerk", is_staff=True))
    assert nobody.get(PAGE).status_code == 403
