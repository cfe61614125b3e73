"""The routing page: what was predicted against what came true, in bounded queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from kernels.matching import Features
from kernels.models import Calibration, KernelVersion
from kernels.shadow_models import ShadowRecord
from tests.db.admin_browser import root, text, viewer
from tests.kernel_rows import add_trajectory, add_version
from tests.learning_rows import add_learning_rows
from training.figures.sent import router_confusion
from training.models import RouterOutcome
from training.routing.choices import recent_choices
from trajectories.models import Client, Feedback, Run, Trajectory

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
PAGE = reverse("dashboard_routing")
NAMED = dict(zip(Features.names(), [0.5] * len(Features.names()), strict=True))
MONTH = timedelta(days=30)


@pytest.fixture
def version() -> KernelVersion:
    return add_version(state=KernelVersion.State.LIVE)


def routed(
    client: Client, version: KernelVersion, p: float, right: bool | None, **fields: Any
) -> Trajectory:
    """A request for which a kernel was likely by `p`; it served where somebody judged it."""
    found = add_trajectory(client=client, prompt=f"At {p}")
    taken = right is not None
    candidate = {
        "version_id": str(version.pk),
        "probability": p,
        "features": NAMED,
        "obstacle": "" if taken else "P(verify) is too low",
    }
    stopped = {**candidate, "version_id": "another", "probability": 0.99, "obstacle": "a guard"}
    decision = {
        "route": "kernel" if taken else "generation",
        "chosen": str(version.pk) if taken else None,
        "calibration": 1,
        "candidates": [stopped, candidate],
    }
    Run.objects.filter(pk=found.answered_run.pk).update(decision=decision)
    changed = {"kernel_version": version.pk if taken else None, "model": "none", **fields}
    Trajectory.objects.filter(pk=found.pk).update(**changed)
    if right is not None:
        said = "correct" if right else "incorrect"
        Feedback.objects.create(client=client, trajectory=found, verdict=said)
    return found


def live_calibration(threshold: float = 0.6) -> Calibration:
    count = len(Features.names())
    return Calibration.objects.create(
        encoder_digest="e" * 64,
        data_digest="d" * 64,
        weights={
            "features": Features.names(),
            "mean": [0.2] * count,
            "scale": [0.1] * count,
            "weights": [1.0] * count,
            "intercept": 0.0,
            "threshold": threshold,
        },
        metrics={"comparison": {"examples": 60, "live_loss": 0.5, "challenger_loss": 0.4}},
    )


def test_the_likeliest_kernel_that_only_the_threshold_could_stop_is_read(
    client: Client, version: KernelVersion
) -> None:
    routed(client, version, 0.9, True)
    routed(client, version, 0.7, False)
    routed(client, version, 0.3, None)
    add_trajectory(client=client, prompt="no kernel was near")
    looked = recent_choices(since=timezone.now() - MONTH)
    assert (looked.requests, looked.all_seen) == (4, True)
    assert sorted(one.probability for one in looked.choices) == [0.3, 0.7, 0.9]
    assert sorted(looked.judged) == [(0.7, False), (0.9, True)]
    assert looked.choices[0].known_features is not None


def test_what_the_contract_alone_says_counts_where_it_could_have_failed(
    client: Client, version: KernelVersion
) -> None:
    routed(client, version, 0.8, True, model="m", checks=[{"kind": "cel"}])
    routed(client, version, 0.8, True, model="m", checks=[{"kind": "schema"}])
    Feedback.objects.all().delete()
    routed(client, version, 0.8, True, kernel_version=None)
    innocent = routed(client, version, 0.8, True, kernel_version=None)
    Run.objects.filter(pk=innocent.answered_run.pk).update(
        response={"kernelweave": {"failed_kernel": {"at_fault": False}}}
    )
    looked = recent_choices(since=timezone.now() - MONTH)
    assert [one.right for one in looked.choices] == [None, False, None, True]  # the newest first


def test_only_the_newest_are_looked_at_and_only_of_the_client(
    client: Client, version: KernelVersion
) -> None:
    for number in range(4):
        routed(client, version, number / 10, True)
    other = Client.objects.create(name="other")
    routed(other, version, 0.9, True)
    since = timezone.now() - MONTH
    looked = recent_choices(since=since, client=client, newest=2)
    assert [one.probability for one in looked.choices] == [0.3, 0.2]
    assert not looked.all_seen
    assert recent_choices(since=since, client=client, newest=4).all_seen
    assert not recent_choices(since=since, until=since + timedelta(days=1)).choices


def test_the_page_shows_each_part_with_its_figures(
    root: Browser, client: Client, version: KernelVersion, settings: Settings
) -> None:
    settings.KW_WRONG_REUSE_CEILING = 0.1
    live_calibration()
    for number in range(40):
        routed(client, version, 0.65 if number % 4 else 0.95, number % 4 != 1)
    add_learning_rows(trajectory=add_trajectory(client=client), number=0)
    RouterOutcome.objects.update(right_worker=False, suggested_worker="code")
    ShadowRecord.objects.create(
        client=client,
        prompt_digest="d" * 64,
        by_regex="a",
        by_vector="b",
        cache_hit=True,
        agreed=False,
    )
    before = routed(client, version, 0.65, None)
    Run.objects.filter(pk=before.answered_run.pk).update(created_at=timezone.now() - 1.5 * MONTH)
    page = text(root.get(PAGE))
    assert "over 40 requests now and 1 before" in page
    assert "within chance" in page
    # 10 at .95 are all right, 30 at .65 are right 20 times: (10 * .05 + 30 * .0167) / 40
    assert "(ECE): 0.025, over 40 judged choices" in page
    assert "0.600, today (calibration)" in page
    assert "right about the share 0.00" in page
    assert "cache hit rate" in page
    assert "nearest similarity" in page
    assert "+3.00" in page  # from .2 to .5, in tenths


def test_an_empty_page_says_what_to_do(root: Browser) -> None:
    page = text(root.get(PAGE))
    assert "Nobody asked anything" in page
    assert "load_kernels" in page
    assert "No use of a kernel was judged" in page


def test_queries_do_not_grow_with_traffic(
    root: Browser,
    client: Client,
    version: KernelVersion,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    live_calibration()
    for number in range(35):
        routed(client, version, number / 40, number % 2 == 0)
    with django_assert_max_num_queries(40):
        root.get(f"{PAGE}?days=90&client={client.pk}")


def test_outcomes_are_of_the_time_and_of_the_client(client: Client) -> None:
    add_learning_rows(trajectory=add_trajectory(client=client), number=0)
    RouterOutcome.objects.update(right_worker=True)
    since = timezone.now() - MONTH
    assert router_confusion(since=since, client=client).accuracy == 1
    assert router_confusion(since=since, client=Client.objects.create(name="b")).said == 0
    RouterOutcome.objects.update(created_at=since - MONTH)
    assert router_confusion(since=since).said == 0


def test_who_may_not_look_is_refused_and_nothing_can_be_posted(
    root: Browser, viewer: Browser
) -> None:
    assert viewer.get(PAGE).status_code == 200
    assert root.post(PAGE).status_code == 405
    browser = Browser()
    browser.force_login(User.objects.create_user("staff", is_staff=True))
    assert browser.get(PAGE).status_code == 403
    assert Browser().get(PAGE).status_code == 302
