"""What operators say of an answer on its page has the effects that the API's feedback has."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client as Browser
from django.urls import reverse

from kernels.models import CacheEntry, CacheHit, KernelVersion, NearReuse
from tests.db.admin_browser import change, root, text, viewer
from tests.db.cached_searches import near_hit, searched
from tests.db.scripted_search import backend
from tests.db.test_labelling import add_search
from tests.kernel_rows import add_trajectory, add_version
from training.feedback.of_workers import worker_deltas
from training.models import RouterOutcome, StepExample
from trajectories.models import Client, Feedback, SearchRecord, Trajectory
from workers.backends.scripted import ScriptedBackend
from workers.retracting import retract_trajectory
from workers.saying.standing import Standing, what_followed

__all__ = ["backend", "root", "viewer"]
pytestmark = pytest.mark.django_db
NAMES = ("verdict", "wrong-reuse", "worker", "step")


def address(trajectory: Trajectory, name: str) -> str:
    return reverse("admin:trajectories_trajectory_say", args=[trajectory.pk, name])


def say(browser: Browser, trajectory: Trajectory, name: str, **said: Any) -> Any:
    return browser.post(address(trajectory, name), said, follow=True)


def deltas() -> dict[str, float]:
    return {worker: round(delta, 4) for worker, delta in worker_deltas().values.items() if delta}


def of_kernel(client: Client, *, answers: int = 1) -> tuple[Trajectory, KernelVersion]:
    version = add_version(state=KernelVersion.State.LIVE)
    found = [add_trajectory(client=client) for _ in range(answers)]
    named = {"route": "kernel", "kernel_name": "k", "kernel_version": version.pk}
    Trajectory.objects.filter(pk__in=[one.pk for one in found]).update(**named)
    found[0].refresh_from_db()
    return found[0], version


def test_an_answer_is_denied_with_what_would_have_been_right(root: Browser, client: Client) -> None:
    trajectory = add_search(client)
    said = {"verdict": "incorrect", "answer": "  43", "comment": "off by one"}
    page = text(say(root, trajectory, "verdict", **said))
    assert "The answer is incorrect. Said what would have been right." in page
    assert "The delta of math is now -0.05 (it was +0.00)." in page
    found = Feedback.objects.get()
    assert (found.verdict, found.answer, found.client) == ("incorrect", "  43", client)
    assert found.comment == "off by one (in the admin, by root)"
    assert deltas() == {"math": -0.05}
    assert "off by one" in page  # stands beside the form now
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.user.username) == (str(trajectory.pk), "root")
    assert entry.change_message == "The answer is incorrect. Said what would have been right."


def test_a_rating_counts_and_the_last_word_replaces_the_one_before(
    root: Browser, client: Client
) -> None:
    trajectory = add_search(client)
    say(root, trajectory, "verdict", verdict="incorrect")
    say(root, trajectory, "verdict", rating="5")
    assert deltas() == {"math": 0.02}
    assert Feedback.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "Say whether it is right or wrong, or rate it."),
        ({"verdict": "correct", "rating": "1"}, "contradict each other"),
        ({"verdict": "incorrect", "rating": "5"}, "contradict each other"),
        ({"verdict": "correct", "answer": "43"}, "A right answer is for one that was wrong."),
        ({"verdict": "maybe"}, "not one of the available choices"),
        ({"rating": "6"}, "not one of the available choices"),
    ],
)
def test_what_the_api_refuses_is_refused_here_and_what_was_typed_stays(
    root: Browser, client: Client, said: dict[str, str], why: str
) -> None:
    trajectory = add_search(client)
    page = text(say(root, trajectory, "verdict", comment="typed <b>words</b>", **said))
    assert why in page
    assert "typed &lt;b&gt;words" in page
    assert not Feedback.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_wrong_reuse_ends_the_entry_and_switches_near_reuse_off(
    root: Browser, client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    near = Trajectory.objects.get(run=near_hit(client, backend))
    page = text(say(root, near, "wrong-reuse", comment="other yoga"))
    assert "The stored answer is given to nobody again." in page
    assert "Near reuse of factual is switched off until somebody releases it." in page
    assert CacheEntry.objects.get().state == "ended"
    assert CacheHit.objects.get().denied
    assert NearReuse.objects.get().state == "off"
    found = Feedback.objects.get()
    assert found.trajectory == near  # and nothing of the source
    assert found.comment.endswith("no answer to this. other yoga (in the admin, by root)")
    assert source.feedback.count() == 0


def test_a_wrong_reuse_of_a_kernel_counts_against_it(root: Browser, client: Client) -> None:
    trajectory, version = of_kernel(client)
    page = text(say(root, trajectory, "wrong-reuse"))
    assert "The kernel&#x27;s record is now 0 passed, 1 failed." in page
    version.refresh_from_db()
    assert (version.failures, version.state) == (1, "live")
    assert Feedback.objects.get().comment.startswith("A wrong reuse: the kernel is none for this.")


def test_a_kernel_that_cannot_be_held_under_the_ceiling_goes_to_quarantine(
    root: Browser, client: Client
) -> None:
    _, version = of_kernel(client, answers=4)
    pages = [text(say(root, one, "wrong-reuse")) for one in Trajectory.objects.all()]
    version.refresh_from_db()
    assert version.state == "quarantined"
    assert any("The kernel is now quarantined." in page for page in pages)


def test_a_wrong_worker_and_who_would_have_been_right(root: Browser, client: Client) -> None:
    trajectory = add_search(client)
    page = text(say(root, trajectory, "worker", worker="wrong", suggested="logic"))
    assert "The wrong worker answered. Right is logic." in page
    assert "The delta of logic is now +0.05 (it was +0.00)." in page
    assert deltas() == {"math": -0.03, "logic": 0.05}
    outcome = RouterOutcome.objects.get()
    assert (outcome.suggested_worker, outcome.right_worker) == ("logic", False)
    assert "the wrong worker; logic would have been right" in page
    assert not Feedback.objects.exists()
    page = text(say(root, trajectory, "worker", worker="right"))
    assert "math was the right worker" in page
    assert deltas() == {}


@pytest.mark.parametrize("said", [{"suggested": "math"}, {"worker": "right", "suggested": "code"}])
def test_a_contradictory_word_of_a_worker_changes_nothing(
    root: Browser, client: Client, said: dict[str, str]
) -> None:
    trajectory = add_search(client)
    page = text(say(root, trajectory, "worker", **{"worker": "wrong", **said}))
    assert "suggest" in page
    assert deltas() == {}
    assert not LogEntry.objects.exists()


def test_steps_are_rated_one_by_one_and_the_rating_is_shown(root: Browser, client: Client) -> None:
    trajectory = add_search(client)
    page = text(say(root, trajectory, "step", position="2", rating="2"))
    assert "Step 2 was given a score of 0.25." in page
    example = StepExample.objects.get()
    assert (example.step, example.steps_before) == ("Answer: 42", ["17 + 25 = 42"])
    assert (example.human_score, example.label_source) == (0.25, "human")
    assert ">0.25<" in "".join(page.split())
    page = text(say(root, trajectory, "step", position="9", rating="2"))
    assert "There is no step 9: the answer has 2." in page
    assert StepExample.objects.count() == 1


def test_only_what_applies_is_offered_and_taken(root: Browser, client: Client) -> None:
    searched_for, plain = add_search(client), add_trajectory(client=client)
    served, _ = of_kernel(client)
    offered = {
        row: {name for name in NAMES if address(row, name) in text(root.get(change(row)))}
        for row in (searched_for, plain, served)
    }
    assert offered[searched_for] == {"verdict", "worker", "step"}
    assert offered[plain] == {"verdict"}
    assert offered[served] == {"verdict", "wrong-reuse"}
    said = {"position": "1", "rating": "1", "worker": "wrong"}
    for row, names in offered.items():
        for name in set(NAMES) - names:
            assert "This cannot be said of this answer." in text(say(root, row, name, **said))
    assert not Feedback.objects.exists()
    assert not StepExample.objects.exists()


def test_of_a_worker_that_the_router_does_not_know_nothing_is_said(
    root: Browser, client: Client
) -> None:
    trajectory = add_search(client)
    SearchRecord.objects.update(worker="poetry")
    page = text(root.get(change(trajectory)))
    assert address(trajectory, "worker") not in page
    assert address(trajectory, "step") not in page


def test_of_a_retracted_answer_nothing_more_is_said(root: Browser, client: Client) -> None:
    trajectory = add_search(client)
    retract_trajectory(trajectory=trajectory, reason="made up")
    page = text(root.get(change(trajectory)))
    assert "nothing more is learned from it" in page
    assert address(trajectory, "verdict") not in page
    say(root, trajectory, "verdict", verdict="correct")
    assert not Feedback.objects.exists()


def test_who_may_only_look_says_nothing(viewer: Browser, client: Client) -> None:
    trajectory = add_search(client)
    page = text(viewer.get(change(trajectory)))
    assert "takes the permission to add feedback" in page
    for name in NAMES:
        assert address(trajectory, name) not in page
        assert viewer.get(address(trajectory, name)).status_code == 403
        said = {"verdict": "correct", "worker": "wrong", "position": "1", "rating": "1"}
        assert say(viewer, trajectory, name, **said).status_code == 403
    assert not Feedback.objects.exists()
    assert not StepExample.objects.exists()
    assert (
        reverse("admin:trajectories_trajectory_decide", args=[trajectory.pk, "retract"]) not in page
    )


def test_who_may_add_feedback_says_all_of_it(viewer: Browser, client: Client) -> None:
    User.objects.get().user_permissions.add(Permission.objects.get(codename="add_feedback"))
    trajectory = add_search(client)
    for name in ("verdict", "worker", "step"):
        assert address(trajectory, name) in text(viewer.get(change(trajectory)))
    assert "The answer is correct." in text(say(viewer, trajectory, "verdict", verdict="correct"))


def test_feedback_without_sight_of_the_answer_is_refused(client: Client) -> None:
    user = User.objects.create_user("blind", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_feedback"))
    browser = Browser()
    browser.force_login(user)
    assert say(browser, add_search(client), "verdict", verdict="correct").status_code == 403
    assert not Feedback.objects.exists()


def test_a_form_without_its_token_is_refused_and_reading_changes_nothing(
    root: Browser, client: Client
) -> None:
    trajectory = add_search(client)
    strict = Browser(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))
    assert say(strict, trajectory, "verdict", verdict="correct").status_code == 403
    asks = root.get(address(trajectory, "verdict"), {"verdict": "correct"})
    assert "Say so" in text(asks)
    assert not Feedback.objects.exists()
    gone = address(trajectory, "verdict").replace(
        str(trajectory.pk), "0" * 8 + "-0000-0000-0000-" + "0" * 12
    )
    assert root.get(gone).status_code == 404


def test_what_did_not_move_is_not_told() -> None:
    same = Standing({"math": 0.02}, "live", {"math": "on"}, ("live", 3, 1), 2)
    assert what_followed(same, same) == []
    after = Standing({"math": 0.02}, "live", {"math": "on"}, ("live", 4, 1), 1)
    assert what_followed(same, after) == [
        "Exemplars deleted: 1.",
        "The kernel's record is now 4 passed, 1 failed.",
    ]
    assert what_followed(Standing(), Standing(entry="live")) == [
        "The answer is stored, and given again to who asks the same."
    ]
