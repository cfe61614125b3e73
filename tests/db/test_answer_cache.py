"""Searched answers are given again to the same and to nearly the same question, until they end."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from kernels.models import CacheEntry, CacheHit
from tests.db.admin_browser import root
from tests.db.cached_searches import (
    NEAR,
    NO,
    SAME,
    STRONG,
    TEXT,
    UNKNOWN,
    YES,
    asked,
    asking,
    near_hit,
    route,
    searched,
    told,
)
from tests.db.rows import queued_run
from tests.db.scripted_search import backend
from trajectories.models import Client, Event, SearchRecord, Trajectory
from workers.backends.scripted import ScriptedBackend
from workers.experts.registry import EXPERTS
from workers.feedback import record_feedback
from workers.intake import plan
from workers.search.options import SearchOptions
from workers.tasks.answering import answer_run

__all__ = ["backend", "root"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_verified_answer_of_a_search_is_kept_and_given_to_the_same_question(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    entry = CacheEntry.objects.get()
    assert (entry.trajectory, entry.worker, entry.state) == (source, "factual", "live")
    run = asked(client, SAME)
    assert run.response is not None
    assert (run.response["content"], run.response["usage"]["total_tokens"]) == (TEXT, 0)
    assert (told(run)["route"], told(run)["reused"]) == ("reuse", str(source.pk))
    assert told(run)["reuse"] == {"decided_by": "the same question", "cosine": None}
    assert told(run)["verified"] is True
    hit = CacheHit.objects.get()
    assert (hit.entry, hit.near, hit.denied) == (entry, False, False)


def test_a_near_duplicate_gets_it_when_the_validator_agrees(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend)
    run = near_hit(client, backend)
    assert told(run)["reused"] == str(source.pk)
    assert told(run)["reuse"]["decided_by"] == "validator"
    assert told(run)["reuse"]["cosine"] >= EXPERTS["factual"].cache_threshold
    assert run.response is not None
    assert run.response["usage"]["completion_tokens"] == len(YES.split())
    assert Event.objects.filter(trajectory__run=run, payload__kind="validator").exists()
    assert CacheHit.objects.get().near


def test_the_validators_no_leads_to_a_search(client: Client, backend: ScriptedBackend) -> None:
    searched(client, backend)
    backend.enqueue(NO, TEXT)
    run = asked(client, NEAR)
    assert told(run)["route"] == "search"
    assert "says no" in told(run)["reason"]
    assert not CacheHit.objects.exists()
    assert CacheEntry.objects.count() == 2


@pytest.mark.parametrize(
    "prompt",
    [
        "What are the benefits of tennis?",
        "What are the dangers of yoga?",
        "What are not the advantages of yoga?",
        "What were the advantages of yoga?",
        "What are the 5 advantages of yoga?",
    ],
)
def test_a_near_miss_is_searched_for_anew_without_a_validator(
    client: Client, backend: ScriptedBackend, prompt: str
) -> None:
    searched(client, backend)
    assert route(client, prompt) in ("search", "generation")
    backend.enqueue(TEXT)
    run = asked(client, prompt)
    assert told(run)["route"] == "search"
    assert len(backend.requests) == 2


def test_a_near_duplicate_must_reach_the_workers_threshold(
    client: Client, backend: ScriptedBackend
) -> None:
    searched(client, backend)
    assert route(client, NEAR) == "reuse"
    CacheEntry.objects.update(worker="math", embedding=[1.0] + [0.0] * 383)
    assert route(client, NEAR, search=SearchOptions()) == "search"


@pytest.mark.parametrize("prompt", [SAME, NEAR])
@pytest.mark.parametrize(
    "fields",
    [
        {"search": SearchOptions(worker="analysis")},
        {"search": SearchOptions(strategy="lats")},
        {"search": SearchOptions(evidence=("Yoga is old.",))},
        {"search": SearchOptions(tests="assert True")},
        {"contract": UNKNOWN},
        {"options": {"temperature": 0.7}},
        {"options": {"seed": 3}},
        {"max_tokens": 20},
        {
            "messages": (
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": NEAR},
            )
        },
    ],
)
def test_what_pins_an_answer_must_be_equal(
    client: Client, backend: ScriptedBackend, prompt: str, fields: dict[str, Any]
) -> None:
    searched(client, backend)
    assert route(client, prompt) == "reuse"
    assert route(client, prompt, **fields) == "search"


@pytest.mark.parametrize("prompt", [SAME, NEAR])
def test_how_hard_is_searched_pins_nothing(
    client: Client, backend: ScriptedBackend, prompt: str
) -> None:
    searched(client, backend)
    assert route(client, prompt, search=SearchOptions(budget_tokens=900, gate=0.7)) == "reuse"


@pytest.mark.parametrize("prompt", [SAME, NEAR])
def test_who_may_not_be_searched_for_gets_no_answer_of_a_search(
    client: Client, backend: ScriptedBackend, settings: Settings, prompt: str
) -> None:
    """An app's own instructions or conditions go before a worker's form of answer."""
    searched(client, backend)
    assert route(client, prompt) == route(client, prompt, search=SearchOptions()) == "reuse"
    assert route(client, prompt, search=None) == "generation"
    settings.KW_SEARCH = "off"
    assert route(client, prompt) == "generation"


@pytest.mark.parametrize("prompt", [SAME, NEAR])
def test_another_client_gets_nothing_of_it(
    client: Client, backend: ScriptedBackend, prompt: str
) -> None:
    searched(client, backend)
    assert route(Client.objects.create(name="other"), prompt) == "search"


@pytest.mark.parametrize("prompt", [SAME, NEAR])
def test_it_ends_with_its_age_with_its_trajectory_or_with_the_setting(
    client: Client, backend: ScriptedBackend, settings: Settings, prompt: str
) -> None:
    source = searched(client, backend)
    settings.KW_REUSE_ANSWERS = False
    assert route(client, prompt) == "search"
    settings.KW_REUSE_ANSWERS = True
    assert route(client, prompt) == "reuse"
    old = timezone.now() - timedelta(seconds=settings.KW_REUSE_MAX_AGE_S + 60)
    Trajectory.objects.update(created_at=old)
    assert route(client, prompt) == "search"
    Trajectory.objects.update(created_at=timezone.now())
    assert route(client, prompt) == "reuse"
    source.delete()
    assert not CacheEntry.objects.exists()
    assert route(client, prompt) == "search"


def test_what_is_too_old_leaves_the_index_with_the_next_answer(
    client: Client, backend: ScriptedBackend, settings: Settings
) -> None:
    searched(client, backend)
    old = timezone.now() - timedelta(seconds=settings.KW_REUSE_MAX_AGE_S + 60)
    Trajectory.objects.update(created_at=old)
    searched(client, backend)
    states = CacheEntry.objects.order_by("created_at").values_list("state", flat=True)
    assert list(states) == ["ended", "live"]


def test_failed_and_unchecked_answers_are_not_kept(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("Answer: tennis")
    assert told(asked(client))["verified"] is False
    searched(client, backend, contract=UNKNOWN)
    assert SearchRecord.objects.count() == 2
    assert not CacheEntry.objects.exists()


def test_a_persons_word_keeps_what_nothing_could_check(
    client: Client, backend: ScriptedBackend
) -> None:
    source = searched(client, backend, contract=UNKNOWN)
    assert source.verified is None
    record_feedback(client=client, run_id=source.answered_run.pk, verdict="correct")
    run = asked(client, SAME, contract=UNKNOWN)
    assert (told(run)["route"], told(run)["verified"]) == ("reuse", None)
    assert "called right by a person" in told(run)["reason"]


def test_praise_after_a_denial_keeps_nothing(client: Client, backend: ScriptedBackend) -> None:
    source = searched(client, backend, contract=UNKNOWN)
    record_feedback(client=client, run_id=source.answered_run.pk, rating=1)
    record_feedback(client=client, run_id=source.answered_run.pk, verdict="correct")
    assert not CacheEntry.objects.exists()


@pytest.mark.parametrize("of_reuse", [True, False])
def test_a_denial_of_the_source_or_of_a_reuse_ends_the_entry_for_good(
    client: Client, backend: ScriptedBackend, of_reuse: bool
) -> None:
    source = searched(client, backend)
    run = asked(client, SAME) if of_reuse else source.answered_run
    record_feedback(client=client, run_id=run.pk, rating=2, comment="too short")
    entry = CacheEntry.objects.get()
    assert (entry.state, entry.ended_because) == ("ended", "too short")
    record_feedback(client=client, run_id=run.pk, verdict="correct")
    assert route(client, SAME) == route(client, NEAR) == "search"


def test_an_entry_that_ends_between_decision_and_answer_is_not_given(
    client: Client, backend: ScriptedBackend
) -> None:
    searched(client, backend)
    request = asking(SAME)
    run = queued_run(client, request)
    run.decision = plan(client=client, request=request).as_json()
    run.save()
    CacheEntry.objects.update(state=CacheEntry.State.ENDED)
    backend.enqueue(TEXT)
    answer_run(str(run.pk))
    run.refresh_from_db()
    assert told(run)["route"] == "search"
    assert "retracted meanwhile" in told(run)["reason"]


JUDGED = "Yoga stretches.\n\nConclusion: a strong back"
PLEASED = '{"reason": "fine", "verdict": "yes"}'
NAMED = SearchOptions(worker="analysis", strategy="one_chain")
UNNAMED = SearchOptions(strategy="one_chain")


def searched_by_analysis(
    client: Client, backend: ScriptedBackend, prompt: str = SAME, **fields: Any
) -> Trajectory:
    backend.enqueue(JUDGED, PLEASED)
    run = asked(client, prompt, **{"contract": UNKNOWN, "search": NAMED, **fields})
    assert (told(run)["route"], told(run)["verified"]) == ("search", True)
    return Trajectory.objects.get(run=run)


@pytest.mark.parametrize("prompt", [SAME, NEAR])
def test_what_only_a_judge_passed_of_a_named_worker_is_for_those_who_name_it(
    client: Client, backend: ScriptedBackend, prompt: str
) -> None:
    searched_by_analysis(client, backend)
    entry = CacheEntry.objects.get()
    assert (entry.worker, entry.only_named) == ("analysis", True)
    asking_for = {"contract": UNKNOWN}
    assert route(client, prompt, search=NAMED, **asking_for) == "reuse"
    assert route(client, prompt, search=UNNAMED, **asking_for) == "search"
    assert route(client, prompt, search=SearchOptions(), **asking_for) == "search"
    assert route(client, prompt, search=None, **asking_for) == "generation"


def test_what_only_a_judge_passed_of_a_worker_chosen_at_random_is_for_those_who_name_it(
    client: Client, backend: ScriptedBackend, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KW_ROUTER_EPSILON = 1.0
    monkeypatch.setattr(random.Random, "random", lambda _: 0.99)  # the last of the workers
    searched_by_analysis(client, backend, search=UNNAMED)
    assert SearchRecord.objects.get().alone
    assert CacheEntry.objects.get().only_named
    assert route(client, SAME, search=UNNAMED, contract=UNKNOWN) == "search"
    assert route(client, SAME, search=NAMED, contract=UNKNOWN) == "reuse"


def test_an_apps_own_condition_that_held_keeps_a_judged_answer_for_all(
    client: Client, backend: ScriptedBackend
) -> None:
    searched_by_analysis(client, backend, contract=STRONG)
    assert not CacheEntry.objects.get().only_named
    assert route(client, SAME, search=UNNAMED) == "reuse"


def test_a_wrong_sum_that_a_judge_likes_is_neither_verified_nor_kept(
    client: Client, backend: ScriptedBackend
) -> None:
    backend.enqueue("We multiply.\n\nConclusion: The product of 19 and 22 is 478.", PLEASED)
    run = asked(client, "What is 19 * 22?", contract=UNKNOWN, search=NAMED)
    assert told(run)["verified"] is False
    assert not CacheEntry.objects.exists()
    assert len(backend.requests) == 1
