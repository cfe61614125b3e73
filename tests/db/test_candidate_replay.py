"""What a worker finds out about a candidate: its gate, whose traffic, wins and losses, value."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from kernels.editing import NothingChanged, edit_contract
from kernels.library.first_calibration import fit_first_calibration
from kernels.library.loading import load_starters
from kernels.models import Calibration, CandidateReplay, Kernel, KernelVersion, ReviewAction
from kernels.registry import SameVersion
from kernels.replay_rows import ReplayUnderWay, due_replays, request_replay
from kernels.review import GatePending, ReasonMissing, approve_candidate
from kernels.undoing import undo
from tests.db.promotion_rows import (
    CONVERSION,
    CONVERSIONS,
    consider,
    conversions,
    remembers,
    tickets,
)
from tests.db.rows import successes
from trajectories.models import Client, Feedback, Trajectory
from workers.backends.completion import BackendUnavailable
from workers.backends.scripted import ScriptedBackend
from workers.candidate_replay import replay_candidate
from workers.replies import asker
from workers.retracting import retract_trajectory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def library(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The starter kernels and the first calibration, loaded once."""
    with django_db_blocker.unblock():
        load_starters()
        fit_first_calibration(0.10)
    yield
    with django_db_blocker.unblock():
        Kernel.objects.all().delete()
        Calibration.objects.all().delete()


@pytest.fixture
def candidate(client: Client) -> KernelVersion:
    """Of eight conversions; it computes its answers."""
    version = consider(successes(client, CONVERSIONS, response_format=CONVERSION)[0])
    assert version is not None
    assert version.state == "candidate"
    return version


def replayed(version: KernelVersion, backend: ScriptedBackend | None = None) -> dict[str, Any]:
    """The result of the replay that waits."""
    waiting = version.replays.get(state="queued")
    assert replay_candidate(replay_id=waiting.pk, ask=asker(backend or ScriptedBackend()))
    waiting.refresh_from_db()
    assert waiting.state == "done"
    version.refresh_from_db()
    return dict(waiting.result)


def test_a_new_candidate_waits_for_its_replay(candidate: KernelVersion) -> None:
    (waiting,) = candidate.replays.all()
    assert (waiting.state, waiting.asked_by) == ("queued", None)
    assert candidate.expected_value is None
    assert due_replays(now=timezone.now()) == [waiting.pk]
    assert due_replays(now=timezone.now()) == []
    assert due_replays(now=timezone.now() + timedelta(minutes=6)) == [waiting.pk]


def test_held_out_traffic_is_set_side_by_side(client: Client, candidate: KernelVersion) -> None:
    fine, wrong, other = successes(client, conversions(15, 25, 35), response_format=CONVERSION)
    Trajectory.objects.filter(pk=wrong.pk).update(
        verified=False, output={"value": 25, "unit": "m"}, output_text='{"value": 25, "unit": "m"}'
    )
    Trajectory.objects.filter(pk=other.pk).update(output={"value": 36000, "unit": "m"})
    found = replayed(candidate)["counterfactual"]
    verdicts = {row["prompt"]: row["verdict"] for row in found["rows"]}
    assert verdicts == {fine.prompt: "tie", wrong.prompt: "win", other.prompt: "loss"}
    assert found["verdicts"] == {"win": 1, "loss": 1, "tie": 1, "changed": 0, "left": 0}
    assert (found["tokens_before"], found["tokens_after"], found["priced"]) == (120, 0, 3)
    assert (found["written_before"], found["written_after"]) == (30, 0)
    (row,) = [row for row in found["rows"] if row["verdict"] == "win"]
    assert (row["before"]["value"], row["after"]["value"]) == (25, 25000)
    assert row["trajectory"] == str(wrong.pk)


