"""A reuse that was wrong is said in one call; near reuse is switched off until it is released."""

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser

from kernels.cached_answers import release_near_reuse
from kernels.models import CacheEntry, CacheHit, NearReuse
from tests.db.admin_browser import root
from tests.db.cached_searches import (
    FIRST,
    NEAR,
    SAME,
    asked,
    asking,
    near_hit,
    route,
    searched,
)
from tests.db.rows import queued_run
from tests.db.scripted_search import backend
from trajectories.access import issue_key
from trajectories.models import Client, Feedback, Trajectory
from workers.backends.scripted import ScriptedBackend
from workers.feedback import NotReused, record_feedback, record_wrong_reuse
from workers.search.options import SearchOptions

__all__ = ["backend", "root"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_wrong_reuse_is_said_in_one_call(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    run = near_hit(client, backend)
    reply = app.post(f"/api/runs/{run.pk}/wrong-reuse")
    assert reply.status_code == 201
    said = reply.json()
    assert (said["reused"], said["near_reuse"]) == (str(source.pk), "off")
    assert CacheEntry.objects.get().state == "ended"
    assert Feedback.objects.get().trajectory.run == run  # and nothing of the source
    assert CacheHit.objects.get().denied


def test_the_same_text_from_another_search_ends_with_it(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    """Else the next one who asks would get it again."""
    searched(client, backend)
    other = SearchOptions(worker="factual", strategy="best_of_n_verifier")
    searched(client, backend, search=other)
    assert CacheEntry.objects.filter(state="live").count() == 2
    run = asked(client, SAME)
    assert app.post(f"/api/runs/{run.pk}/wrong-reuse").status_code == 201
    assert not CacheEntry.objects.filter(state="live").exists()


def test_only_a_reuse_of_ones_own_can_be_a_wrong_one(
    app: Browser, client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    reply = app.post(f"/api/runs/{source.run_id}/wrong-reuse")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "not_reused")
    other = Client.objects.create(name="other")
    stranger = Browser(headers={"authorization": f"Bearer {issue_key(client=other, label='t')[1]}"})
    run = asked(client, SAME)
    assert stranger.post(f"/api/runs/{run.pk}/wrong-reuse").status_code == 404
    with pytest.raises(NotReused):
        record_wrong_reuse(client=client, run_id=source.answered_run.pk)


def test_a_wrong_reuse_of_the_same_question_switches_nothing_off(
    client: Client, backend: ScriptedBackend
) -> None:
    searched(client, backend)
    record_wrong_reuse(client=client, run_id=asked(client, SAME).pk)
    assert not NearReuse.objects.exists()


def many_hits(entry: CacheEntry, source: Trajectory, count: int) -> None:
    """Near duplicates that were answered and not denied."""
    for _ in range(count):
        run = queued_run(entry.client, asking(NEAR))
        again = Trajectory.objects.get(pk=source.pk)
        again.pk, again.run, again.route, again.reused_id = None, run, "reuse", source.pk
        again.id = run.pk
        again.save(force_insert=True)
        CacheHit.objects.create(
            entry=entry, trajectory=again, worker=entry.worker, near=True, cosine=0.9
        )


@pytest.mark.parametrize(("hits", "state"), [(44, "off"), (45, "on")])
def test_near_reuse_is_switched_off_when_the_ceiling_cannot_be_held(
    client: Client, backend: ScriptedBackend, hits: int, state: str
) -> None:
    """With one wrong of 46, the bound is just below 10 %."""
    source = searched(client, backend)
    many_hits(CacheEntry.objects.get(), source, hits)
    record_wrong_reuse(client=client, run_id=near_hit(client, backend).pk)
    assert NearReuse.objects.get().state == state


def test_switched_off_only_the_same_question_is_answered_until_a_release(
    client: Client, backend: ScriptedBackend, root: Browser
) -> None:
    searched(client, backend)
    record_wrong_reuse(client=client, run_id=near_hit(client, backend).pk)
    backend.replies.clear()
    searched(client, backend)
    assert (route(client, NEAR), route(client, SAME)) == ("search", "reuse")
    row = NearReuse.objects.get()
    release_near_reuse(near_reuse=row, user=User.objects.get(username="root"), reason="tuned")
    record_feedback(client=client, run_id=near_hit(client, backend).pk, verdict="correct")
    row.refresh_from_db()
    assert row.state == "on"


def test_the_admin_shows_entries_and_ends_them(
    client: Client, backend: ScriptedBackend, root: Browser
) -> None:
    searched(client, backend)
    near_hit(client, backend)
    entry = CacheEntry.objects.get()
    listed = "/admin/kernels/cacheentry/"
    assert FIRST in root.get(listed).content.decode()
    page = root.get(f"{listed}{entry.pk}/change/").content.decode()
    assert "a strong back" in page
    assert NEAR in page
    asks_why = root.get(f"{listed}{entry.pk}/decide/end/")
    assert asks_why.status_code == 200
    post = {"action": "end_selected", "_selected_action": str(entry.pk), "apply": "1"}
    root.post(listed, {**post, "reason": "outdated"}, follow=True)
    entry.refresh_from_db()
    assert (entry.state, entry.ended_because) == ("ended", "root: outdated")
    again = root.post(listed, {**post, "reason": "twice"}, follow=True).content.decode()
    assert "has ended already" in again


def test_the_admin_says_what_is_switched_off_and_releases_it(
    client: Client, backend: ScriptedBackend, root: Browser
) -> None:
    searched(client, backend)
    record_wrong_reuse(client=client, run_id=near_hit(client, backend).pk)
    row = NearReuse.objects.get()
    listed = "/admin/kernels/nearreuse/"
    page = root.get(listed).content.decode()
    assert "1 of 1" in page
    assert "the ceiling is 10.0%" in page
    post = {"action": "release_selected", "_selected_action": str(row.pk), "apply": "1"}
    root.post(listed, {**post, "reason": ""}, follow=True)
    row.refresh_from_db()
    assert row.state == "off"
    root.post(listed, {**post, "reason": "looked at it"}, follow=True)
    row.refresh_from_db()
    assert (row.state, row.released_at is not None) == ("on", True)
