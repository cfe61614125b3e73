"""Runs of compositions on rows: parallel, once, resumable, rolled back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from kernels.composition_models import Composition, PlanRun, StepRun
from kernels.compositions import InputRefused
from kernels.models import KernelVersion
from kernels.review import quarantine
from tests.composition_rows import (
    GENERATE,
    add_live_composition,
    add_live_kernel,
    kernel,
    parallel,
    sequence,
)
from trajectories.models import Client
from workers.backends.choose import live_backend
from workers.backends.completion import BackendUnavailable, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.leases import WORKER
from workers.plan_runs import begin_plan_run, drive
from workers.step_claims import StepOutcome, claim_step, finish_step
from workers.suspects import one_suspect
from workers.tasks.composing import drive_plan, run_step, run_suspect_step, sweep_plans

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"type": "string", "minLength": 1}
PROMPT = {"prompt": "Ada wrote to Bo about 3 invoices."}


@pytest.fixture
def backend(settings: Settings) -> Iterator[ScriptedBackend]:
    settings.KW_LLM_PROVIDER = "scripted"
    settings.KW_KERNEL_RETRIES = 0
    live_backend.cache_clear()
    found = live_backend()
    assert isinstance(found, ScriptedBackend)
    yield found
    live_backend.cache_clear()


@pytest.fixture(autouse=True)
def broker() -> Iterator[redis.Redis]:
    """The broker, with nothing waiting; no worker takes anything from it here."""
    found = redis.Redis.from_url(configured.REDIS_URL)
    found.delete("interactive")
    yield found
    found.close()


def begun(client: Client, node: dict[str, Any], **fields: Any) -> PlanRun:
    composition = add_live_composition(node, **fields)
    run = begin_plan_run(composition=composition, client=client, given=PROMPT)
    drive_plan(str(run.pk))
    return run


def queued(run: PlanRun) -> list[StepRun]:
    return list(run.steps.filter(status="queued"))


def work(run: PlanRun) -> PlanRun:
    """Runs all that is queued until nothing is; the run as it then is."""
    while steps := queued(run):
        for step in steps:
            run_step(str(step.pk))
    run.refresh_from_db()
    return run


def steps_of(run: PlanRun) -> list[tuple[str, str, str]]:
    return [(one.step, one.kernel, one.status) for one in run.steps.order_by("finished_at")]


def asked(backend: ScriptedBackend) -> list[str]:
    return [str(request.messages[-1]["content"]) for request in backend.requests]


def test_a_sequence_hands_each_output_to_the_next(client: Client, backend: ScriptedBackend) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    run = begun(client, sequence(kernel("summarize"), kernel("entitle")))
    backend.enqueue('{"summary": "A letter."}', '{"title": "Letter"}')
    work(run)
    assert (run.status, run.output, run.error) == ("done", {"title": "Letter"}, None)
    assert asked(backend) == [PROMPT["prompt"], '{"summary": "A letter."}']
    assert run.finished_at
    composition = Composition.objects.get()
    assert (composition.passes, composition.failures) == (1, 0)


def test_branches_run_at_the_same_time(client: Client, backend: ScriptedBackend) -> None:
    """Each branch answers only once the other one is running, too."""
    both = threading.Barrier(2, timeout=60)
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    run = begun(client, parallel(kernel("summarize"), kernel("entitle")))

    def meet(request: ModelRequest) -> str:
        both.wait()
        (name,) = request.schema["properties"] if request.schema else ("",)
        return f'{{"{name}": "x"}}'

    def in_worker(step: StepRun) -> None:
        try:
            run_step(str(step.pk))
        finally:
            connections.close_all()

    backend.enqueue(meet, meet)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(in_worker, queued(run)))
    run.refresh_from_db()
    assert (run.status, run.output) == ("done", {"summary": "x", "title": "x"})
    assert [step.attempts for step in run.steps.all()] == [1, 1]


def test_messages_that_come_twice_change_nothing(client: Client, backend: ScriptedBackend) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    run = begun(client, sequence(kernel("summarize"), kernel("entitle")))
    drive_plan(str(run.pk))
    (first,) = queued(run)
    backend.enqueue('{"summary": "A letter."}', '{"title": "Letter"}')
    run_step(str(first.pk))
    run_step(str(first.pk))
    drive_plan(str(run.pk))
    assert len(queued(run)) == 1
    work(run)
    drive_plan(str(run.pk))
    assert len(backend.requests) == run.steps.count() == 2
    assert Composition.objects.get().passes == 1


def test_an_output_that_breaks_its_contract_fails_the_plan_and_says_why(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    backend.enqueue('{"summary": ""}')
    work(run)
    assert run.status == "failed"
    assert run.error is not None
    assert run.error["code"] == "plan_failed"
    assert run.error["message"].startswith("summarize: output schema failed")
    assert Composition.objects.get().failures == 1


def test_a_failed_branch_rolls_back_what_its_sibling_did(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("book", {"booking": TEXT}, rollback=GENERATE)
    add_live_kernel("pay", {"receipt": TEXT})
    run = begun(client, parallel(kernel("book"), kernel("pay")))
    backend.enqueue('{"booking": "B7"}', BackendUnavailable("it is down"), '{"cancelled": true}')
    work(run)
    assert steps_of(run) == [
        ("plan/0", "book", "done"),
        ("plan/1", "pay", "failed"),
        ("plan/0/undo", "book", "done"),
    ]
    undo = run.steps.get(action="undo")
    assert (undo.to_undo, undo.output) == ({"booking": "B7"}, {"cancelled": True})
    assert '{"booking": "B7"}' in asked(backend)[-1]
    assert run.error is not None
    assert (run.status, run.error["message"]) == ("failed", "pay: it is down")


def test_a_rollback_that_fails_is_named(client: Client, backend: ScriptedBackend) -> None:
    add_live_kernel("book", {"booking": TEXT}, rollback=GENERATE)
    add_live_kernel("pay", {"receipt": TEXT})
    run = begun(client, sequence(kernel("book"), kernel("pay")))
    backend.enqueue('{"booking": "B7"}', "no", "I cannot")
    work(run)
    assert run.error is not None
    assert run.error["message"].endswith("not rolled back: plan/0")


def test_best_effort_gives_what_the_good_branches_gave(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    node = parallel(kernel("summarize"), kernel("entitle"), strategy={"kind": "best_effort"})
    run = begun(client, node)
    backend.enqueue("nonsense", '{"title": "Letter"}')
    work(run)
    assert (run.status, run.output) == ("done", {"title": "Letter"})


def test_a_circuit_breaker_tries_again_until_it_opens(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    breaker = {"kind": "circuit_breaker", "after": 2}
    node = sequence(kernel("summarize"), strategy=breaker)
    run = begun(client, node)
    backend.enqueue("nonsense", '{"summary": "A letter."}')
    assert work(run).output == {"summary": "A letter."}
    again = begun(client, node, name="again")
    backend.enqueue("nonsense", "nonsense", '{"summary": "too late"}')
    assert work(again).status == "failed"
    assert again.steps.count() == 2


def test_conditions_and_loops_run_as_the_plan_says(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    loop = {
        "kind": "loop",
        "body": kernel("summarize"),
        "until": "size(output.summary) < 5",
        "at_most": 4,
    }
    node = {"kind": "conditional", "when": "size(input.numbers) > 0", "then": loop}
    run = begun(client, node)
    backend.enqueue('{"summary": "long text"}', '{"summary": "text"}')
    assert work(run).output == {"summary": "text"}


def test_a_precondition_that_an_output_fails_asks_no_model(
    client: Client, backend: ScriptedBackend
) -> None:
    asks = [{"kind": "cel", "expression": "size(input.emails) == 1", "label": "one address"}]
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("write", {"letter": TEXT}, preconditions=asks)
    run = begun(client, sequence(kernel("summarize"), kernel("write")))
    backend.enqueue('{"summary": "No address."}')
    work(run)
    assert run.error is not None
    assert "precondition one address" in run.error["message"]
    assert len(backend.requests) == 1


def test_an_input_that_the_first_kernel_would_not_take_is_refused_at_once(client: Client) -> None:
    asks = [{"kind": "cel", "expression": "size(input.emails) == 1", "label": "one address"}]
    add_live_kernel("write", {"letter": TEXT}, preconditions=asks)
    with pytest.raises(InputRefused, match="write: precondition one address"):
        begun(client, sequence(kernel("write")))
    assert not PlanRun.objects.exists()


def test_a_kernel_that_is_quarantined_meanwhile_does_not_run(
    client: Client, backend: ScriptedBackend
) -> None:
    version = add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    assert quarantine(version=version, reason="it drifted")
    assert KernelVersion.objects.get().state == "quarantined"
    work(run)
    assert run.error is not None
    assert "v1 is quarantined by now" in run.error["message"]
    assert not backend.requests


def claimed(run: PlanRun, worker: str = "worker-1", attempts: int = 1) -> StepRun:
    """The run's queued step in the hands of a worker that fell silent."""
    (step,) = queued(run)
    taken = claim_step(step_id=str(step.pk), worker=worker, lease_s=60)
    assert taken
    over = timezone.now() - timedelta(seconds=1)
    StepRun.objects.filter(pk=step.pk).update(lease_expires_at=over, attempts=attempts)
    taken.attempts = attempts
    return taken


