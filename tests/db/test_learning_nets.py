"""A round of learning: what it needs, what goes live, and that it loses nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.db.net_rows import (
    EFFORTS,
    EXAMPLES,
    LIMITS,
    MISLEADING,
    add_outcomes,
    add_steps,
    vectors,
)
from training import learning_round, online
from training.learning_round import LiveUnreadable, NotDue, RoundLimits, TooFewRows
from training.lessons.recording import score_step
from training.models import RouterOutcome, Snapshot, StepExample
from training.nets.fitting import NotFinite
from training.nets.roster import WORKERS
from training.not_fitted import BeingFitted
from training.online import learn_policy, learn_prm
from training.policy.material import gather_outcomes
from training.prm.material import gather_steps
from training.routing.recalibration import NothingNew
from training.splits import is_held_out
from workers import nets as worker_nets
from workers.tasks.learning import learn_net
from workers.turns import turn

pytestmark = pytest.mark.django_db


def policy(limits: RoundLimits = LIMITS, examples: Any = MISLEADING) -> Snapshot:
    return learn_policy(examples=examples, efforts=EFFORTS, limits=limits, vectors=vectors())


def prm(limits: RoundLimits = LIMITS) -> Snapshot:
    return learn_prm(limits=limits, vectors=vectors())


def states(kind: str = "policy") -> list[str]:
    return list(Snapshot.objects.filter(kind=kind).order_by("pk").values_list("state", flat=True))


def test_a_router_that_chooses_better_than_misleading_examples_goes_live() -> None:
    add_outcomes(150)
    made = policy()
    assert made.state == "live"
    assert made.metrics["gain_bound"] > 0
    assert made.metrics["challenger_accuracy"] > 0.9 > made.metrics["live_accuracy"]
    assert made.metadata["workers"] == list(WORKERS)
    assert made.metadata["seed"] == 0
    assert made.metadata["config"]["window"] == 32
    assert made.digest in str(made.file.name)


def test_a_router_that_only_ties_with_the_start_does_not_go_live() -> None:
    add_outcomes(150)
    made = policy(examples=EXAMPLES)
    assert made.metrics["live"] == made.metrics["challenger"]
    assert made.state == "rejected"
    assert "does not choose better" in made.reason


def test_a_router_that_only_ties_with_the_live_one_does_not_go_live() -> None:
    add_outcomes(150)
    first = policy()
    add_outcomes(60, 150)
    second = policy()
    assert states() == ["live", "rejected"]
    assert second.parent == first
    assert second.metadata["parent"] == first.digest


def test_a_reward_model_must_beat_step_length_first() -> None:
    add_steps(60)
    made = prm()
    assert made.state == "live"
    assert made.metrics["against"] == "step length"
    assert made.metrics["auroc"] > 0.9
    assert made.metrics["auroc"] > made.metrics["length_auroc"]


def test_a_reward_model_that_learned_nothing_does_not_go_live() -> None:
    add_steps(60)
    for number, example in enumerate(StepExample.objects.all()):
        score_step(example=example, score=float(number // 4 % 2))  # of every second query
    StepExample.objects.update(step="good same")
    assert prm().state == "rejected"


def test_no_query_is_on_both_sides() -> None:
    add_outcomes(200)
    add_steps(80)
    outcomes = gather_outcomes(EXAMPLES, EFFORTS, vectors(), 5000)
    assert len(outcomes.held) + len(outcomes.lessons) == 200
    assert all(is_held_out(digest) for digest in outcomes.held.queries)
    taught = RouterOutcome.objects.exclude(query_digest__in=outcomes.held.queries)
    assert len(outcomes.lessons) == taught.count()
    steps = gather_steps(vectors(), 5000)
    assert len(steps.taught) + len(steps.held.labels) == 80 * 4
    held = set(steps.held.queries)
    assert len(steps.taught) == StepExample.objects.exclude(query_digest__in=held).count()
    assert 0.1 < len(held) / 80 < 0.4


def test_an_example_prompt_is_never_compared_on() -> None:
    add_outcomes(200)
    asked = {worker: [f"{worker} query {n}" for n in range(200)] for worker in WORKERS}
    assert not len(gather_outcomes(asked, EFFORTS, vectors(), 5000).held)


def test_a_confirmed_worker_is_a_lesson_although_its_answer_failed() -> None:
    add_outcomes(24, reward=0.0, said=False)
    before = gather_outcomes(EXAMPLES, EFFORTS, vectors(), 100)
    assert not before.lessons.told.any()
    assert not before.lessons.rewards.any()
    RouterOutcome.objects.update(right_worker=True)
    found = gather_outcomes(EXAMPLES, EFFORTS, vectors(), 100)
    assert found.digest != before.digest
    assert (found.lessons.workers == before.lessons.workers).all()
    assert found.lessons.told.all()
    assert (found.lessons.rewards == 1).all()
    assert np.isnan(found.lessons.depths).all()  # the effort of a failed answer
    assert (found.held.suggested == found.held.chosen).all()
    RouterOutcome.objects.update(reward=0.5)
    assert (gather_outcomes(EXAMPLES, EFFORTS, vectors(), 100).lessons.depths == 4).all()


def test_a_round_waits_for_enough_new_rows() -> None:
    add_outcomes(150)
    policy()
    add_outcomes(24, 150)
    with pytest.raises(NotDue, match="24 new router outcomes; 25 are needed"):
        policy()
    add_outcomes(1, 174)
    assert policy().pk


def test_what_a_person_changes_counts_as_new() -> None:
    examples = add_steps(60)
    prm()
    assert not StepExample.objects.filter(learned_at=None).exists()
    score_step(example=examples[0], score=0.25)
    assert StepExample.objects.get(learned_at=None).target == 0.25


def test_a_persons_score_overrides_the_verifiers_label() -> None:
    example = add_steps(1)[0]
    assert example.target == 1.0
    score_step(example=example, score=0.2)
    example.refresh_from_db()
    assert (example.label, example.target, example.label_source) == (1.0, 0.2, "human")


def test_too_few_rows_to_fit_on_are_said() -> None:
    add_outcomes(30)
    with pytest.raises(TooFewRows, match="30 are needed"):
        policy()


def test_what_cannot_be_compared_yet_is_a_candidate_until_a_later_one_overtakes_it() -> None:
    add_outcomes(60)
    few = replace(LIMITS, min_held_out=1000)
    first = policy(few)
    assert first.state == "candidate"
    assert first.metrics["needed"] == 1000
    add_outcomes(90, 60)
    assert policy().state == "live"
    first.refresh_from_db()
    assert first.state == "rejected"
    assert "overtook" in first.reason


def test_a_winner_can_be_made_to_wait_in_shadow() -> None:
    add_outcomes(150)
    assert policy(replace(LIMITS, go_live=False)).state == "shadow"
    assert not Snapshot.objects.filter(state="live").exists()


def test_the_same_rows_make_the_same_net_and_only_once() -> None:
    add_outcomes(150)
    first = policy()
    RouterOutcome.objects.update(learned_at=None)
    with pytest.raises(NothingNew):
        policy()
    Snapshot.objects.all().delete()
    RouterOutcome.objects.update(learned_at=None)
    assert policy().digest == first.digest


def test_a_round_that_dies_before_it_ends_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    add_outcomes(150)

    def die(self: learning_round.Seen) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(learning_round.Seen, "mark_learned", die)
        with pytest.raises(KeyboardInterrupt):
            policy()
    assert not Snapshot.objects.exists()
    assert RouterOutcome.objects.filter(learned_at=None).count() == 150
    assert policy().state == "live"


def test_a_fit_that_fails_is_loud_and_keeps_the_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_outcomes(150)

    def diverge(*_: Any) -> None:
        raise NotFinite("The loss is nan.")

    monkeypatch.setattr(online, "fit_policy", diverge)
    with pytest.raises(NotFinite):
        learn_net("policy")
    assert RouterOutcome.objects.filter(learned_at=None).count() == 150


def test_a_live_net_whose_file_is_gone_gives_way_and_learning_goes_on() -> None:
    add_outcomes(150)
    first = policy()
    first.file.storage.delete(str(first.file.name))
    add_outcomes(60, 150)
    assert policy().state == "live"
    first.refresh_from_db()
    assert (first.state, first.reason) == ("rejected", "it cannot be used: its file is gone")


def test_what_was_lost_is_fitted_again_on_the_very_rows() -> None:
    add_outcomes(150)
    first = policy()
    first.file.storage.delete(str(first.file.name))
    assert learning_round.live_net("policy") == (None, None)
    RouterOutcome.objects.update(learned_at=None)
    assert policy().digest == first.digest


def test_a_storage_that_is_away_is_said_and_keeps_what_is_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_outcomes(150)
    policy()

    def away(*_: Any, **__: Any) -> Any:
        raise PermissionError("not today")

    monkeypatch.setattr(learning_round, "read_snapshot", away)
    with pytest.raises(LiveUnreadable, match="not today"):
        learning_round.live_net("policy")
    assert states() == ["live"]


def test_only_one_learner_writes_at_a_time() -> None:
    """Advisory locks belong to a connection: the other learner needs its own."""

    def elsewhere() -> str:
        try:
            worker_nets.learn("policy")
        except BeingFitted:
            return "being fitted"
        finally:
            connection.close()
        return "fitted"

    with turn("fit the nets") as mine, ThreadPoolExecutor(1) as pool:
        assert mine
        assert pool.submit(elsewhere).result(timeout=60) == "being fitted"


def test_the_task_learns_both_nets_and_is_safe_to_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_nets, "EXAMPLES", MISLEADING)
    monkeypatch.setattr(worker_nets, "_vectors", vectors)
    add_outcomes(150)
    add_steps(60)
    for kind in ("policy", "prm", "policy", "prm"):
        learn_net(kind)
    assert states() == ["live"]
    assert states("prm") == ["live"]


def test_the_command_shows_what_came_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker_nets, "EXAMPLES", MISLEADING)
    monkeypatch.setattr(worker_nets, "_vectors", vectors)
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(CommandError, match="No net was fitted"):
        call_command("learn")
    assert "0 new router outcomes; 25 are needed" in capsys.readouterr().out
    add_outcomes(150)
    add_steps(60)
    call_command("learn", "--only", "policy", "--json")
    assert json.loads(capsys.readouterr().out)["policy"]["state"] == "live"
    call_command("learn", "--only", "prm")
    shown = capsys.readouterr().out
    assert "auroc" in shown
    assert "live" in shown
