"""Runs of fine-tuning: claimed once, told of, ended once, by their own node alone."""

from typing import Any

import pytest

from tests.training_rows import WORKER, add_node, add_run, claimed, let_lease_end
from training.lora.journal import Journal
from training.lora.models import LoraRun
from training.lora.runs import (
    Standing,
    ask_to_cancel,
    cancel,
    claim,
    fail,
    finish,
    hand_back,
    keep_checkpoint,
    note_progress,
    note_waiting,
    renew_run_leases,
    standing_of,
    take_back,
)
from training.lora.trainer import Progress
from trajectories.models import Client

pytestmark = pytest.mark.django_db
DONE: dict[str, Any] = {"artifact": "adapters/a.tar", "digest": "a" * 64, "metrics": {"loss": 0.5}}


def told(iteration: int) -> Journal:
    journal = Journal()
    journal.tell(Progress(iteration, 2.0, None, 50.0, None, f"iteration {iteration}"))
    return journal


def state(run: LoraRun) -> str:
    run.refresh_from_db()
    return run.state


def test_only_one_node_gets_a_run(client: Client) -> None:
    run, node = add_run(client), add_node()
    first = claimed(run, node=node)
    assert claim(run_id=str(run.pk), worker="node-2", node=None, lease_s=60) is None
    assert (first.state, first.attempts, first.node, first.claimed_by) == (
        "running",
        1,
        node,
        WORKER,
    )


def test_its_node_tells_of_a_run_and_ends_it(client: Client) -> None:
    run = claimed(add_run(client))
    assert note_progress(run=run, worker=WORKER, journal=told(5))
    assert keep_checkpoint(run=run, worker=WORKER, name="checkpoints/x/5.tar", iteration=5)
    assert finish(run=run, worker=WORKER, **DONE)
    run.refresh_from_db()
    assert (run.state, run.progress, run.curve) == ("done", 0.5, [[5, 2.0, None]])
    assert (run.tokens_per_s, run.log) == (50.0, "iteration 5\n")
    assert (run.artifact, run.metrics, run.lease_expires_at) == (
        "adapters/a.tar",
        {"loss": 0.5},
        None,
    )
    assert run.finished_at is not None


def test_a_run_that_somebody_cancels_in_its_last_moment_has_no_adapter(client: Client) -> None:
    run = claimed(add_run(client))
    assert ask_to_cancel(run=run, by="operator")
    assert finish(run=run, worker=WORKER, **DONE)
    assert state(run) == "cancelled"
    assert run.artifact == ""


def test_a_node_that_was_given_up_changes_nothing(client: Client) -> None:
    run = claimed(add_run(client))
    let_lease_end(run)
    run.refresh_from_db()
    assert take_back(run=run, most_attempts=5) == "queued"
    again = claimed(run, "node-2")
    assert not note_progress(run=run, worker=WORKER, journal=told(5))
    assert not keep_checkpoint(run=run, worker=WORKER, name="c", iteration=5)
    assert not finish(run=run, worker=WORKER, **DONE)
    assert not fail(run=run, worker=WORKER, reason="no")
    assert not hand_back(run=run, worker=WORKER)
    assert standing_of(run=run, worker=WORKER) is Standing.LOST
    assert standing_of(run=again, worker="node-2") is Standing.OURS
    again.refresh_from_db()
    assert (again.state, again.iteration, again.checkpoint) == ("running", 0, "")


def test_an_earlier_claim_of_the_same_process_does_not_hold(client: Client) -> None:
    first = claimed(add_run(client))
    assert hand_back(run=first, worker=WORKER, counts=True)
    claimed(first)
    assert not finish(run=first, worker=WORKER, **DONE)


def test_a_run_ends_once(client: Client) -> None:
    run = claimed(add_run(client))
    assert finish(run=run, worker=WORKER, **DONE)
    assert not finish(run=run, worker=WORKER, **DONE)
    assert not fail(run=run, worker=WORKER, reason="late")
    assert claim(run_id=str(run.pk), worker="node-2", node=None, lease_s=60) is None


def test_a_lease_that_was_renewed_is_not_over(client: Client) -> None:
    run = claimed(add_run(client))
    let_lease_end(run)
    run.refresh_from_db()
    renew_run_leases(worker=WORKER, run_ids=[str(run.pk)], lease_s=60)
    assert take_back(run=run, most_attempts=5) is None
    assert state(run) == "running"


def test_a_run_that_ended_too_many_nodes_fails(client: Client) -> None:
    run = add_run(client)
    for attempt in range(1, 6):
        run = claimed(run, f"node-{attempt}")
        let_lease_end(run)
        run.refresh_from_db()
        taken = take_back(run=run, most_attempts=5)
    assert taken == "failed"
    assert (state(run), run.attempts) == ("failed", 5)
    assert run.reason == "5 nodes fell silent while they trained it."


def test_handing_back_costs_no_attempt(client: Client) -> None:
    run = claimed(add_run(client))
    assert hand_back(run=run, worker=WORKER)
    assert (state(run), run.attempts, run.node) == ("queued", 0, None)


def test_a_queued_run_is_cancelled_at_once(client: Client) -> None:
    run = add_run(client)
    assert ask_to_cancel(run=run, by="ann")
    assert (state(run), run.reason) == ("cancelled", "Cancelled by ann.")
    assert not ask_to_cancel(run=run, by="bo")
    assert claim(run_id=str(run.pk), worker=WORKER, node=None, lease_s=60) is None


def test_a_running_run_is_cancelled_by_its_node(client: Client) -> None:
    run = claimed(add_run(client))
    assert ask_to_cancel(run=run, by="ann")
    assert standing_of(run=run, worker=WORKER) is Standing.CANCELLED
    assert state(run) == "running"
    assert cancel(run=run, worker=WORKER)
    assert (state(run), run.reason) == ("cancelled", "Cancelled by ann.")


@pytest.mark.parametrize("how", ["silent", "leaves"])
def test_a_cancelled_run_whose_node_goes_is_not_queued_again(client: Client, how: str) -> None:
    run = claimed(add_run(client))
    ask_to_cancel(run=run, by="ann")
    if how == "silent":
        let_lease_end(run)
        run.refresh_from_db()
        assert take_back(run=run, most_attempts=5) == "cancelled"
    else:
        assert hand_back(run=run, worker=WORKER)
    assert state(run) == "cancelled"


def test_a_queued_run_says_whether_anybody_can_train_it(client: Client) -> None:
    run = add_run(client)
    note_waiting(devices={"gpu"})
    run.refresh_from_db()
    assert run.reason == "No node for cpu is alive: `manage.py node --device cpu` starts one."
    note_waiting(devices={"cpu"})
    run.refresh_from_db()
    assert run.reason == ""