def test_a_step_of_a_dead_worker_is_taken_up_and_its_late_result_is_dropped(
    client: Client, backend: ScriptedBackend, broker: redis.Redis
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    lost = claimed(run)
    broker.delete("interactive")
    sweep_plans()
    assert broker.llen("interactive") == 1
    with one_suspect:  # one suspect at a time in a process
        run_suspect_step(str(lost.pk))
    assert broker.llen("interactive") == 2
    backend.enqueue('{"summary": "A letter."}')
    run_suspect_step(str(lost.pk))
    late = StepOutcome(output={"summary": "late"})
    assert not finish_step(step=lost, worker="worker-1", outcome=late)
    run.refresh_from_db()
    step = run.steps.get()
    assert (run.output, step.attempts, step.claimed_by) == ({"summary": "A letter."}, 2, WORKER)


def test_a_step_that_kills_workers_fails_in_the_end(
    client: Client, backend: ScriptedBackend
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    claimed(run, attempts=configured.KW_MAX_ATTEMPTS)
    sweep_plans()
    drive_plan(str(run.pk))
    run.refresh_from_db()
    assert run.error is not None
    assert "3 workers died" in run.error["message"]


def test_a_plan_whose_worker_died_between_result_and_advance_goes_on(
    client: Client, backend: ScriptedBackend, broker: redis.Redis
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    add_live_kernel("entitle", {"title": TEXT})
    run = begun(client, sequence(kernel("summarize"), kernel("entitle")))
    step = claimed(run)
    done = StepOutcome(output={"summary": "A letter."})
    assert finish_step(step=step, worker="worker-1", outcome=done)
    broker.delete("interactive")
    sweep_plans()
    assert broker.llen("interactive") == 0  # it may be driven at this very moment
    PlanRun.objects.update(driven_at=timezone.now() - timedelta(seconds=60))
    sweep_plans()
    assert broker.llen("interactive") == 1
    assert [step.kernel for step in drive(plan_run_id=str(run.pk))] == ["entitle"]


def test_a_step_whose_message_was_lost_is_sent_again(client: Client, broker: redis.Redis) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    run.steps.update(created_at=timezone.now() - timedelta(minutes=5))
    broker.delete("interactive")
    sweep_plans()
    sweep_plans()
    assert broker.llen("interactive") == 1


def test_a_plan_that_cannot_be_driven_ends_with_its_steps(
    client: Client, backend: ScriptedBackend, broker: redis.Redis
) -> None:
    add_live_kernel("summarize", {"summary": TEXT})
    run = begun(client, sequence(kernel("summarize")))
    PlanRun.objects.update(state={"nonsense": 1})
    drive_plan(str(run.pk))
    run.refresh_from_db()
    assert (run.status, (run.error or {})["code"]) == ("failed", "internal_error")
    broker.delete("interactive")
    run.steps.update(created_at=timezone.now() - timedelta(minutes=5))
    sweep_plans()
    assert broker.llen("interactive") == 0
    (step,) = queued(run)
    run_step(str(step.pk))
    assert not backend.requests
