"""From an answer to what shaped it and back; a retracted one takes along what rests on it."""

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from kernels.models import CacheEntry, Exemplar, KernelVersion, Skill
from kernels.skills.shadow_rows import shadow_figures
from tests.composition_rows import add_live_kernel
from tests.db.admin_browser import root
from tests.db.agent_rows import session, turn
from tests.db.cached_searches import FIRST, SAME, asked, route, searched
from tests.db.rows import chat, generated, recorded
from tests.db.scripted_search import backend
from tests.skill_rows import add_shadow
from tests.training_rows import add_run
from training.adapters.states import register_adapter
from training.learning_round import NotDue, require_due
from training.lineage import lineage_of
from training.lora.models import LoraRun
from training.models import RouterOutcome, Snapshot, StepExample
from trajectories.models import Client, DomainBaseline, Retraction, Trajectory, Weight
from trajectories.weights import NEUTRAL, after
from workers.backends.scripted import ScriptedBackend
from workers.feedback import Retracted, record_feedback
from workers.retracting import AlreadyRetracted, NoReason, retract_trajectory
from workers.tasks.scoring import score_due

__all__ = ["backend", "root"]
pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"type": "string"}


def add_snapshot(rows_from: int, rows_to: int) -> Snapshot:
    return Snapshot.objects.create(
        kind="policy",
        state=Snapshot.State.LIVE,
        digest="a" * 64,
        encoder_digest="e" * 64,
        data_digest="d" * 64,
        file="policy/a.safetensors",
        metadata={"rows_from": rows_from, "rows_to": rows_to},
    )


def add_version(source: Trajectory) -> KernelVersion:
    version = add_live_kernel("benefits", {"benefit": TEXT}, client=source.client)
    version.sources.add(source)
    Exemplar.objects.create(
        version=version,
        prompt=source.prompt,
        embedding=source.embedding,
        encoder_digest=source.encoder_digest,
        trajectory=source,
        live=True,
    )
    return version


def links(found: Any) -> set[tuple[str, str]]:
    return {(link.how, link.id) for link in found}


