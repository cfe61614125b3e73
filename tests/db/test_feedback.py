"""What follows from a verdict."""

from uuid import uuid4

import pytest

from kernels.library.reading import starters
from kernels.models import Exemplar, KernelVersion
from kernels.registry import Sample, propose_version
from kernels.routing import version_facts
from tests.db.rows import chat, generated, queued_run, recorded
from trajectories.models import Client, Feedback, Trajectory
from workers.feedback import RunNotFinished, RunNotFound, record_feedback
from workers.scoring import reward_of
from workers.tasks.scoring import score_due

pytestmark = pytest.mark.django_db

HELLO = chat("Say hello")


@pytest.fixture
def trajectory(client: Client) -> Trajectory:
    return recorded(client, HELLO, generated({"word": "hello"}))


def version(*samples: Sample) -> KernelVersion:
    return propose_version(
        spec=starters()[0].spec,
        samples=samples,
        client=None,
        confidence=0.7,
        evidence={},
        state=KernelVersion.State.LIVE,
    )


def judge(trajectory: Trajectory, verdict: str = "", rating: int | None = None) -> Feedback:
    feedback = record_feedback(
        client=trajectory.client, run_id=trajectory.answered_run.pk, verdict=verdict, rating=rating
    )
    assert feedback is not None
    return feedback


@pytest.mark.parametrize(("verdict", "rating"), [("incorrect", None), ("", 1), ("", 2)])
def test_a_negative_verdict_removes_its_examples(
    trajectory: Trajectory, verdict: str, rating: int | None
) -> None:
    version(Sample("Say hello", {}, trajectory.pk), Sample("Say goodbye", {}))
    judge(trajectory, verdict, rating)
    assert [exemplar.prompt for exemplar in Exemplar.objects.all()] == ["Say goodbye"]


def test_a_positive_verdict_removes_nothing(trajectory: Trajectory) -> None:
    version(Sample("Say hello", {}, trajectory.pk))
    judge(trajectory, "correct", 5)
    assert Exemplar.objects.count() == 1


def test_a_negative_verdict_on_a_kernel_counts_once(client: Client) -> None:
    facts = version_facts(version().pk)
    served = recorded(client, HELLO, generated({}, route="kernel", kernel=facts))
    judge(served, "incorrect")
    judge(served, "incorrect")
    found = KernelVersion.objects.get(pk=facts.version_id)
    assert (found.passes, found.failures) == (1, 1)  # it had passed its contract
    assert found.confidence < 0.7
    assert Feedback.objects.count() == 2


def test_praise_counts_for_a_kernel_once(client: Client) -> None:
    facts = version_facts(version().pk)
    computed = generated({}, route="kernel", kernel=facts, proven=False)
    served = recorded(client, HELLO, computed)
    assert KernelVersion.objects.get(pk=facts.version_id).passes == 0  # it could not have failed
    judge(served, "correct")
    judge(served, "correct")
    found = KernelVersion.objects.get(pk=facts.version_id)
    assert (found.passes, found.failures) == (1, 0)


@pytest.mark.parametrize("words", [["correct", "incorrect"], ["incorrect", "correct"]])
def test_a_changed_mind_counts_once_for_a_kernel(client: Client, words: list[str]) -> None:
    facts = version_facts(version().pk)
    served = recorded(client, HELLO, generated({}, route="kernel", kernel=facts, proven=False))
    for word in [*words, *words]:
        judge(served, word)
    found = KernelVersion.objects.get(pk=facts.version_id)
    liked = words[-1] == "correct"
    assert (found.passes, found.failures) == (int(liked), int(not liked))
    assert (found.confidence > 0.7) == liked


def test_praise_after_all_brings_no_examples_back(trajectory: Trajectory) -> None:
    version(Sample("Say hello", {}, trajectory.pk))
    judge(trajectory, "incorrect")
    judge(trajectory, "correct")
    assert not Exemplar.objects.exists()


def test_a_later_verdict_moves_the_reward(trajectory: Trajectory) -> None:
    before = reward_of(trajectory).total
    judge(trajectory, "correct")
    liked = reward_of(trajectory).total
    judge(trajectory, "incorrect")
    assert reward_of(trajectory).total < before < liked


def test_scoring_twice_gives_the_same(trajectory: Trajectory) -> None:
    score_due()
    trajectory.refresh_from_db()
    first = trajectory.reward
    Trajectory.objects.update(scored_at=None)
    score_due()
    trajectory.refresh_from_db()
    assert trajectory.reward == first
    assert trajectory.reward_parts is not None
    assert trajectory.reward_parts["total"] == first
    assert trajectory.scored_at is not None


def test_a_verdict_makes_the_reward_due_again(trajectory: Trajectory) -> None:
    score_due()
    judge(trajectory, "correct")
    trajectory.refresh_from_db()
    assert trajectory.scored_at is None  # until the task, or the sweep, has computed it


def test_an_unknown_run_has_no_feedback(client: Client) -> None:
    with pytest.raises(RunNotFound):
        record_feedback(client=client, run_id=uuid4(), verdict="correct")


def test_the_run_of_another_client_has_no_feedback(trajectory: Trajectory) -> None:
    stranger = Client.objects.create(name="stranger")
    with pytest.raises(RunNotFound):
        record_feedback(client=stranger, run_id=trajectory.answered_run.pk, verdict="incorrect")
    assert not Feedback.objects.exists()


def test_a_run_without_an_answer_has_no_feedback(client: Client) -> None:
    with pytest.raises(RunNotFinished):
        record_feedback(client=client, run_id=queued_run(client, HELLO).pk, verdict="correct")


def test_a_rating_in_the_middle_says_nothing(client: Client) -> None:
    facts = version_facts(version().pk)
    computed = generated({}, route="kernel", kernel=facts, proven=False)
    served = recorded(client, HELLO, computed)
    for rating, record in ((3, (0, 0)), (5, (1, 0)), (3, (0, 0)), (1, (0, 1)), (3, (0, 0))):
        judge(served, rating=rating)
        found = KernelVersion.objects.get(pk=facts.version_id)
        assert (found.passes, found.failures) == record
