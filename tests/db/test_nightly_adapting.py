"""A night's steps for a family: chosen, exported, trained, held to what is live, published."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from kernels.conditions.kinds import CelCondition
from tests.db.rows import chat, generated, recorded, schema_format
from tests.training_rows import add_node
from training.adapters.states import move
from training.lora.models import LoraRun
from training.lora.storing import fetch_folder
from training.models import Adapter, NightlyPlan, NightlyStep
from training.splits import is_held_out, query_digest
from trajectories.models import Client, Feedback, Trajectory
from workers.backends.completion import BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.nightly import adapting
from workers.nightly.plans import advance, cancel_plan, nightly_options
from workers.request import AskedContract
from workers.tasks.nightly import STEPS

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
DOUBLED = AskedContract(
    conditions=(CelCondition(label="twice", expression="output.n == int(input.numbers[0]) * 2"),)
)
State = NightlyStep.State


@pytest.fixture(autouse=True)
def service(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, ScriptedBackend]:
    """With a model server that takes adapters, and answers by what a test says."""
    settings.KW_LLM_PROVIDER = "llguidance"
    backends = {"base": ScriptedBackend(), "adapter": ScriptedBackend()}
    monkeypatch.setattr(adapting, "live_backend", lambda: backends["base"])
    monkeypatch.setattr(adapting, "adapter_backend", lambda adapter: backends["adapter"])
    monkeypatch.setattr(adapting, "ask_for_training", lambda run: None)
    return backends


def asked(number: int, **fields: Any) -> Any:
    return chat(f"Double {number}.", response_format=schema_format(SCHEMA), **fields)


def answered(client: Client, count: int, **fields: Any) -> list[Trajectory]:
    """Right answers to so many prompts, scored above the mean."""
    rows = [recorded(client, asked(n, **fields), generated({"n": 2 * n})) for n in range(count)]
    Trajectory.objects.update(scored_at=timezone.now(), reward=0.9, advantage=0.4)
    return rows


def plan() -> NightlyPlan:
    options = {**nightly_options(), "least_lessons": 12, "least_held_out": 6}
    made = NightlyPlan.objects.create(key="tonight", options=options)
    NightlyStep.objects.create(plan=made, place=0, kind="families")
    return made


def go_on(made: NightlyPlan) -> dict[str, NightlyStep]:
    advance(made.pk, STEPS)
    made.refresh_from_db()
    return {step.kind: step for step in made.steps.all()}


def trained(run_id: str) -> LoraRun:
    """As a node leaves it."""
    LoraRun.objects.filter(pk=run_id).update(
        state=LoraRun.State.DONE,
        artifact="adapters/a.tar",
        digest="d" * 64,
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )
    return LoraRun.objects.get(pk=run_id)


def next_night() -> dict[str, NightlyStep]:
    NightlyPlan.objects.update(state=NightlyPlan.State.DONE, key="last night")
    return go_on(plan())


def doubling(request: ModelRequest) -> str:
    number = int(str(request.messages[-1]["content"]).split()[1].rstrip("."))
    return f'{{"n": {2 * number}}}'


def answers(backend: ScriptedBackend, how: Any) -> None:
    backend.replies.clear()
    backend.enqueue(*[how] * 200)


def up_to_evaluation(client: Client) -> tuple[NightlyPlan, Adapter]:
    answered(client, 40, contract=DOUBLED)
    made = plan()
    trained(go_on(made)["train"].result["run"])
    assert go_on(made)["evaluate"].reason == "The model server is loading the adapter."
    adapter = Adapter.objects.get()
    Adapter.objects.update(server_url="http://127.0.0.1:1/v1", slot=0)
    return made, adapter


def test_a_family_is_exported_without_what_it_is_held_to(client: Client, tmp_path: Path) -> None:
    answered(client, 40, contract=DOUBLED)
    steps = go_on(plan())
    exported = steps["export"].result
    held = {one["prompt"] for one in exported["held_out"]}
    assert held == {f"Double {n}." for n in range(40) if is_held_out(query_digest(f"Double {n}."))}
    fetch_folder(exported["dataset"], tmp_path / "data")
    lines = (tmp_path / "data" / "train.jsonl").read_text()
    assert lines.count("messages") == 3 * (40 - len(held))
    assert not [prompt for prompt in held if f'"{prompt}"' in lines]
    run = LoraRun.objects.get()
    assert (run.state, run.dataset, run.client) == ("queued", exported["dataset"], client)
    assert steps["train"].state == State.RUNNING


def test_an_adapter_that_beats_what_is_live_goes_into_shadow(
    client: Client, service: dict[str, ScriptedBackend]
) -> None:
    made, adapter = up_to_evaluation(client)
    answers(service["base"], '{"n": 1}')
    answers(service["adapter"], doubling)
    steps = go_on(made)
    assert made.state == NightlyPlan.State.DONE
    gate = steps["evaluate"].result["gate"]
    assert (gate["before"], gate["after"], gate["losses"]) == (0.0, 1.0, 0)
    assert gate["against"] == "the base model"
    adapter.refresh_from_db()
    assert adapter.state == Adapter.State.SHADOW
    assert adapter.metrics["gate"] == gate
    go_on(made)
    assert adapter.moves.count() == 1


@pytest.mark.parametrize("how", ["tie", "worse"])
def test_a_tie_and_a_loss_are_rejected_and_nothing_changes(
    client: Client, service: dict[str, ScriptedBackend], how: str
) -> None:
    made, adapter = up_to_evaluation(client)
    answers(service["base"], doubling)
    answers(service["adapter"], doubling if how == "tie" else '{"n": 1}')
    steps = go_on(made)
    adapter.refresh_from_db()
    assert adapter.state == Adapter.State.REJECTED
    assert "does not beat what is live" in adapter.reason
    assert (steps["evaluate"].state, steps["publish"].state) == (State.DONE, State.SKIPPED)


def test_a_training_that_failed_leaves_everything_as_it_was(client: Client) -> None:
    answered(client, 40, contract=DOUBLED)
    made = plan()
    run = go_on(made)["train"].result["run"]
    LoraRun.objects.filter(pk=run).update(state="failed", reason="The loss is NaN at iteration 3.")
    steps = go_on(made)
    assert steps["train"].state == State.FAILED
    assert "The loss is NaN at iteration 3." in steps["train"].reason
    assert {steps[kind].state for kind in ("evaluate", "publish")} == {State.SKIPPED}
    assert not Adapter.objects.exists()
    assert made.state == NightlyPlan.State.DONE


def test_an_evaluation_that_is_interrupted_goes_on_where_it_was(
    client: Client, service: dict[str, ScriptedBackend]
) -> None:
    made, _ = up_to_evaluation(client)
    answers(service["base"], '{"n": 1}')
    answers(service["adapter"], doubling)
    for _ in range(6):
        service["adapter"].replies.popleft()
    service["adapter"].replies.insert(5, BackendUnavailable("gone"))
    steps = go_on(made)
    assert steps["evaluate"].state == State.RUNNING
    assert "gone" in steps["evaluate"].reason
    done_before = len(service["adapter"].requests)
    steps = go_on(made)
    assert steps["evaluate"].state == State.DONE
    prompts = steps["evaluate"].result["gate"]["prompts"]
    assert len(service["adapter"].requests) - done_before == prompts - 5


def test_the_same_lessons_are_not_trained_on_twice(client: Client) -> None:
    _, adapter = up_to_evaluation(client)
    move(adapter=adapter, to=Adapter.State.REJECTED, reason="no", by="operator")
    again = next_night()
    assert again["export"].state == State.SKIPPED
    assert "trained on before" in again["export"].reason


def test_what_was_rejected_without_being_compared_is_trained_anew(client: Client) -> None:
    made, adapter = up_to_evaluation(client)
    cancel_plan(plan=made)
    adapter.refresh_from_db()
    assert (adapter.state, adapter.reason) == (Adapter.State.REJECTED, "the plan was cancelled")
    assert next_night()["train"].state == State.RUNNING
    assert LoraRun.objects.count() == 2


def test_another_clients_training_on_equal_lessons_is_not_taken(client: Client) -> None:
    other = Client.objects.create(name="staging")
    answered(client, 40, contract=DOUBLED)
    answered(other, 40, contract=DOUBLED)
    advance(plan().pk, STEPS)
    runs = LoraRun.objects.all()
    assert {run.client for run in runs} == {client, other}
    assert len({run.job["data"] for run in runs}) == 1


def test_a_step_that_fails_leaves_no_candidate_at_the_server(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, adapter = up_to_evaluation(client)

    def breaks(*_: Any, **__: Any) -> Any:
        raise ValueError("a bug")

    monkeypatch.setattr(adapting, "adapter_gate", breaks)
    steps = go_on(made)
    assert steps["evaluate"].state == State.FAILED
    adapter.refresh_from_db()
    assert adapter.state == Adapter.State.REJECTED
    assert "evaluate failed: ValueError: a bug" in adapter.reason


def test_lessons_that_are_taken_back_meanwhile_end_it(client: Client) -> None:
    made, adapter = up_to_evaluation(client)
    Trajectory.objects.filter(pk=adapter.run.sources[0]).update(retracted_at=timezone.now())
    steps = go_on(made)
    assert steps["evaluate"].state == State.FAILED
    assert "was retracted" in steps["evaluate"].reason
    adapter.refresh_from_db()
    assert adapter.state == Adapter.State.REJECTED


def test_a_run_that_waits_for_a_busy_node_is_not_given_up(client: Client) -> None:
    answered(client, 40, contract=DOUBLED)
    made = plan()
    go_on(made)
    long_ago = timezone.now() - 2 * adapting.NODE_WITHIN
    made.steps.filter(kind="train").update(started_at=long_ago)
    node = add_node()
    assert go_on(made)["train"].state == State.RUNNING
    node.delete()
    LoraRun.objects.update(started_at=timezone.now())  # one had it, and will be followed
    assert go_on(made)["train"].state == State.RUNNING
    LoraRun.objects.update(started_at=None)
    steps = go_on(made)
    assert steps["train"].state == State.FAILED
    assert "No node of cpu took it" in steps["train"].reason


def test_what_was_answered_against_another_opponent_does_not_count(
    client: Client, service: dict[str, ScriptedBackend]
) -> None:
    made, adapter = up_to_evaluation(client)
    answers(service["base"], '{"n": 1}')
    answers(service["adapter"], doubling)
    service["adapter"].replies.insert(6, BackendUnavailable("gone"))
    assert go_on(made)["evaluate"].state == State.RUNNING
    live = Adapter.objects.create(
        name="other-v1",
        client=client,
        signature=adapter.signature,
        base_model=adapter.base_model,
        run=LoraRun.objects.create(client=client, job={}, state="done"),
        state=Adapter.State.LIVE,
        server_url="http://127.0.0.1:1/v1",
    )
    gate = go_on(made)["evaluate"].result["gate"]
    assert gate["against"] == live.name
    assert gate["before"] == gate["after"] == 1.0  # the scripted adapter answers for both


def test_a_live_one_that_cannot_be_served_does_not_stand_in_the_way(
    client: Client, service: dict[str, ScriptedBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapting, "MOST_LOOKS", 1)
    made, adapter = up_to_evaluation(client)
    Adapter.objects.create(
        name="other-v1",
        client=client,
        signature=adapter.signature,
        base_model=adapter.base_model,
        run=LoraRun.objects.create(client=client, job={}, state="done"),
        state=Adapter.State.LIVE,
    )
    answers(service["base"], '{"n": 1}')
    answers(service["adapter"], doubling)
    assert "is loading other-v1" in go_on(made)["evaluate"].reason
    assert go_on(made)["evaluate"].result["gate"]["against"] == "the base model"


def test_while_an_adapter_rises_no_other_is_trained_for_its_family(client: Client) -> None:
    _, adapter = up_to_evaluation(client)
    move(adapter=adapter, to=Adapter.State.SHADOW, reason="by hand")
    NightlyPlan.objects.update(state=NightlyPlan.State.DONE, key="last night")
    assert "is in shadow" in go_on(plan())["export"].reason
    move(adapter=adapter, to=Adapter.State.REJECTED, reason="by hand")
    NightlyPlan.objects.filter(key="tonight").update(key="tomorrow", state="done")
    LoraRun.objects.update(job={})
    assert go_on(plan())["export"].state == State.DONE


def test_a_family_is_judged_by_what_people_said_where_the_app_says_nothing(
    client: Client, service: dict[str, ScriptedBackend]
) -> None:
    rows = answered(client, 40)
    for n, row in enumerate(rows):
        said = (
            {"verdict": "correct"}
            if n % 2
            else {"verdict": "incorrect", "answer": f'{{"n":{n + 100}}}'}
        )
        Feedback.objects.create(client=client, trajectory=row, **said)
    made = plan()
    trained(go_on(made)["train"].result["run"])
    go_on(made)
    Adapter.objects.update(server_url="http://127.0.0.1:1/v1", slot=0)
    answers(service["base"], doubling)

    def as_told(request: ModelRequest) -> str:
        number = int(str(request.messages[-1]["content"]).split()[1].rstrip("."))
        return f'{{ "n": {2 * number if number % 2 else number + 100} }}'

    answers(service["adapter"], as_told)
    gate = go_on(made)["evaluate"].result["gate"]
    assert gate["after"] == 1.0
    assert 0 < gate["before"] < 1


def test_a_family_of_which_nobody_knows_what_is_right_is_left_out(client: Client) -> None:
    answered(client, 40)
    assert "held-out prompts to compare on" in go_on(plan())["export"].reason


def test_a_server_that_takes_no_adapters_has_none_trained(client: Client, settings: Any) -> None:
    settings.KW_LLM_PROVIDER = "anthropic"
    answered(client, 40)
    steps = go_on(plan())
    assert steps["families"].state == State.SKIPPED
    assert "takes no adapters" in steps["families"].reason


def test_vllm_that_is_told_no_adapters_has_none_trained(client: Client, settings: Any) -> None:
    settings.KW_LLM_PROVIDER, settings.KW_ADAPTER_DIR = "vllm", ""
    answered(client, 40)
    assert "KW_ADAPTER_DIR" in go_on(plan())["families"].reason