def test_of_answers_that_nobody_judged_a_difference_is_no_loss(
    client: Client, candidate: KernelVersion
) -> None:
    one, denied = successes(client, conversions(15, 25), response_format=CONVERSION)
    wrong = {"value": 1, "unit": "m"}
    Trajectory.objects.filter(pk=one.pk).update(verified=None, output=wrong)
    Trajectory.objects.filter(pk=denied.pk).update(output=wrong)
    Feedback.objects.create(client=client, trajectory=denied, verdict="incorrect")
    found = replayed(candidate)["counterfactual"]
    assert {row["said"] for row in found["rows"]} == {"unchecked", "denied"}
    assert found["verdicts"]["changed"] == 2
    assert found["tried"] == 0


def test_what_is_retracted_is_shown_no_longer(client: Client, candidate: KernelVersion) -> None:
    kept, gone = successes(client, conversions(15, 25), response_format=CONVERSION)
    assert len(replayed(candidate)["counterfactual"]["rows"]) == 2
    found = retract_trajectory(trajectory=gone, reason="it was private")
    assert found.effects["replays_amended"] == 1
    (row,) = candidate.replays.get().result["counterfactual"]["rows"]
    assert row["trajectory"] == str(kept.pk)


def test_the_value_is_what_its_parts_say(client: Client, candidate: KernelVersion) -> None:
    successes(client, conversions(15, 25, 35, 45), response_format=CONVERSION)
    result = replayed(candidate)
    blast = result["blast"]
    # 12 requests of one kind in less than a day, all of 40 tokens that the kernel does not need
    assert (blast["looked_at"], blast["taken"], blast["a_day"]) == (12, 12, 12.0)
    assert blast["clients"] == {"app": 12}
    # 6 of 6 on its sources and 4 of 4 on traffic: (10 + 1) / (10 + 2)
    assert candidate.value["probability"] == pytest.approx(11 / 12)
    assert candidate.expected_value == pytest.approx(11 / 12 * 12 * 40)


def test_another_clients_traffic_is_not_its_own(client: Client, candidate: KernelVersion) -> None:
    other = Client.objects.create(name="other")
    successes(other, conversions(15, 25), response_format=CONVERSION)
    blast = replayed(candidate)["blast"]
    assert blast["looked_at"] == 8
    assert blast["clients"] == {"app": 8}


def test_it_says_what_live_kernels_would_lose(client: Client, candidate: KernelVersion) -> None:
    replayed(candidate)
    approve_candidate(version=candidate, user=None)
    edited = edited_of(candidate)
    blast = replayed(edited)["blast"]
    assert sum(blast["from"].values()) == blast["taken"] > 0
    assert candidate.kernel.name in blast["from"]


def test_neighbours_are_live_kernels_of_others(candidate: KernelVersion) -> None:
    near = replayed(candidate)["neighbours"]
    assert near
    assert all(-1 <= one["exemplars"] <= 1 for one in near if one["exemplars"] is not None)
    assert candidate.kernel.name not in {one["name"].split(" ")[0] for one in near}
    assert "convert-distance v1" in {one["name"] for one in near}


def test_a_model_server_that_fails_puts_the_replay_back(client: Client) -> None:
    family = tickets(client)
    version = consider(family[0], ScriptedBackend([remembers] * 60))
    assert version is not None
    waiting = version.replays.get()
    edited = edited_of(version, condition={"kind": "judge", "question": "Is it so?"})
    gate = edited.replays.get()
    with pytest.raises(BackendUnavailable):
        replay_candidate(replay_id=gate.pk, ask=asker(ScriptedBackend([BackendUnavailable()])))
    gate.refresh_from_db()
    assert (gate.state, gate.attempts) == ("queued", 1)
    assert gate.error
    assert waiting.pk != gate.pk


def test_a_replay_is_worked_on_once(candidate: KernelVersion) -> None:
    waiting = candidate.replays.get()
    with pytest.raises(ReplayUnderWay):
        request_replay(version=candidate)
    replayed(candidate)
    assert not replay_candidate(replay_id=waiting.pk, ask=asker(ScriptedBackend()))
    assert request_replay(version=candidate).state == "queued"


