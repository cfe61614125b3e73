"""Patterns and vectors side by side: what is recorded, when vectors may serve, and back again."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from kernels.encoder import CACHE
from kernels.shadow_models import RoutingSwitch, ShadowRecord
from kernels.skills.importing import import_skills
from kernels.skills.shadow_rows import shadow_figures
from kernels.skills.shadowing import shadow_trajectory
from kernels.skills.switching import AlreadyServing, GateClosed, serving_for, switch_routing
from tests.db.admin_browser import root, text, viewer
from tests.skill_rows import (
    DEPLOY,
    INVOICE,
    add_agent_trajectory,
    add_shadow,
    write_skill,
)
from trajectories.models import Client
from workers.tasks.skills import forget_choices

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = "Extract the supplier and the amounts of this scan, then ship it"


@pytest.fixture(autouse=True)
def imported(tmp_path: Path) -> None:
    CACHE.clear()
    write_skill(tmp_path, "deploy", DEPLOY)
    write_skill(tmp_path, "invoice", INVOICE)
    import_skills(folder=tmp_path, client=None, prune=False)


@pytest.fixture
def good(client: Client, settings: Settings) -> Client:
    """A client whose figures just open the gate."""
    settings.KW_SHADOW_MIN_RECORDS = 10
    settings.KW_SHADOW_MIN_JUDGED = 2
    for number in range(10):
        used, reward = ("read-invoice", 0.9) if number < 2 else ("deploy-service", 0.6)
        disagree = number < 2
        add_shadow(
            client=client,
            vector="read-invoice" if disagree else "deploy-service",
            cache_hit=number < 5,
            trajectory=add_agent_trajectory(client=client, skill=used, reward=reward),
        )
    return client


def rank(app: Browser) -> Any:
    body = json.dumps({"prompt": PROMPT})
    return app.post("/api/skills/rank", data=body, content_type="application/json").json()


def skills(*arguments: Any) -> str:
    out = StringIO()
    call_command("skills", *map(str, arguments), stdout=out)
    return out.getvalue()


def switch(client: Client | None, serving: str) -> RoutingSwitch:
    return switch_routing(
        client=client, serving=serving, user=None, changed_by="a test", reason="to see"
    )


def test_a_ranking_records_both_choices(app: Browser, client: Client) -> None:
    rank(app)
    rank(app)
    first, second = ShadowRecord.objects.order_by("pk")
    assert (first.by_regex, first.by_vector) == ("deploy-service", "read-invoice")
    assert (first.agreed, first.cache_hit, second.cache_hit) == (False, False, True)
    assert (first.client, first.prompt_brief, first.trajectory) == (client, PROMPT, None)
    assert first.cosine is not None
    assert 0.25 < first.cosine < 1


def test_an_agents_trajectory_is_recorded_once(client: Client) -> None:
    trajectory = add_agent_trajectory(client=client, prompt=PROMPT)
    record = shadow_trajectory(trajectory=trajectory)
    assert record is not None
    assert (record.trajectory, record.cache_hit) == (trajectory, False)
    assert shadow_trajectory(trajectory=trajectory) == record
    assert ShadowRecord.objects.count() == 1


def test_figures_count_what_either_side_chose(client: Client, good: Client) -> None:
    add_shadow(client=client, regex="", vector="")
    figures = shadow_figures(client)
    assert (figures.records, figures.silent, figures.cache_hits, figures.agreed) == (10, 1, 5, 8)
    assert (figures.lift.vector_count, figures.lift.regex_count) == (10, 8)
    assert figures.lift.value == pytest.approx(0.06 / 0.6)  # (8 x .6 + 2 x .9) / 10 to .6


def test_figures_are_of_the_own_client_or_of_all(client: Client, good: Client) -> None:
    other = Client.objects.create(name="other")
    add_shadow(client=other)
    assert [shadow_figures(one).records for one in (client, other, None)] == [10, 1, 11]


def test_figures_take_two_queries_however_many_records_there_are(
    good: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        shadow_figures(good)


def test_the_gate_is_held_to_when_vectors_shall_serve(client: Client) -> None:
    add_shadow(client=client)
    with pytest.raises(GateClosed, match="1 records, at least 100 needed; lift unknown"):
        switch(client, "vector")
    assert not RoutingSwitch.objects.exists()


def test_switching_changes_what_is_served_and_back_in_one_step(app: Browser, good: Client) -> None:
    before = rank(app)
    assert (before["serving"], before["skill"]) == ("regex", "deploy-service")
    ShadowRecord.objects.filter(prompt_brief=PROMPT).delete()  # it would close the gate
    said = switch(good, "vector")
    assert said.figures["gate"]["open"] is True
    assert said.figures["figures"]["records"] == 10
    after = rank(app)
    assert (after["serving"], after["skill"]) == ("vector", "read-invoice")
    assert [one["name"] for one in after["skills"]] == ["read-invoice", "deploy-service"]
    with pytest.raises(AlreadyServing):
        switch(good, "vector")
    switch(good, "regex")
    assert rank(app)["skills"] == before["skills"]
    assert ShadowRecord.objects.filter(prompt_brief=PROMPT).count() == 2  # whoever serves
    assert list(RoutingSwitch.objects.values_list("serving", flat=True)) == ["regex", "vector"]


def test_going_back_needs_no_gate(client: Client) -> None:
    RoutingSwitch.objects.create(serving="vector", changed_by="x", reason="x", figures={})
    assert serving_for(client) == "vector"
    switch(client, "regex")
    assert (serving_for(client), serving_for(None)) == ("regex", "vector")


def test_the_own_switch_goes_before_everybodys(good: Client) -> None:
    other = Client.objects.create(name="other")
    switch(None, "vector")
    switch(good, "regex")
    assert [serving_for(one) for one in (good, other, None)] == ["regex", "vector", "vector"]


def test_the_four_figures_are_told_over_http(app: Browser, good: Client) -> None:
    told = app.get("/api/skills/shadow").json()
    assert (told["records"], told["hit_rate"], told["agreement"]) == (10, 0.5, 0.8)
    assert told["lift"]["value"] == pytest.approx(0.1)
    assert (told["gate"]["open"], told["serving"]) == (True, "regex")
    figures = [check["figure"] for check in told["gate"]["checks"]]
    assert figures == ["records", "cache hit rate", "agreement", "lift"]
    assert app.get("/api/skills/shadow?days=3").status_code == 400


def test_the_command_line_shows_and_switches(good: Client) -> None:
    assert json.loads(skills("shadow", "--client", "app", "--json"))["gate"]["open"] is True
    skills("shadow")
    said = json.loads(
        skills("switch", "vector", "--client", "app", "--reason", "looks good", "--json")
    )
    assert said["serving"] == "vector"
    row = RoutingSwitch.objects.get()
    assert row.reason == "looks good"
    assert row.changed_by.endswith(", at the command line")
    ShadowRecord.objects.all().delete()
    skills("switch", "regex", "--client", "app", "--reason", "back")
    with pytest.raises(CommandError, match="0 records, at least 10 needed"):
        skills("switch", "vector", "--client", "app", "--reason", "again")


def test_an_operator_switches_on_a_page_that_shows_the_figures(root: Browser, good: Client) -> None:
    page = reverse("admin:kernels_skill_routing") + f"?client={good.pk}"
    shown = text(root.get(page))
    for words in ("50.0%", "80.0%", "10.0%", "The gate is open.", "Let vectors choose"):
        assert words in shown
    after = text(root.post(page, {"serving": "vector", "reason": "looks good"}, follow=True))
    assert "Serving now: vector for app." in after
    assert "Let patterns choose" in after
    row = RoutingSwitch.objects.get()
    assert (row.user, row.changed_by, row.reason) == (
        User.objects.get(username="root"),
        "root",
        "looks good",
    )
    text(root.post(page, {"serving": "regex", "reason": "back"}, follow=True))
    assert serving_for(good) == "regex"
    assert "needs" not in text(root.post(page, {"serving": "vector", "reason": ""}))
    assert serving_for(good) == "regex"  # a reason is needed


def test_a_closed_gate_offers_no_switch(root: Browser, client: Client) -> None:
    page = reverse("admin:kernels_skill_routing")
    shown = text(root.get(page))
    assert "The gate is closed." in shown
    assert "Let vectors choose" not in shown
    refused = text(root.post(page, {"serving": "vector", "reason": "now"}, follow=True))
    assert "The figures do not let vectors choose." in refused
    assert root.post(page, {"serving": "chance", "reason": "now"}).status_code == 400
    assert not RoutingSwitch.objects.exists()


def test_who_may_only_look_switches_nothing(viewer: Browser, good: Client) -> None:
    page = reverse("admin:kernels_skill_routing") + f"?client={good.pk}"
    assert "Let vectors choose" not in text(viewer.get(page))
    assert viewer.post(page, {"serving": "vector", "reason": "x"}).status_code == 403
    User.objects.get(username="viewer").user_permissions.set(
        Permission.objects.filter(codename="view_client")
    )
    assert viewer.get(page).status_code == 403


def test_old_records_are_forgotten(client: Client, settings: Settings) -> None:
    settings.KW_SHADOW_DAYS = 2
    old, young = add_shadow(client=client), add_shadow(client=client)
    ShadowRecord.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=2, seconds=1))
    assert shadow_figures(client).records == 1  # not even until the task comes
    forget_choices()
    assert list(ShadowRecord.objects.all()) == [young]
