"""Rewards of agents' trajectories, and what they add up to."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from kernels.encoder import embed, encoder_digest
from tests.db.agent_rows import session, shell, turn
from tests.db.rows import chat, generated, recorded
from trajectories.models import AgentTurn, Client, DomainBaseline, Feedback, Trajectory, Weight
from trajectories.rewards import Reward
from trajectories.standing import Counted, NewReward, count_rewards
from trajectories.taps.recording import close_trajectory
from trajectories.taps.values import Closing
from workers.next_prompts import judge_next_prompts
from workers.scoring import reward_of
from workers.tasks import scoring
from workers.tasks.scoring import score_due

pytestmark = pytest.mark.django_db


def again(trajectory: Trajectory) -> Trajectory:
    trajectory.refresh_from_db()
    return trajectory


def values(trajectory: Trajectory) -> dict[str, float | None]:
    """Of the signals, by name."""
    parts = again(trajectory).reward_parts
    assert parts is not None
    return {signal["name"]: signal["value"] for signal in parts["signals"]}


def reasons(trajectory: Trajectory) -> dict[str, str]:
    parts = again(trajectory).reward_parts
    assert parts is not None
    return {signal["name"]: signal["why"] for signal in parts["signals"]}


def correct(trajectory: Trajectory, said: bool, why: str = "said so") -> None:
    """As the annotate tap does."""
    AgentTurn.objects.filter(pk=trajectory.pk).update(corrected=said, corrected_by=why)
    Trajectory.objects.filter(pk=trajectory.pk).update(scored_at=None)


def test_a_turn_is_scored_by_what_its_agent_did(client: Client) -> None:
    done = turn(session(client), "mend the parser", cwd="/home/ann/shop")
    shell(done, "make", ok=False)
    shell(done, "make")
    score_due()
    seen = values(done)
    assert (seen["tool_success_rate"], seen["shell_cleanliness"]) == (0.5, 0)
    assert (seen["build_succeeded"], seen["not_corrected"], seen["session_continued"]) == (
        1,
        None,
        None,
    )
    assert reasons(done)["tool_success_rate"] == "1 of 2 tool calls succeeded"
    assert reasons(done)["build_succeeded"] == "passed: make"
    assert done.domain == "shop"
    assert done.reward is not None


def test_what_is_judged_while_it_is_scored_stays_due(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = turn(session(client), "mend the parser")

    def judged_meanwhile(trajectory: Trajectory) -> Reward:
        reward = reward_of(trajectory)
        correct(trajectory, True)
        return reward

    with monkeypatch.context() as patched:
        patched.setattr(scoring, "reward_of", judged_meanwhile)
        score_due()
    assert (again(done).reward, done.scored_at) == (None, None)
    score_due()
    assert values(done)["not_corrected"] == 0
    assert DomainBaseline.objects.get().count == 1


def test_what_is_open_is_not_scored(client: Client) -> None:
    still = turn(session(client), "mend the parser", closed=False)
    score_due()
    assert (again(still).reward, still.scored_at, still.embedding) == (None, None, None)


def test_a_turn_is_embedded_when_it_is_scored(client: Client) -> None:
    done = turn(session(client), "mend the parser")
    score_due()
    assert again(done).encoder_digest == encoder_digest()
    assert float(np.asarray(done.embedding) @ embed("mend the parser")) == pytest.approx(
        1, abs=1e-2
    )


def test_a_correction_lowers_the_reward_of_the_turn_before(client: Client) -> None:
    corrected = turn(session(client), "mend the parser")
    liked = turn(session(client, "s2"), "mend the parser")
    score_due()
    turn(session(client), "No, that is not what I asked for.", closed=False)
    turn(session(client, "s2"), "Great, now write the release notes.", closed=False)
    assert again(corrected).scored_at is None
    score_due()
    assert (values(corrected)["not_corrected"], values(liked)["not_corrected"]) == (0, 1)
    assert (corrected.reward or 1) < 0.7 < (liked.reward or 0)
    noted = corrected.turn
    assert (noted.corrected, noted.redone, noted.continued) == (True, False, True)
    assert noted.corrected_by == "The next prompt says: no, that is not what i asked for."
    assert reasons(corrected)["not_corrected"] == noted.corrected_by
    assert (liked.turn.corrected, liked.turn.corrected_by) == (False, "")


def test_asking_the_same_again_is_noticed(client: Client) -> None:
    talk = session(client)
    first = turn(talk, "List all files that import the parser")
    turn(talk, "list all files that import the parser!", closed=False)
    score_due()
    assert values(first)["not_redone"] == 0


@pytest.mark.parametrize("said", [True, False])
def test_what_somebody_said_of_a_correction_stays(client: Client, said: bool) -> None:
    talk = session(client)
    first = turn(talk, "mend the parser", corrected=said, corrected_by="Ann")
    turn(talk, "great, go on" if said else "no, that's wrong", closed=False)
    score_due()
    assert values(first)["not_corrected"] == float(not said)
    assert (first.turn.corrected, first.turn.corrected_by) == (said, "Ann")


def test_a_verdict_counts_before_the_next_prompt(client: Client) -> None:
    talk = session(client)
    first = turn(talk, "mend the parser", corrected=True)
    Feedback.objects.create(client=client, trajectory=first, verdict="correct")
    score_due()
    assert values(first)["not_corrected"] == 1


def test_prompts_of_another_session_correct_nothing(client: Client) -> None:
    first = turn(session(client), "mend the parser")
    turn(session(client, "s2"), "no, that's wrong", closed=False)
    score_due()
    assert first.turn.corrected is None


def test_a_prompt_that_comes_while_scoring_is_looked_at_next_time(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = session(client)
    first = turn(talk, "mend the parser")

    def and_then(*, among: Sequence[Any]) -> None:
        judge_next_prompts(among=among)
        if talk.turns.count() == 1:
            turn(talk, "no, that's wrong", closed=False)

    monkeypatch.setattr("workers.tasks.scoring.judge_next_prompts", and_then)
    score_due()
    assert again(first).scored_at is None
    score_due()
    assert values(first)["not_corrected"] == 0


def test_an_advantage_is_over_the_others_of_the_domain(client: Client) -> None:
    talk = session(client)
    bad = turn(talk, "mend the parser", domain="shop", build_succeeded=False)
    score_due()
    good = turn(talk, "write a test", domain="shop", build_succeeded=True)
    other = turn(session(client, "s2"), "write a test", domain="blog")
    AgentTurn.objects.update(corrected=False, redone=False)
    Trajectory.objects.filter(pk=bad.pk).update(scored_at=timezone.now())
    score_due()
    assert again(bad).advantage == again(other).advantage == 0
    assert again(good).advantage == pytest.approx((good.reward or 0) - (bad.reward or 0))
    assert good.advantage != 0


def test_scoring_again_replaces_what_was_counted(client: Client) -> None:
    first = turn(session(client), "mend the parser", skill="mend")
    second = turn(session(client, "s2"), "mend the lexer", skill="mend")
    score_due()
    for said in (True, False, True):
        correct(first, said)
        score_due()
    rewards = [again(one).reward or 0 for one in (first, second)]
    baseline = DomainBaseline.objects.get(domain="mend")
    assert baseline.count == 2
    assert baseline.total == pytest.approx(sum(rewards))
    assert first.advantage == pytest.approx(rewards[0] - rewards[1])
    weight = Weight.objects.get(skill="mend")
    assert weight.updates == 2
    instead = 0.9 * (0.9 + 0.1 * (0.5 + rewards[0])) + 0.1 * (0.5 + rewards[1])
    assert weight.value == pytest.approx(instead)


def test_requests_have_domains_but_no_weights(client: Client) -> None:
    asked = recorded(client, chat("Say hello"), generated({}))
    score_due()
    assert again(asked).domain == "generation"
    assert asked.advantage == 0
    assert DomainBaseline.objects.get().value == asked.reward
    assert not Weight.objects.exists()


def test_domains_and_skills_are_of_a_client(client: Client) -> None:
    turn(session(client), "mend the parser", skill="mend")
    turn(session(Client.objects.create(name="other")), "mend the parser", skill="mend")
    score_due()
    assert DomainBaseline.objects.filter(domain="mend", count=1).count() == 2
    assert Weight.objects.filter(skill="mend", updates=1).count() == 2


@pytest.mark.django_db(transaction=True)
def test_tasks_at_the_same_time_lose_no_reward(client: Client) -> None:
    together = Barrier(4)

    def count(number: int) -> None:
        together.wait(10)
        try:
            for turns in range(10):
                names = ("a", "b") if (number + turns) % 2 else ("b", "a")
                new = [NewReward(client.pk, name, name, 0.5, None) for name in names]
                with transaction.atomic():
                    count_rewards(rewards=new)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    rows = DomainBaseline.objects.order_by("domain").values_list("domain", "count", "total")
    assert list(rows) == [("a", 40, 20.0), ("b", 40, 20.0)]
    assert list(Weight.objects.values_list("updates", flat=True)) == [40, 40]


def test_a_domain_that_changed_is_left(client: Client) -> None:
    before = Counted(reward=0.4, domain="a", baseline=None, advantage=0.0)
    count_rewards(rewards=[NewReward(client.pk, "a", "", 0.4, None)])
    found = count_rewards(rewards=[NewReward(client.pk, "b", "", 0.7, before)])
    assert found[0].advantage == 0
    counts = DomainBaseline.objects.order_by("domain").values_list("count", "total")
    assert list(counts) == [(0, 0.0), (1, 0.7)]


def test_what_its_events_said_outlasts_them(client: Client) -> None:
    done = turn(session(client), "mend the parser")
    shell(done, "make test", ok=False)
    score_due()
    before = values(done)
    done.events.all().delete()  # as when their month is dropped
    correct(done, True)
    score_due()
    found = values(done)
    assert found.pop("not_corrected") == 0
    before.pop("not_corrected")
    assert found == before


def test_an_end_that_comes_late_counts_where_nothing_else_was_told(client: Client) -> None:
    done = turn(session(client), "mend the parser")
    score_due()
    assert values(done)["build_succeeded"] is None
    closing = Closing(timezone.now(), "done", ok=False, build_succeeded=False)
    close_trajectory(client=client, trajectory_id=done.pk, closing=closing)
    before = again(done).reward or 0
    score_due()
    assert values(done)["build_succeeded"] == 0
    assert (again(done).reward or 0) < before


def test_an_end_that_comes_after_its_events_were_dropped_counts_beside_what_they_said(
    client: Client,
) -> None:
    done = turn(session(client), "mend the parser")
    shell(done, "ls", ok=False)
    score_due()
    done.events.all().delete()
    closing = Closing(timezone.now(), "done", ok=False, build_succeeded=False)
    close_trajectory(client=client, trajectory_id=done.pk, closing=closing)
    score_due()
    found = values(done)
    assert (found["build_succeeded"], found["tool_success_rate"]) == (0, 0)


def test_a_session_that_ends_without_a_correction_has_none(client: Client) -> None:
    quiet, corrected = (turn(session(client, key), "mend it") for key in ("a", "b"))
    AgentTurn.objects.filter(pk=quiet.pk).update(continued=False)
    AgentTurn.objects.filter(pk=corrected.pk).update(corrected=True, continued=True, redone=True)
    score_due()
    assert (values(quiet)["not_corrected"], values(quiet)["not_redone"]) == (1, 1)
    assert (again(quiet).reward or 0) > (again(corrected).reward or 0)
