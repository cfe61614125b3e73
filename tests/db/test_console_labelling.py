"""Quick rating: one question after the other, each answer taken once and taken back exactly."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.db.admin_browser import root, text, viewer
from tests.db.test_labelling import add_item, add_search
from training.feedback.answer_words import StepWord, WorkerWord
from training.feedback.of_workers import worker_deltas
from training.labels.queue import label_steps, label_worker
from training.labels.taking_back import NothingToTakeBack, SaidSince, last_label, take_back
from training.models import LabelItem, ReviewItem, RouterOutcome, StepExample
from trajectories.models import Client
from workers.feedback import record_feedback

__all__ = ["root", "viewer"]
pytestmark = pytest.mark.django_db
PAGE = reverse("dashboard_labelling")


def say(browser: Browser, act: str, item: Any = None, **fields: Any) -> str:
    pk = {"item": item.pk} if item is not None else {}
    return text(browser.post(PAGE, {"act": act, **pk, **fields}, follow=True))


def me() -> User:
    return User.objects.get(username="root")


def test_a_worker_is_said_with_one_post_and_the_next_question_comes(
    root: Browser, client: Client
) -> None:
    first = add_item(client, prompt="math question one")
    add_item(client, prompt="math question two")
    page = text(root.get(PAGE))
    assert "math question one" in page
    assert "because" in page
    assert "Picked by a mix of all strategies." in page
    assert 'data-key="y"' in page
    page = say(root, "worker", first, worker="code")
    assert "math question two" in page
    assert "Undo the last" in page
    outcome = RouterOutcome.objects.get(trajectory=first.trajectory)
    assert (outcome.right_worker, outcome.suggested_worker) == (False, "code")
    assert LogEntry.objects.get().change_message == "The right worker: code."


def test_a_second_sending_changes_nothing(root: Browser, client: Client) -> None:
    item = add_item(client)
    say(root, "worker", item, worker="math")
    page = say(root, "worker", item, worker="code")
    assert "Somebody has labelled or skipped it already." in page
    assert RouterOutcome.objects.get(trajectory=item.trajectory).right_worker is True
    assert LogEntry.objects.count() == 1


def test_the_wrong_worker_without_a_name_is_said(root: Browser, client: Client) -> None:
    item = add_item(client)
    say(root, "worker", item, worker="")
    outcome = RouterOutcome.objects.get(trajectory=item.trajectory)
    assert (outcome.right_worker, outcome.suggested_worker) == (False, "")


def test_a_label_of_a_worker_is_taken_back_without_a_trace(root: Browser, client: Client) -> None:
    item = add_item(client)
    before = worker_deltas()
    say(root, "worker", item, worker="code")
    assert worker_deltas() != before
    page = say(root, "undo", item)
    assert "waits for a label again" in page
    outcome = RouterOutcome.objects.get(trajectory=item.trajectory)
    assert (outcome.right_worker, outcome.suggested_worker) == (None, "")
    assert outcome.reward == pytest.approx(0.8)
    assert all(delta == pytest.approx(0) for delta in worker_deltas().values.values())
    item.refresh_from_db()
    assert (item.state, item.labelled_by, item.words) == ("open", None, {})
    assert "It waits for a label already" in say(root, "undo", item)


def test_what_was_said_before_counts_again(client: Client) -> None:
    user = User.objects.create_user("ann")
    item = add_item(client)
    record_feedback(
        client=client, run_id=item.trajectory.answered_run.pk, worker=WorkerWord(True, "logic")
    )
    label_worker(item=item, worker="math", user=user)
    take_back(item=item, user=user)
    outcome = RouterOutcome.objects.get(trajectory=item.trajectory)
    assert (outcome.right_worker, outcome.suggested_worker) == (False, "logic")


def test_what_was_said_since_stays(client: Client) -> None:
    user = User.objects.create_user("ann")
    item = add_item(client)
    label_worker(item=item, worker="math", user=user)
    record_feedback(
        client=client, run_id=item.trajectory.answered_run.pk, worker=WorkerWord(True, "logic")
    )
    with pytest.raises(SaidSince):
        take_back(item=item, user=user)
    item.refresh_from_db()
    assert item.state == "done"


def test_only_who_gave_a_label_takes_it_back(root: Browser, client: Client) -> None:
    item = add_item(client)
    ann = User.objects.create_user("ann")
    label_worker(item=item, worker="math", user=ann)
    assert last_label(me()) is None
    assert "somebody else has given it" in say(root, "undo", item)
    with pytest.raises(NothingToTakeBack):
        take_back(item=item, user=me())
    take_back(item=item, user=ann)
    with pytest.raises(NothingToTakeBack):
        take_back(item=item, user=ann)


def test_steps_are_rated_from_1_to_5_and_taken_back(root: Browser, client: Client) -> None:
    item = add_item(client, "steps")
    page = text(root.get(PAGE))
    assert "17 + 25 = 42" in page
    assert 'name="step_2"' in page
    say(root, "steps", item, step_1="5", step_2="2")
    scores = StepExample.objects.filter(trajectory=item.trajectory).order_by("pk")
    assert [one.human_score for one in scores] == [1.0, 0.25]
    assert "Taken back" in say(root, "undo", item)
    assert not scores.all().exists()
    item.refresh_from_db()
    assert item.state == "open"


def test_scores_from_before_come_back(client: Client) -> None:
    user = User.objects.create_user("ann")
    item = add_item(client, "steps")
    record_feedback(client=client, run_id=item.trajectory.answered_run.pk, steps=[StepWord(1, 0.4)])
    label_steps(item=item, scores={1: 1.0, 2: 1.0}, user=user)
    take_back(item=item, user=user)
    (left,) = StepExample.objects.filter(trajectory=item.trajectory)
    assert left.human_score == 0.4


def test_steps_without_any_score_are_asked_again(root: Browser, client: Client) -> None:
    item = add_item(client, "steps")
    assert "Score at least one step" in say(root, "steps", item)
    item.refresh_from_db()
    assert item.state == "open"


def test_a_question_is_skipped_taken_back_or_left_for_later(root: Browser, client: Client) -> None:
    first = add_item(client, prompt="math question one")
    second = add_item(client, prompt="math question two")
    assert "math question two" in text(root.get(f"{PAGE}?after={first.pk}"))
    assert "math question one" in text(root.get(f"{PAGE}?after={second.pk}"))
    assert "math question two" in say(root, "skip", first)
    first.refresh_from_db()
    assert first.state == "skipped"
    assert "math question one" in say(root, "undo", first)


def test_what_is_left_for_later_comes_last(root: Browser, client: Client) -> None:
    later, now, then = (add_item(client, prompt=f"math question {n}") for n in range(3))
    page = say(root, "worker", now, worker="math", after=str(later.pk))
    assert "math question 2" in page
    assert "math question 0" in say(root, "worker", then, worker="math", after=str(later.pk))
    assert "math question 2" in say(root, "undo", then)


def test_a_batch_is_made_once_with_a_strategy_and_a_size(root: Browser, client: Client) -> None:
    for number in range(4):
        add_search(client, prompt=f"math question {number}")
    assert "Nothing waits for a label." in text(root.get(PAGE))
    page = say(root, "batch", by="complexity", size="3", newest="0")
    assert "A new batch by complexity: 3 to label." in page
    assert "Of this batch of 3: 0 labelled, 0 skipped." in page
    assert len(set(LabelItem.objects.values_list("created_at", flat=True))) == 1
    assert "A batch was made meanwhile" in say(root, "batch", by="complexity", size="3", newest="0")
    assert LabelItem.objects.count() == 3
    assert LogEntry.objects.count() == 3
    item = LabelItem.objects.order_by("pk").first()
    assert "1 labelled" in say(root, "worker", item, worker="math")


def test_a_batch_of_nothing_says_so(root: Browser) -> None:
    assert "nothing new to label" in say(root, "batch", by="mix", size="5", newest="0")


def review(client: Client) -> ReviewItem:
    return ReviewItem.objects.create(
        trajectory=add_search(client),
        query="math question",
        worker="math",
        prm_score=0.9,
        verifier_score=0.0,
        verifier_passed=False,
        how="recomputed",
        reason="the steps score 0.90 on average, and the answer failed",
    )


def test_disagreements_are_resolved_and_opened_again(root: Browser, client: Client) -> None:
    row = review(client)
    page = text(root.get(f"{PAGE}?show=disagreements"))
    assert "the answer failed" in page
    assert "17 + 25 = 42" in page
    say(root, "resolve", row, right="verifier", show="disagreements")
    row.refresh_from_db()
    assert (row.state, row.resolution) == ("resolved", "The verifier is right.")
    assert "resolved it already" in say(root, "resolve", row, right="model", show="disagreements")
    say(root, "undo", row, show="disagreements")
    row.refresh_from_db()
    assert (row.state, row.resolution, row.resolved_by) == ("open", "", None)
    assert LogEntry.objects.count() == 2


def test_a_disagreement_is_put_on_the_labelling_queue_once(root: Browser, client: Client) -> None:
    row = review(client)
    assert "2 more" in say(root, "ask", row, show="disagreements")
    assert "0 more" in say(root, "ask", row, show="disagreements")
    assert set(LabelItem.objects.values_list("label", "picked_by")) == {
        ("worker", "by hand"),
        ("steps", "by hand"),
    }


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"act": "delete"},
        {"act": "worker", "worker": "nobody"},
        {"act": "worker"},
        {"act": "worker", "item": "x", "worker": "math"},
        {"act": "steps", "step_1": "5"},
        {"act": "batch", "by": "luck", "size": "5"},
        {"act": "batch", "by": "mix", "size": "5000"},
        {"act": "batch", "by": "mix", "size": "-1"},
    ],
    ids=range(9),
)
def test_a_wrong_post_changes_nothing(
    root: Browser, client: Client, fields: dict[str, str]
) -> None:
    item = add_item(client)
    response = root.post(PAGE, {"item": str(item.pk), **fields})
    assert response.status_code == 400
    item.refresh_from_db()
    assert item.state == "open"
    assert LabelItem.objects.count() == 1


def test_an_unknown_item_is_not_found_and_a_token_is_needed(root: Browser, client: Client) -> None:
    item = add_item(client)
    assert root.post(PAGE, {"act": "skip", "item": str(item.pk + 1)}).status_code == 404
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(me())
    assert strict.post(PAGE, {"act": "skip", "item": str(item.pk)}).status_code == 403
    item.refresh_from_db()
    assert item.state == "open"


def test_who_may_only_look_gets_no_buttons_and_changes_nothing(
    viewer: Browser, client: Client
) -> None:
    item = add_item(client)
    row = review(client)
    page = text(viewer.get(PAGE))
    assert "You may look, but not label." in page
    assert 'data-key="y"' not in page
    assert "Make a new batch" not in page
    for fields in (
        {"act": "worker", "item": item.pk, "worker": "math"},
        {"act": "skip", "item": item.pk},
        {"act": "undo", "item": item.pk},
        {"act": "resolve", "item": row.pk, "right": "model"},
        {"act": "ask", "item": row.pk},
        {"act": "batch", "by": "mix", "size": "5", "newest": "0"},
    ):
        assert viewer.post(PAGE, fields).status_code == 403
    assert set(LabelItem.objects.values_list("state", flat=True)) == {"open"}


def test_who_may_not_look_is_refused() -> None:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_reviewitem"))
    browser = Browser()
    browser.force_login(user)
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"act": "skip", "item": "1"}).status_code == 403


def test_queries_do_not_grow_with_the_queue(
    root: Browser, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        add_item(client, prompt=f"math question {number}")
    with django_assert_max_num_queries(30):
        root.get(PAGE)
