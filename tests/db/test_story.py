"""The page of one request, from top to bottom."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.db.admin_browser import change, root, text, viewer
from tests.db.agent_rows import session, shell, turn
from tests.db.cached_searches import SAME, asked, near_hit, searched
from tests.db.scripted_search import backend
from tests.kernel_rows import CHECK, add_trajectory, add_version
from tests.story_rows import add_told_request
from training.lessons.recording import score_answered_step
from trajectories.models import Client, Event, SignedReceipt, Trajectory
from workers.backends.scripted import ScriptedBackend

__all__ = ["backend", "root", "viewer"]
pytestmark = pytest.mark.django_db


def whole(trajectory: Trajectory, part: str) -> str:
    return reverse("admin:trajectories_trajectory_whole", args=[trajectory.pk, part])


def test_a_request_is_told_from_top_to_bottom(root: Browser, client: Client) -> None:
    trajectory = add_told_request(client)
    page = text(root.get(change(trajectory)))
    names = ("story", "answer", "route", "events", "search", "checks", "receipt", "lineage", "say")
    places = [page.index(f'<section id="{name}">') for name in names]
    assert places == sorted(places)
    for words in (
        "a search by math (lats)",
        "The answer passed its checks.",
        "with 102 tokens (90 read, 12 written)",
        "closest was sums",
        "one address is given (schema)",
        "in the queue",
        "N 4 · V/N 0.80 · UCT 1.75 · PRM 0.90",
        "pruned",
        "Written after the reflection: Step 1 is wrong",
        "1 of 1 passed. The answer is verified.",
        "There is no receipt",
        "Nobody has judged the answer yet.",
    ):
        assert words in page, words
    assert change(client) in page
    assert change(trajectory.answered_run) in page


def test_what_the_prompt_holds_and_what_each_kernel_binds_is_shown(
    root: Browser, client: Client
) -> None:
    trajectory = add_told_request(client)
    version = add_version()
    version.spec = {**version.spec, "templates": ["What is {number1} + {number2}, at {text1}?"]}
    version.save()
    run = trajectory.answered_run
    run.decision["candidates"][0]["version_id"] = str(version.pk)
    run.save()
    page = text(root.get(change(trajectory)))
    assert "number1: 17.0; number2: 25.0; text1: 5 miles" in page
    assert "miles" in page


def test_checks_of_attempts_that_were_not_given_are_shown_too(
    root: Browser, client: Client
) -> None:
    trajectory = add_told_request(client)
    for n, status in enumerate(("failed", "ok"), 5):
        payload = {**CHECK, "label": f"try {n}", "status": status, "reason": f"because {n}"}
        now = timezone.now()
        trajectory.events.create(sequence=n, kind="verification", payload=payload, at=now)
    page = text(root.get(change(trajectory)))
    assert "Every check that ran, in order" in page
    assert "because 5" in page


def test_the_steps_show_what_people_gave_them(root: Browser, client: Client) -> None:
    trajectory = add_told_request(client)
    score_answered_step(
        query=trajectory.prompt,
        worker="math",
        step="17 + 25 = 42",
        steps_before=[],
        score=0.25,
        trajectory=trajectory,
    )
    assert "rated 0.25 by a person" in text(root.get(change(trajectory)))


@pytest.mark.django_db(transaction=True)
def test_a_reuse_leads_to_its_source_and_its_cache_entry(
    root: Browser, client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    near = Trajectory.objects.get(run=near_hit(client, backend))
    page = text(root.get(change(near)))
    assert "the stored answer of" in page
    assert change(source) in page
    assert "nearly the same question, cosine" in page
    assert change(near.cache_hit.entry) in page
    exact = text(root.get(change(Trajectory.objects.get(run=asked(client, SAME)))))
    assert ", the same question)" in exact


@pytest.mark.django_db(transaction=True)
def test_a_receipt_is_verified_now_and_can_be_fetched(
    root: Browser, client: Client, backend: ScriptedBackend
) -> None:
    trajectory = searched(client, backend)
    page = text(root.get(change(trajectory)))
    assert "Download the receipt" in page
    assert "prompt sha256" in page
    fetched = root.get(whole(trajectory, "receipt"))
    assert fetched.content.decode() == SignedReceipt.objects.get().file
    assert "attachment" in fetched.headers["Content-Disposition"]
    Trajectory.objects.update(output_text="another")
    assert "the output was changed since" in text(root.get(change(trajectory)))


def test_hostile_texts_are_shown_as_text_and_long_ones_cut(root: Browser, client: Client) -> None:
    odd = "<script>alert(1)</script>\u202e\ufffe\x07 💥"
    trajectory = add_told_request(client, system=odd)
    long = odd + "y" * 1_000_000
    Trajectory.objects.filter(pk=trajectory.pk).update(prompt=long, output_text=long, output=None)
    Event.objects.update(payload={"text": long})
    reply = root.get(change(trajectory))
    page = text(reply)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert len(reply.content) < 1_000_000
    assert whole(trajectory, "prompt") in page
    all_of_it = root.get(whole(trajectory, "output"))
    assert all_of_it.content.decode() == long
    assert all_of_it.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert all_of_it.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("part", "words"),
    [("prompt", "17 + 25"), ("event-0", '"text"'), ("tree", "17 + 25 = 41"), ("output", "ada@")],
)
def test_each_part_can_be_had_in_full(root: Browser, client: Client, part: str, words: str) -> None:
    reply = root.get(whole(add_told_request(client), part))
    assert words in text(reply)


def test_what_there_is_not_is_not_found(root: Browser, client: Client) -> None:
    trajectory = add_trajectory(client=client)
    for part in ("nonsense", "tree", "receipt", "event-9", "event-x"):
        assert root.get(whole(trajectory, part)).status_code == 404


def test_who_may_not_look_sees_nothing(client: Client) -> None:
    User.objects.create_user("nobody", is_staff=True)
    browser = Browser()
    browser.force_login(User.objects.get())
    trajectory = add_told_request(client)
    assert browser.get(change(trajectory)).status_code == 403
    assert browser.get(whole(trajectory, "prompt")).status_code == 403
    assert browser.get(change(trajectory.answered_run)).status_code == 403


def test_an_agents_prompt_has_a_story_too(root: Browser, client: Client) -> None:
    trajectory = turn(session(client), "Mend the <b>test</b>.", skill="deploy", corrected=True)
    for _ in range(120):
        shell(trajectory, "make test", ok=False)
    page = text(root.get(change(trajectory)))
    assert "An agent of" in page
    assert "prompt 1" in page
    assert "Bash: failed" in page
    assert "deploy" in page
    assert "Mend the &lt;b&gt;test" in page
    assert '<section id="lineage">' in page
    assert "Route decision" not in page
    assert "?events=100#events" in page
    later = text(root.get(change(trajectory) + "?events=100"))
    assert "119. Tool Result" in later
    assert "?events=0#events" in later
    assert "No events are kept" in text(root.get(change(trajectory) + "?events=999999999999999999"))


def test_a_page_takes_no_more_queries_for_all_that_a_request_may_hold(
    root: Browser, client: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    trajectory = add_told_request(client, route="kernel", kernel_version=add_version().pk)
    source = add_trajectory(client=client)
    Trajectory.objects.filter(pk=trajectory.pk).update(reused=source, adapter="none-such")
    Event.objects.bulk_create(
        Event(trajectory=trajectory, sequence=n, kind="message", payload={}, at=timezone.now())
        for n in range(2, 300)
    )
    for n in range(30):
        trajectory.feedback.create(client=client, rating=1 + n % 5)
        add_version(sources=[trajectory])
    with django_assert_max_num_queries(36):
        text(root.get(change(trajectory)))
