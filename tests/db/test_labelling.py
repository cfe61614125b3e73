"""The labelling queue: who is put on it, what people say there, and what is learned from it."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from kernels.encoder import encoder_digest
from tests.db.admin_browser import change, changelist, root, text, viewer
from tests.db.net_rows import embed_words
from tests.kernel_rows import add_trajectory
from tests.learning_rows import add_search_row
from training.feedback.of_workers import worker_deltas
from training.labels.candidates import RECENT_DAYS, unlabelled
from training.labels.queue import (
    AlreadyLabelled,
    fill_queue,
    label_steps,
    label_worker,
    skip_item,
    top_up_queue,
)
from training.labels.queue_admin import LabelItemAdmin
from training.labels.selection import By
from training.lessons.recording import record_outcome
from training.models import LabelItem, RouterOutcome, StepExample
from training.nets.roster import UnknownWorker
from training.policy.choosing import PolicyChoice
from trajectories.models import Client, SearchRecord, Trajectory
from workers.tasks.learning import fill_label_queue

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann")


def add_search(client: Client, prompt: str = "math question", **fields: Any) -> Trajectory:
    trajectory = add_trajectory(client=client, prompt=prompt)
    trajectory.embedding = embed_words([prompt])[0]
    trajectory.encoder_digest = encoder_digest()
    trajectory.save()
    add_search_row(trajectory=trajectory, **fields)
    record_outcome(
        query=prompt,
        embedding=trajectory.embedding,
        choice=PolicyChoice("math", {"math": 1.0}, 5, 10, False, 0.9),
        reward=0.8,
        verified=True,
        trajectory=trajectory,
    )
    return trajectory


def add_item(client: Client, label: str = "worker", **fields: Any) -> LabelItem:
    trajectory = add_search(client, **fields)
    return LabelItem.objects.create(
        trajectory=trajectory, label=label, picked_by="mix", reason="because"
    )


def test_a_search_becomes_a_value_to_choose_from(client: Client) -> None:
    add_search(client, outcome="failed")
    (item,) = unlabelled()
    assert item.wants == {"worker", "steps"}
    assert item.margin == pytest.approx(0.5)
    assert (item.step_scores, item.verified) == ((0.9, 0.7), 0.0)
    assert 0 < item.complexity < 1


def test_what_nobody_scored_and_nobody_routed_says_nothing(client: Client) -> None:
    add_search(client, scored=False, probabilities={"math": 1.0}, outcome="unverified")
    (item,) = unlabelled()
    assert (item.step_scores, item.margin, item.verified) == ((), None, None)


def test_what_people_said_already_is_not_asked(client: Client) -> None:
    first, second = add_search(client), add_search(client, "code question")
    RouterOutcome.objects.filter(trajectory=first).update(right_worker=True)
    LabelItem.objects.create(trajectory=second, label="steps", picked_by="mix", reason="r")
    wants = {item.key: item.wants for item in unlabelled()}
    assert wants == {str(first.pk): {"steps"}, str(second.pk): {"worker"}}
    SearchRecord.objects.update(worker="poetry")  # unknown to the nets
    assert unlabelled() == []


def test_the_queue_is_filled_and_never_twice_with_the_same(client: Client) -> None:
    for word in ("math", "code", "logic"):
        add_search(client, f"{word} question")
    first = fill_queue(by="mix", count=2)
    assert len(first) == 2
    again = fill_queue(by="complexity", count=10)
    asked = [(item.trajectory_id, item.label) for item in (*first, *again)]
    assert len(asked) == len(set(asked)) == LabelItem.objects.count()


@pytest.mark.parametrize("by", ["uncertainty", "diversity", "error", "complexity", "mix"])
def test_one_question_is_asked_once_however_often_it_was_searched_for(
    client: Client, by: By
) -> None:
    for prompt in ("What is a code?", "what is  a code?", "What is a code?", "Why is math hard?"):
        add_search(client, prompt, probabilities={"math": 0.5, "code": 0.4})
    prompts = [item.trajectory.prompt.lower() for item in fill_queue(by=by, count=4)]
    assert len(prompts) == 2
    assert "why is math hard?" in prompts
    assert fill_queue(by=by, count=4) == []


def test_questions_of_one_digest_are_one(client: Client) -> None:
    for prompt in ("How do I fix it?", "How do I repair it?"):
        trajectory = add_search(client, prompt)
        Trajectory.objects.filter(pk=trajectory.pk).update(question_digest="d")
    assert len(fill_queue(by="mix", count=4)) == 1


def test_another_clients_same_question_is_not_asked_either(client: Client) -> None:
    add_search(client)
    add_search(Client.objects.create(name="other"))
    assert len(fill_queue(by="mix", count=4)) == 1


def test_what_was_labelled_long_ago_may_be_asked_again(client: Client) -> None:
    item, _ = add_item(client), add_search(client)
    for state in ("open", "done", "skipped"):
        closed = None if state == "open" else timezone.now()
        LabelItem.objects.update(state=state, labelled_at=closed)
        assert fill_queue(by="mix", count=4) == []
    LabelItem.objects.update(labelled_at=timezone.now() - timedelta(days=RECENT_DAYS + 1))
    assert len(fill_queue(by="mix", count=4)) == 1
    assert LabelItem.objects.count() == 2
    assert item.state == "open"


def test_the_clock_fills_the_queue_up_to_its_size(client: Client, settings: Settings) -> None:
    settings.KW_LABEL_QUEUE = 2
    for word in ("math", "code", "logic", "creative"):
        add_search(client, f"{word} question")
    fill_label_queue()
    fill_label_queue()
    assert LabelItem.objects.count() == 2
    LabelItem.objects.filter(pk=LabelItem.objects.latest("pk").pk).update(state="done")
    assert len(top_up_queue(size=2)) == 1
    assert top_up_queue(size=0) == []


def test_another_worker_is_the_routers_lesson(client: Client, user: User) -> None:
    item = add_item(client)
    label_worker(item=item, worker="logic", user=user)
    outcome = RouterOutcome.objects.get()
    assert (outcome.suggested_worker, outcome.right_worker, outcome.reward) == ("logic", False, 0.0)
    assert worker_deltas().values == {"math": pytest.approx(-0.03), "logic": pytest.approx(0.05)}
    item.refresh_from_db()
    assert (item.state, item.labelled_by) == ("done", user)
    with pytest.raises(AlreadyLabelled):
        label_worker(item=item, worker="code", user=user)
    assert RouterOutcome.objects.get().suggested_worker == "logic"


def test_the_same_worker_is_confirmed(client: Client, user: User) -> None:
    label_worker(item=add_item(client), worker="math", user=user)
    outcome = RouterOutcome.objects.get()
    assert (outcome.named_worker, outcome.suggested_worker, outcome.reward) == ("math", "", 0.8)


def test_an_unknown_worker_leaves_the_item_open(client: Client, user: User) -> None:
    item = add_item(client)
    with pytest.raises(UnknownWorker):
        label_worker(item=item, worker="alchemy", user=user)
    item.refresh_from_db()
    assert item.state == "open"


def test_scored_steps_are_examples_with_a_human_score(client: Client, user: User) -> None:
    item = add_item(client, "steps")
    with pytest.raises(ValueError, match="at least one"):
        label_steps(item=item, scores={}, user=user)
    label_steps(item=item, scores={2: 0.0}, user=user)
    example = StepExample.objects.get()
    assert (example.step, example.steps_before) == ("Answer: 42", ["17 + 25 = 42"])
    assert (example.human_score, example.label_source) == (0.0, "human")


def test_a_skipped_item_is_not_asked_again(client: Client, user: User) -> None:
    item = add_item(client)
    skip_item(item=item, user=user)
    with pytest.raises(AlreadyLabelled):
        skip_item(item=item, user=user)
    assert [one.wants for one in unlabelled()] == [{"steps"}]


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("label_batch", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_adds_a_batch(client: Client) -> None:
    assert "No searched answer" in run_command()
    for word in ("math", "code", "logic"):
        add_search(client, f"{word} question")
    added = json.loads(run_command("--by", "diversity", "--count", "2", "--json"))["added"]
    assert [one["by"] for one in added] == ["diversity"] * 2
    for wrong in (["--count", "0"], ["--by", "luck"]):
        with pytest.raises(CommandError):
            run_command(*wrong)


def test_an_operator_names_the_right_worker_and_gets_the_next_item(
    root: Browser, client: Client
) -> None:
    item, following = add_item(client), add_item(client, "steps", prompt="Why <b>so</b>?")
    page = text(root.get(change(item)))
    for words in ("17 + 25 = 42", "because", "id_right_worker"):
        assert words in page
    assert "errornote" in text(root.post(change(item), {"right_worker": "alchemy"}))
    page = text(root.post(change(item), {"right_worker": "code"}, follow=True))
    assert RouterOutcome.objects.earliest("pk").suggested_worker == "code"
    assert "The label is recorded." in page
    assert "Why &lt;b&gt;so&lt;/b&gt;?" in page
    assert "id_step_2" in page
    assert following.state == "open"


def test_an_operator_scores_steps_within_0_and_1(root: Browser, client: Client) -> None:
    item = add_item(client, "steps")
    for wrong in ({}, {"step_1": "1.5"}, {"step_1": "nan"}, {"step_9": "1"}):
        assert "errornote" in text(root.post(change(item), wrong))
    assert not StepExample.objects.exists()
    assert root.post(change(item), {"step_1": "0.25", "step_2": ""}).status_code == 302
    assert StepExample.objects.get().human_score == 0.25
    assert root.post(change(item), {"step_1": "1"}).status_code == 403  # done is done


def act(browser: Browser, action: str, *items: LabelItem) -> Any:
    selected = [str(item.pk) for item in items]
    post = {"action": action, "_selected_action": selected}
    return browser.post(changelist(LabelItem), post, follow=True)


def test_an_operator_confirms_and_skips_many_at_once(root: Browser, client: Client) -> None:
    asked = [add_item(client), add_item(client), add_item(client, "steps")]
    assert "Labelled: 1" in text(act(root, "confirm_selected", asked[0], asked[2]))
    assert "Skipped: 2" in text(act(root, "skip_selected", *asked))
    states = LabelItem.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done", "skipped", "skipped"]


@pytest.mark.parametrize(
    ("action", "said"), [("confirm_selected", "Labelled: 1"), ("skip_selected", "Skipped: 1")]
)
def test_what_another_operator_labels_meanwhile_is_said_and_the_rest_is_done(
    root: Browser, client: Client, monkeypatch: pytest.MonkeyPatch, action: str, said: str
) -> None:
    asked = [add_item(client), add_item(client)]
    log_change = LabelItemAdmin.log_change

    def meanwhile(*arguments: Any) -> Any:
        LabelItem.objects.update(state="done")
        return log_change(*arguments)

    monkeypatch.setattr(LabelItemAdmin, "log_change", meanwhile)
    page = act(root, action, *asked)
    assert page.status_code == 200
    assert said in text(page)
    assert "Labelled or skipped already: 1" in text(page)


def test_a_selection_of_what_is_done_says_so(root: Browser, client: Client) -> None:
    item = add_item(client)
    LabelItem.objects.update(state="done")
    for action in ("confirm_selected", "skip_selected"):
        assert "Labelled or skipped already: 1" in text(act(root, action, item))


def test_who_may_only_look_labels_nothing(viewer: Browser, client: Client) -> None:
    item = add_item(client)
    assert "id_right_worker" not in text(viewer.get(change(item)))
    assert viewer.post(change(item), {"right_worker": "code"}).status_code == 403
    act(viewer, "skip_selected", item)
    item.refresh_from_db()
    assert item.state == "open"


def test_the_sidebar_says_how_many_wait(root: Browser, client: Client) -> None:
    add_item(client)
    page = text(root.get("/admin/"))
    assert "Labelling queue" in page