def test_a_candidate_that_was_never_replayed_gets_a_replay(candidate: KernelVersion) -> None:
    candidate.replays.all().delete()
    assert due_replays(now=timezone.now()) == [candidate.replays.get().pk]


def test_an_edited_contract_whose_examples_were_all_retracted_is_rejected(
    candidate: KernelVersion,
) -> None:
    edited = edited_of(candidate)
    edited.exemplars.all().delete()
    assert "no exemplar" in replayed(edited)["blast"]["nothing"]
    assert edited.state == "rejected"
    assert "all were retracted" in edited.decision_reason


def test_the_replay_of_a_dead_worker_is_taken_up_again(candidate: KernelVersion) -> None:
    hour_ago = timezone.now() - timedelta(hours=1)
    CandidateReplay.objects.update(state="running", attempts=1, seen_at=hour_ago)
    assert due_replays(now=timezone.now()) == [candidate.replays.get().pk]
    CandidateReplay.objects.update(state="running", attempts=5, seen_at=hour_ago)
    assert due_replays(now=timezone.now()) == []
    assert candidate.replays.get().state == "failed"


def edited_of(version: KernelVersion, **changed: Any) -> KernelVersion:
    """With one condition more."""
    condition = changed.get("condition", {"kind": "cel", "expression": "output.value > 0.0"})
    return edit_contract(
        version=version,
        preconditions=version.spec["preconditions"],
        postconditions=[*version.spec["postconditions"], condition],
        user=None,
        reason="safer",
    )


def test_an_edited_contract_is_a_new_candidate_of_the_same_descent(
    candidate: KernelVersion,
) -> None:
    spec = candidate.spec
    edited = edited_of(candidate)
    candidate.refresh_from_db()
    assert candidate.spec == spec
    assert (edited.number, edited.state, edited.edited_from) == (2, "candidate", candidate)
    assert set(edited.sources.all()) == set(candidate.sources.all())
    assert edited.exemplars.count() == candidate.exemplars.count()
    assert len(edited.spec["postconditions"]) == len(spec["postconditions"]) + 1
    (action,) = ReviewAction.objects.all()
    assert (action.action, action.version, action.reason) == ("edit", edited, "Of v1. safer")


def test_an_edited_contract_passes_the_gate_before_it_can_be_approved(
    candidate: KernelVersion,
) -> None:
    edited = edited_of(candidate)
    for override in (False, True):
        with pytest.raises(GatePending):
            approve_candidate(version=edited, user=None, reason="now", override=override)
    replayed(edited)
    assert edited.evidence["gate"]["passed"] is True
    assert edited.evidence["replay"]["agreed"] == 6
    assert edited.mutation_score == 1.0
    assert approve_candidate(version=edited, user=None).state == "live"


def test_an_edited_contract_that_refuses_its_sources_is_rejected(candidate: KernelVersion) -> None:
    strict = {"kind": "cel", "expression": "output.value > 5000.0"}
    edited = edited_of(candidate, condition=strict)
    replayed(edited)
    assert edited.state == "rejected"
    assert "source outputs accepted" in edited.decision_reason


def test_an_edit_that_changes_nothing_or_repeats_another_is_refused(
    candidate: KernelVersion,
) -> None:
    spec = candidate.spec
    with pytest.raises(NothingChanged):
        edit_contract(
            version=candidate,
            preconditions=spec["preconditions"],
            postconditions=spec["postconditions"],
            user=None,
            reason="so",
        )
    with pytest.raises(ReasonMissing):
        edit_contract(version=candidate, preconditions=[], postconditions=[], user=None, reason=" ")
    edited_of(candidate)
    with pytest.raises(SameVersion):
        edited_of(candidate)


def test_an_edit_taken_back_leaves_no_candidate(candidate: KernelVersion) -> None:
    edited = edited_of(candidate)
    undo(action=ReviewAction.objects.get(), user=None)
    edited.refresh_from_db()
    assert edited.state == "rejected"
    assert edited_of(candidate).number == 3