def test_an_answer_leads_to_what_it_shaped_and_back(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    again = Trajectory.objects.get(run=asked(client, SAME))
    version = add_version(source)
    row = RouterOutcome.objects.filter(trajectory=source).latest("pk")
    snapshot = add_snapshot(row.pk, row.pk)
    entry = CacheEntry.objects.get()
    assert links(lineage_of(source).shaped) == {
        ("a source of", str(version.pk)),
        ("an exemplar of", str(version.exemplars.get().pk)),
        ("cached as", str(entry.pk)),
        ("given again as", str(again.pk)),
        ("taught", str(snapshot.pk)),
    }
    assert ("the answer of", str(source.pk)) in links(lineage_of(again).shaped_by)
    again.kernel_version = version.pk
    assert ("which was compiled from", str(source.pk)) in links(lineage_of(again).shaped_by)


def test_a_snapshot_that_never_saw_it_is_not_among_them(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    last = RouterOutcome.objects.latest("pk").pk
    add_snapshot(last + 1, last + 9)
    assert not any(link.kind == "snapshot" for link in lineage_of(source).shaped)


def test_retracting_retires_flags_and_forgets(client: Client, backend: ScriptedBackend) -> None:
    source = searched(client, backend)
    again = asked(client, SAME)
    version, row = add_version(source), RouterOutcome.objects.latest("pk")
    snapshot = add_snapshot(row.pk, row.pk)
    found = retract_trajectory(trajectory=source, reason="It was made up.")
    assert found.effects["trajectories"] == 2
    assert found.effects["cache_entries_ended"] == found.effects["exemplars_deleted"] == 1
    entry = CacheEntry.objects.get()
    assert (entry.state, "made up" in entry.ended_because) == ("ended", True)
    assert not Exemplar.objects.filter(trajectory=source).exists()
    assert not RouterOutcome.objects.filter(trajectory=source).exists()
    assert not StepExample.objects.filter(trajectory=source).exists()
    version.refresh_from_db()
    snapshot.refresh_from_db()
    assert "made up" in version.flag
    assert "made up" in snapshot.flag
    assert Trajectory.objects.get(run=again).retracted_at is not None
    assert route(client, FIRST) == route(client, SAME) == "search"


def test_an_answer_that_repeats_a_retracted_one_says_so(
    client: Client, app: Browser, root: Browser, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    again = Trajectory.objects.get(run=asked(client, SAME))
    kept = Trajectory.objects.create(
        client=client, prompt="Another.", plain=True, route="generation", duration_ms=1
    )
    assert app.get(f"/api/runs/{again.run_id}/lineage").json()["retracted"] is None
    retract_trajectory(trajectory=source, reason="It was made up.")
    told = app.get(f"/api/runs/{again.run_id}/lineage").json()["retracted"]
    assert (told["reason"], told["trajectory"]) == ("It was made up.", str(source.pk))
    page = root.get(reverse("admin:trajectories_trajectory_change", args=[again.pk]))
    shown = page.content.decode()
    assert "It was made up." in shown
    assert f"with the answer that it repeats, {source.pk}" in shown
    rows = root.get(
        reverse("admin:trajectories_trajectory_changelist") + "?retracted_at__isempty=0"
    )
    listed = rows.content.decode()
    assert str(again.pk) in listed
    assert str(source.pk) in listed
    assert str(kept.pk) not in listed


def test_nothing_more_is_learned_from_what_was_retracted(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    retract_trajectory(trajectory=source, reason="It was made up.")
    with pytest.raises(Retracted):
        record_feedback(client=client, run_id=source.answered_run.pk, verdict="correct")
    assert not RouterOutcome.objects.filter(trajectory=source).exists()


def test_a_flagged_net_is_fitted_again_without_new_rows_once() -> None:
    with pytest.raises(NotDue):
        require_due("policy", RouterOutcome, 25)
    snapshot = add_snapshot(1, 9)
    Snapshot.objects.update(flagged_at=snapshot.created_at)
    require_due("policy", RouterOutcome, 25)
    Snapshot.objects.filter(pk=snapshot.pk).update(state="retired")
    with pytest.raises(NotDue):
        require_due("policy", RouterOutcome, 25)


def test_it_is_said_once_and_with_a_reason(client: Client, backend: ScriptedBackend) -> None:
    source = searched(client, backend)
    with pytest.raises(NoReason):
        retract_trajectory(trajectory=source, reason=" ")
    assert not Retraction.objects.exists()
    retract_trajectory(trajectory=source, reason="wrong")
    with pytest.raises(AlreadyRetracted):
        retract_trajectory(trajectory=source, reason="wrong")


def test_both_are_served_over_http_to_their_client_alone(
    client: Client, app: Browser, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    path = f"/api/runs/{source.run_id}"
    found = app.get(f"{path}/lineage").json()
    assert [link["kind"] for link in found["shaped"]] == ["cache entry"]
    assert found["retracted"] is None
    body = json.dumps({"reason": "wrong"})
    made = app.post(f"{path}/retract", data=body, content_type="application/json")
    assert (made.status_code, made.json()["effects"]["trajectories"]) == (201, 1)
    assert app.get(f"{path}/lineage").json()["retracted"]["reason"] == "wrong"
    again = app.post(f"{path}/retract", data=body, content_type="application/json")
    assert again.status_code == 409
    empty = app.post(f"{path}/retract", data='{"reason": " "}', content_type="application/json")
    assert empty.status_code == 400
    assert Browser().get(f"{path}/lineage").status_code == 401


def skilled(client: Client) -> tuple[Skill, Trajectory]:
    """An agent's second trajectory by a skill, better than its first."""
    skill = Skill.objects.create(
        client=client, name="deploy", digest="d" * 64, intent="Deploys.", text="", source_path="x"
    )
    turn(session(client), "Deploy the shop.", skill="deploy", build_succeeded=False)
    score_due()
    good = turn(session(client, "s2"), "Ship it.", skill="deploy", build_succeeded=True)
    score_due()
    good.refresh_from_db()
    assert (good.advantage or 0) > 0
    return skill, good


def test_an_agents_trajectory_leads_to_its_skill_and_what_its_reward_counts_in(
    client: Client, root: Browser
) -> None:
    skill, good = skilled(client)
    found = lineage_of(good)
    weight, baseline = Weight.objects.get(), DomainBaseline.objects.get()
    assert links(found.shaped_by) == {("done by", str(skill.pk))}
    assert links(found.shaped) == {
        ("a trigger of", str(skill.pk)),
        ("counted in", str(baseline.pk)),
        ("moved", str(weight.pk)),
    }
    page = root.get(reverse("admin:trajectories_trajectory_change", args=[good.pk]))
    assert str(weight) in page.content.decode()


def test_retracting_an_agents_trajectory_undoes_what_its_skill_has_of_it(client: Client) -> None:
    _, good = skilled(client)
    record = add_shadow(client=client, regex="deploy", vector="deploy", trajectory=good)
    figures = shadow_figures(client)
    assert figures.lift.regex_count == 1
    first = Trajectory.objects.exclude(pk=good.pk).get()
    found = retract_trajectory(trajectory=good, reason="It was the wrong shop.")
    assert found.effects["skill_weights_amended"] == ["deploy"]
    assert found.effects["skill_triggers_deleted"] == 1
    weight = Weight.objects.get()
    assert weight.value == pytest.approx(after(after(1.0, first.reward or 0), NEUTRAL))
    good.refresh_from_db()
    assert links(lineage_of(good).shaped) == set()
    assert record.trajectory == good
    assert shadow_figures(client).lift.regex_count == 0


def test_an_adapter_is_flagged_and_a_waiting_fine_tuning_ended_with_what_they_learned_from(
    client: Client, root: Browser
) -> None:
    source, other = (recorded(client, chat(text), generated({})) for text in ("one", "other"))
    adapters = []
    for number, own in enumerate((source, other)):
        run = add_run(client, seed=number)
        LoraRun.objects.filter(pk=run.pk).update(
            sources=[str(own.pk)], state="done", artifact="a", digest="a" * 64
        )
        adapters.append(register_adapter(run=run))
    waiting = add_run(client, seed=2)
    LoraRun.objects.filter(pk=waiting.pk).update(sources=[str(other.pk), str(source.pk)])
    Trajectory.objects.filter(pk=other.pk).update(adapter=adapters[0].name)
    other.refresh_from_db()
    assert ("written by", str(adapters[0].pk)) in links(lineage_of(other).shaped_by)
    assert ("which was trained on", str(source.pk)) in links(lineage_of(other).shaped_by)
    assert ("trained", str(adapters[0].pk)) in links(lineage_of(source).shaped)
    page = reverse("admin:trajectories_trajectory_change", args=[other.pk])
    assert adapters[0].name in root.get(page).content.decode()

    found = retract_trajectory(trajectory=source, reason="it was private")
    assert found.effects["adapters_flagged"] == [adapters[0].pk]
    assert found.effects["trainings_cancelled"] == [str(waiting.pk)]
    for adapter in adapters:
        adapter.refresh_from_db()
    assert "it was private" in adapters[0].flag
    assert adapters[1].flag == ""
    waiting.refresh_from_db()
    assert waiting.state == LoraRun.State.CANCELLED
