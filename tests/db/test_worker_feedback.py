"""What people say of answers and of steps, and where a net and a verifier disagree."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from kernels.encoder import encoder_digest
from tests.db.admin_browser import change, changelist, root, text, viewer
from tests.db.net_rows import BAD, GOOD, add_steps, embed_words
from tests.kernel_rows import add_trajectory
from training.feedback.deltas import BOUND
from training.feedback.of_workers import record_feedback, worker_deltas
from training.labels.disagreement import AlreadyResolved, note_disagreement, resolve_review
from training.lessons.recording import (
    record_outcome,
    record_step_examples,
    score_answered_step,
    score_step,
)
from training.models import ReviewItem, RouterOutcome, Snapshot, StepExample, WorkerDelta
from training.nets.roster import UnknownWorker
from training.policy.choosing import PolicyChoice
from training.prm.step_labels import VerifiedLeaf, VerifierOutcome
from trajectories.models import Client, Trajectory

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db

CHOICE = PolicyChoice("math", {"math": 1.0}, 5, 10, False, 0.9)


@pytest.fixture
def trajectory() -> Trajectory:
    return add_trajectory(client=Client.objects.create(name="app"))


def outcome(trajectory: Trajectory | None = None, reward: float = 0.8) -> RouterOutcome:
    return record_outcome(
        query="math question",
        embedding=embed_words(["math question"])[0],
        choice=CHOICE,
        reward=reward,
        verified=True,
        depth=4,
        simulations=7,
        trajectory=trajectory,
    )


def test_an_outcome_is_stored_with_what_the_router_saw() -> None:
    row = RouterOutcome.objects.get(pk=outcome().pk)
    assert len(row.embedding) == 384
    assert len(row.scalars) == 14
    assert row.encoder_digest == encoder_digest()
    assert (row.worker, row.propensity, row.depth, row.simulations) == ("math", 0.9, 4, 7)
    assert row.learned_at is None


@pytest.mark.parametrize("reward", [-0.1, 1.1, float("nan")])
def test_a_reward_outside_its_range_is_not_stored(reward: float) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        outcome(reward=reward)


def test_the_database_takes_a_label_from_verifiers_and_people_alone() -> None:
    example = add_steps(1)[0]
    for fields in (
        {"label_source": "prm"},
        {"label": None},
        {"label_source": "human"},
        {"human_score": 0.5},
        {"label": 1.5},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            StepExample.objects.filter(pk=example.pk).update(**fields)


def test_a_search_trees_steps_are_stored_with_what_the_verifier_said() -> None:
    leaves = [VerifiedLeaf(("a", "b"), GOOD), VerifiedLeaf(("a", "c"), BAD)]
    record_step_examples(query="Q", worker="logic", leaves=leaves)
    rows = StepExample.objects.order_by("pk").values_list("steps_before", "step", "label")
    assert list(rows) == [([], "a", 0.5), (["a"], "b", 1.0), (["a"], "c", 0.0)]


def test_feedback_moves_deltas_at_once_and_they_stay() -> None:
    record_feedback(worker="math", suggested="code")
    found = record_feedback(worker="math", wrong_answer=True)
    assert found.adjusted(0.5, "math") == pytest.approx(0.42)
    assert worker_deltas().adjusted(0.5, "code") == pytest.approx(0.55)


def test_deltas_stay_within_their_bound() -> None:
    for _ in range(30):
        record_feedback(worker="math", wrong_answer=True)
    assert WorkerDelta.objects.get(worker="math").delta == -BOUND
    record_feedback(worker="math", rating=5)
    assert WorkerDelta.objects.get(worker="math").delta == pytest.approx(-BOUND + 0.02)


def test_the_last_word_on_an_answer_counts_once(trajectory: Trajectory) -> None:
    row = outcome(trajectory)
    for _ in range(3):
        record_feedback(worker="math", suggested="code", trajectory=trajectory)
    assert worker_deltas().values == {"math": pytest.approx(-0.03), "code": pytest.approx(0.05)}
    row.refresh_from_db()
    assert (row.reward, row.suggested_worker) == (0.0, "code")
    record_feedback(worker="math", rating=5, trajectory=trajectory)
    assert worker_deltas().values == {"math": pytest.approx(0.02), "code": pytest.approx(0)}
    row.refresh_from_db()
    assert (row.reward, row.suggested_worker) == (0.8, "")
    assert row.learned_at is None


def test_feedback_on_a_worker_that_is_not_there_changes_nothing(trajectory: Trajectory) -> None:
    outcome(trajectory)
    with pytest.raises(UnknownWorker):
        record_feedback(worker="math", suggested="alchemy", trajectory=trajectory)
    assert not WorkerDelta.objects.exists()


def test_a_step_without_a_label_can_be_scored_again_and_again() -> None:
    said: dict[str, Any] = {"query": "Q", "worker": "math", "step": "s", "steps_before": ["a"]}
    first = score_answered_step(**said, score=0.1)
    second = score_answered_step(**said, score=0.9)
    assert first.pk == second.pk
    assert StepExample.objects.get().target == 0.9
    with pytest.raises(ValueError, match="needs a score"):
        score_step(example=second, score=None)


def test_a_taken_back_score_leaves_the_verifiers_label() -> None:
    example = add_steps(1)[0]
    score_step(example=example, score=0.3)
    score_step(example=example, score=None)
    assert (example.target, example.label_source) == (1.0, "verifier")


def test_a_disagreement_beyond_the_margin_opens_one_review(trajectory: Trajectory) -> None:
    def note(scores: list[float], outcome: VerifierOutcome) -> ReviewItem | None:
        return note_disagreement(
            query="Q",
            worker="math",
            step_scores=scores,
            outcome=outcome,
            margin=0.5,
            trajectory=trajectory,
        )

    assert note([0.5, 0.5], BAD) is None  # just at the margin
    assert note([], BAD) is None
    item = note([0.9, 0.8], BAD)
    assert item is not None
    assert item.reason == (
        "the steps score 0.85 on average, and the answer failed with 0.00 (recomputed)"
    )
    assert note([0.9, 0.9], BAD) is None  # of the same answer
    assert not StepExample.objects.exists()


def test_a_review_is_resolved_once() -> None:
    item = note_disagreement(query="Q", worker="math", step_scores=[0.1], outcome=GOOD, margin=0.5)
    assert item is not None
    user = User.objects.create_user("ann")
    resolve_review(review=item, user=user, reason="The model is wrong.")
    item.refresh_from_db()
    assert (item.state, item.resolution, item.resolved_by) == (
        "resolved",
        "The model is wrong.",
        user,
    )
    with pytest.raises(AlreadyResolved):
        resolve_review(review=item, user=user, reason="Again.")


def test_an_operator_resolves_reviews_with_what_came_of_it(root: Browser) -> None:
    item = note_disagreement(
        query="Which?", worker="math", step_scores=[0.1], outcome=GOOD, margin=0.5
    )
    assert item is not None
    assert "the steps score 0.10" in text(root.get(changelist(ReviewItem)))
    post = {"action": "resolve_selected", "_selected_action": str(item.pk)}
    page = text(root.post(changelist(ReviewItem), post, follow=True))
    assert "No label changes" in page
    text(root.post(changelist(ReviewItem), {**post, "apply": "1", "reason": "Model."}, follow=True))
    item.refresh_from_db()
    assert (item.state, item.resolution) == ("resolved", "Model.")


def test_an_operator_scores_a_step_and_nothing_else_of_it(root: Browser) -> None:
    example = add_steps(1)[0]
    StepExample.objects.update(learned_at=example.created_at)
    for wrong in ("1.5", "-1", "nan", "much"):
        assert "errornote" in text(root.post(change(example), {"human_score": wrong}))
        assert StepExample.objects.get(pk=example.pk).human_score is None
    root.post(change(example), {"human_score": "0.25", "label": "0.9", "step": "other"})
    example.refresh_from_db()
    assert (example.human_score, example.label, example.label_source) == (0.25, 1.0, "human")
    assert example.step == "good begin 0"
    assert example.learned_at is None
    root.post(change(example), {"human_score": ""})
    example.refresh_from_db()
    assert (example.human_score, example.label_source) == (None, "verifier")


def test_who_may_only_look_scores_nothing(viewer: Browser) -> None:
    example = add_steps(1)[0]
    assert viewer.post(change(example), {"human_score": "0.25"}).status_code == 403
    assert "put_selected_into_service" not in text(viewer.get(changelist(Snapshot)))


def test_an_operator_moves_snapshots_in_and_out_of_service(root: Browser) -> None:
    rows = [
        Snapshot.objects.create(
            kind="prm",
            state=state,
            digest=state,
            encoder_digest="e",
            data_digest="d",
            file="prm/x.safetensors",
        )
        for state in ("live", "shadow", "rejected")
    ]

    def act(action: str, row: Snapshot) -> str:
        post = {"action": action, "_selected_action": str(row.pk)}
        return text(root.post(changelist(Snapshot), post, follow=True))

    def states() -> list[str]:
        return list(Snapshot.objects.order_by("pk").values_list("state", flat=True))

    act("put_selected_into_service", rows[1])
    assert states() == ["retired", "live", "rejected"]
    act("put_selected_into_service", rows[0])
    assert states() == ["live", "retired", "rejected"]
    assert "Only shadow and retired" in act("put_selected_into_service", rows[2])
    assert LogEntry.objects.filter(change_message="Put into service.").count() == 2
    act("take_selected_out_of_service", rows[0])
    assert states() == ["retired", "retired", "rejected"]
