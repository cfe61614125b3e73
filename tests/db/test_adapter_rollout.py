"""Adapters move by what is counted: from shadow to live, and back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.db.adapter_rows import SIGNATURE, State, adapter_in, of_family
from tests.db.rows import generated, queued_run, recorded
from training.adapters.counting import arm_of, live_arms, pairs_of
from training.adapters.models import Adapter, AdapterTrial
from training.adapters.states import promote, roll_back
from training.adapters.verdicts import Arm
from trajectories.models import Client, Feedback, Trajectory
from workers.adapters.asking import Address, backend_at
from workers.adapters.rollout import roll_out
from workers.adapters.routing import table
from workers.adapters.shadowing import try_in_shadow
from workers.backends.choose import live_backend
from workers.backends.completion import BackendGarbage, BackendUnavailable
from workers.backends.scripted import ScriptedBackend
from workers.request import AskedContract
from workers.tasks import answering
from workers.tasks.answering import answer_run

pytestmark = pytest.mark.django_db
NO = '{"colour": "?"}'
ONE_COLOUR = AskedContract.model_validate(
    {"conditions": [{"kind": "cel", "expression": "output.colour != '?'", "label": "a colour"}]}
)


@pytest.fixture(autouse=True)
def scripted(settings: Settings) -> Iterator[None]:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_LEASE_S = 600.0
    settings.KW_ADAPTER_MIN_ANSWERS = 5
    settings.KW_ADAPTER_SHADOW_SHARE = 1.0
    for forget in (live_backend.cache_clear, backend_at.cache_clear, table.forget):
        forget()
    yield
    for forget in (live_backend.cache_clear, backend_at.cache_clear, table.forget):
        forget()


def answers(client: Client, adapter: str, passed: int, failed: int, **fields: Any) -> None:
    """Judged answers of an arm, given now."""
    plain = recorded(client, of_family("Of the sky?"), generated({"colour": "blue"}))
    outcomes = [True] * passed + [False] * failed
    for verified in outcomes:
        plain.pk = None
        plain.run = None
        plain.adapter, plain.verified, plain.created_at = adapter, verified, timezone.now()
        for name, value in fields.items():
            setattr(plain, name, value)
        plain._state.adding = True
        plain.save(force_insert=True)
    Trajectory.objects.filter(run__isnull=False, signature=SIGNATURE).delete()


def state_of(adapter: Adapter) -> str:
    adapter.refresh_from_db()
    return adapter.state


def trials(adapter: Adapter, client: Client, *verdicts: tuple[bool, bool]) -> None:
    for verified, live_verified in verdicts:
        trajectory = recorded(client, of_family("Of the sky?"), generated({"colour": "blue"}))
        AdapterTrial.objects.create(
            adapter=adapter,
            trajectory=trajectory,
            verified=verified,
            live_verified=live_verified,
        )


def test_in_shadow_it_waits_for_enough_trials(client: Client) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trials(adapter, client, *[(True, False)] * 4)
    roll_out()
    assert state_of(adapter) == State.SHADOW


def test_after_good_trials_it_is_a_canary(client: Client) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trials(adapter, client, *[(True, False)] * 3, *[(True, True)] * 2)
    roll_out()
    assert state_of(adapter) == State.CANARY
    assert adapter.metrics["shadow"]["adapter"] == {"passed": 5, "judged": 5}
    assert adapter.metrics["shadow"]["only_adapter"] == 3
    assert "5 of 5 (100%) verified against 2 of 5" in adapter.reason


def test_after_bad_trials_it_is_out(client: Client) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trials(adapter, client, *[(False, True)] * 6)
    roll_out()
    assert state_of(adapter) == State.REJECTED


def test_in_a_trial_both_answers_are_judged_by_checks_alone(client: Client) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trials(adapter, client, *[(True, True)] * 2)
    trial = adapter.trials.all()[0]
    Feedback.objects.create(client=client, trajectory=trial.trajectory, verdict="incorrect")
    assert (pairs_of(adapter).both, pairs_of(adapter).only_adapter) == (2, 0)


def test_a_canary_that_does_as_well_goes_live_and_the_live_one_retires(client: Client) -> None:
    first, second = adapter_in(State.LIVE, client), adapter_in(State.CANARY, client)
    answers(client, first.name, 4, 2)
    answers(client, second.name, 5, 0)
    roll_out()
    assert (state_of(first), state_of(second)) == (State.RETIRED, State.LIVE)
    assert second.metrics["canary"]["other"] == {"passed": 4, "judged": 6}


def test_a_canary_is_compared_with_what_answers_at_the_same_time(client: Client) -> None:
    answers(client, "", 0, 30)  # the base model, before
    canary = adapter_in(State.CANARY, client)
    answers(client, "", 20, 0)
    answers(client, canary.name, 1, 9)
    roll_out()
    assert state_of(canary) == State.REJECTED
    assert "1 of 10 (10%) verified against 20 of 20" in canary.reason


def test_answers_of_others_and_unjudged_ones_do_not_count(client: Client) -> None:
    adapter = adapter_in(State.CANARY, client)
    answers(client, adapter.name, 2, 1)
    answers(client, adapter.name, 1, 0, verified=None)
    answers(client, adapter.name, 1, 0, retracted_at=timezone.now())
    answers(client, adapter.name, 1, 0, signature="f" * 64)
    answers(Client.objects.create(name="other"), adapter.name, 1, 0)
    assert arm_of(adapter, adapter.name, most=100) == Arm(2, 1)


def test_people_have_the_last_word(client: Client) -> None:
    adapter = adapter_in(State.CANARY, client)
    answers(client, adapter.name, 2, 0)
    one = Trajectory.objects.filter(adapter=adapter.name)[0]
    Feedback.objects.create(client=client, trajectory=one, verdict="incorrect")
    assert arm_of(adapter, adapter.name, most=100) == Arm(1, 1)


def test_a_rising_adapter_without_a_verdict_is_let_go_in_the_end(
    client: Client, settings: Settings
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    long_ago = timezone.now() - timedelta(days=settings.KW_ADAPTER_TRIAL_DAYS + 1)
    Adapter.objects.filter(pk=adapter.pk).update(state_since=long_ago)
    roll_out()
    assert state_of(adapter) == State.REJECTED
    assert adapter.reason.startswith("no verdict within 7 days")


def test_a_live_adapter_that_gets_worse_is_rolled_back_by_itself(client: Client) -> None:
    first = adapter_in(State.LIVE, client)
    answers(client, first.name, 18, 2)
    second = adapter_in(State.LIVE, client)
    answers(client, second.name, 5, 0)
    roll_out()
    assert state_of(second) == State.LIVE
    assert second.metrics["live"]["looks"] == 1
    answers(client, second.name, 0, 5)
    roll_out()
    answers(client, second.name, 0, 15)
    for _ in range(3):
        roll_out()
    assert (state_of(first), state_of(second)) == (State.LIVE, State.ROLLED_BACK)
    assert "worse, p =" in second.reason
    assert first.moves.all()[0].reason.startswith(f"{second.name} was rolled back")


def test_without_new_answers_nobody_looks_again(client: Client) -> None:
    answers(client, "", 9, 1)
    adapter = adapter_in(State.LIVE, client)
    answers(client, adapter.name, 5, 0)
    for _ in range(3):
        roll_out()
    adapter.refresh_from_db()
    assert adapter.metrics["live"]["looks"] == 1
    assert adapter.metrics["live"]["other"] == {"passed": 9, "judged": 10}


def test_the_first_adapter_gives_way_to_the_base_model(client: Client) -> None:
    answers(client, "", 20, 0)
    adapter = adapter_in(State.LIVE, client)
    answers(client, adapter.name, 0, 5)
    roll_out()
    assert state_of(adapter) == State.ROLLED_BACK
    assert not Adapter.objects.filter(state=State.LIVE).exists()


def test_an_adapter_that_is_live_again_is_looked_at_anew(client: Client) -> None:
    first = adapter_in(State.LIVE, client)
    answers(client, "", 10, 0)
    answers(client, first.name, 4, 1)
    roll_out()
    second = adapter_in(State.LIVE, client)
    roll_back(adapter=second, reason="a person said so", by="ann")
    answers(client, first.name, 3, 2)
    roll_out()
    first.refresh_from_db()
    assert (first.metrics["live"]["looks"], first.metrics["live"]["adapter"]["judged"]) == (1, 5)


def test_a_family_moves_alone(client: Client) -> None:
    other = adapter_in(State.CANARY, client, signature="f" * 64)
    canary = adapter_in(State.CANARY, client)
    answers(client, "", 5, 0)
    answers(client, canary.name, 5, 0)
    roll_out()
    assert (state_of(canary), state_of(other)) == (State.LIVE, State.CANARY)


# Trials in shadow.


def script_of(adapter: Adapter) -> ScriptedBackend:
    backend = backend_at(Address(adapter.name, adapter.server_url, adapter.slot))
    assert isinstance(backend, ScriptedBackend)
    return backend


def given(client: Client, text: str = NO) -> Trajectory:
    """An answer of the base model, by way of a worker."""
    base = live_backend()
    assert isinstance(base, ScriptedBackend)
    base.enqueue(text)
    run = queued_run(client, of_family("Of the sky?", contract=ONE_COLOUR))
    answer_run(str(run.pk))
    return Trajectory.objects.get(run=run)


def tried(trajectory: Trajectory, adapter: Adapter) -> AdapterTrial | None:
    return try_in_shadow(
        trajectory_id=trajectory.pk, adapter_name=adapter.name, judge=live_backend()
    )


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The trials that workers ask for."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(answering, "_ask_for_trial", lambda pk, name: found.append((str(pk), name)))
    return found


def test_an_answer_asks_for_a_trial_of_the_adapter_in_shadow(
    client: Client, asked_for: list[tuple[str, ...]], settings: Settings
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trajectory = given(client)
    assert asked_for == [(str(trajectory.pk), adapter.name)]
    settings.KW_ADAPTER_SHADOW_SHARE = 0.0
    given(client)
    assert len(asked_for) == 1


@pytest.mark.parametrize("state", [State.CANDIDATE, State.CANARY])
def test_nobody_else_is_tried(client: Client, asked_for: list[tuple[str, ...]], state: str) -> None:
    adapter_in(state, client, server_url="")
    given(client)
    assert asked_for == []


def test_a_trial_checks_the_adapters_answer_by_the_same_conditions(
    client: Client, asked_for: list[tuple[str, ...]]
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trajectory = given(client)
    script_of(adapter).enqueue('{"colour": "blue"}')
    trial = tried(trajectory, adapter)
    assert trial is not None
    assert (trial.verified, trial.live_verified) == (True, False)
    assert trial.output_text == '{"colour": "blue"}'
    assert Trajectory.objects.count() == 1
    assert tried(trajectory, adapter) is None  # asked once
    assert len(script_of(adapter).requests) == 1


def test_what_is_no_completion_is_a_trial_that_failed(
    client: Client, asked_for: list[tuple[str, ...]]
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trajectory = given(client)
    script_of(adapter).enqueue(BackendGarbage("nothing"))
    trial = tried(trajectory, adapter)
    assert trial is not None
    assert trial.verified is False


def test_a_server_that_is_away_is_not_held_against_the_adapter(
    client: Client, asked_for: list[tuple[str, ...]]
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trajectory = given(client)
    script_of(adapter).enqueue(BackendUnavailable())
    assert tried(trajectory, adapter) is None
    assert not AdapterTrial.objects.exists()


def test_an_adapter_that_left_the_shadow_is_not_tried_any_more(
    client: Client, asked_for: list[tuple[str, ...]]
) -> None:
    adapter = adapter_in(State.SHADOW, client)
    trajectory = given(client)
    promote(adapter=adapter, reason="a person said so")
    assert tried(trajectory, adapter) is None


def said(name: str, verdicts: list[str]) -> None:
    """People judge the newest answers of an arm."""
    rows = Trajectory.objects.filter(adapter=name).order_by("-created_at")[: len(verdicts)]
    for row, verdict in zip(rows, verdicts, strict=True):
        Feedback.objects.create(client=row.client, trajectory=row, verdict=verdict)


def test_a_live_adapter_is_compared_with_what_was_judged_in_the_same_way(client: Client) -> None:
    answers(client, "", 10, 0)
    adapter = adapter_in(State.LIVE, client)
    answers(client, adapter.name, 8, 2)
    said("", ["incorrect"] * 6)
    # Nobody judges the adapter: its checks are held to checks, not to what people said before.
    assert live_arms(adapter, least=5) == (Arm(8, 2), Arm(10, 0))
    said(adapter.name, ["incorrect"] * 5)
    assert live_arms(adapter, least=5) == (Arm(0, 5), Arm(0, 6))
    assert live_arms(adapter, least=6) == (Arm(8, 2), Arm(10, 0))
    # People judge it now, and did not judge what was before: then whatever there is counts.
    Feedback.objects.filter(trajectory__adapter="").delete()
    assert live_arms(adapter, least=5) == (Arm(5, 5), Arm(10, 0))
