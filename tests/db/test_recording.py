"""What a worker writes about a run: once, whole, and only while the run is its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from kernels.library.reading import starters
from kernels.models import KernelVersion
from kernels.registry import propose_version
from kernels.routing import version_facts
from tests.db.rows import WORKER, chat, claimed_run, generated, queued_run
from trajectories.models import Client, Event, Run, Trajectory
from workers.recording import claim_run, fail_run, record_answer, renew_leases
from workers.trace import Trace

pytestmark = pytest.mark.django_db

HELLO = chat("Say hello")
ANSWER = generated({"word": "hello"})
ERROR = {"status": 503, "message": "The model server cannot be reached."}


def trace() -> Trace:
    found = Trace()
    found.add(Event.Kind.DECISION, route="generation")
    found.add(Event.Kind.MESSAGE, text="hello")
    return found


def record(run: Run, worker: str = WORKER) -> Trajectory | None:
    return record_answer(run=run, request=HELLO, answer=ANSWER, trace=trace(), worker=worker)


def version() -> KernelVersion:
    return propose_version(
        spec=starters()[0].spec, samples=[], client=None, confidence=0.7, evidence={}
    )


def test_an_answer_is_recorded_whole(client: Client) -> None:
    run = claimed_run(client, HELLO)
    trajectory = record(run)
    assert trajectory is not None
    run.refresh_from_db()
    assert (run.status, run.attempts, run.lease_expires_at) == ("done", 1, None)
    assert run.response is not None
    assert run.response["content"] == '{"word": "hello"}'
    assert run.response["kernelweave"]["run_id"] == str(run.pk)
    assert run.response["usage"]["total_tokens"] == 40
    assert trajectory.prompt == "Say hello"
    assert list(trajectory.events.values_list("sequence", "kind")) == [
        (0, "decision"),
        (1, "message"),
    ]


def test_nothing_is_recorded_when_a_part_fails(client: Client) -> None:
    run = claimed_run(client, HELLO)
    broken = trace()
    object.__setattr__(broken.events[1], "kind", None)
    with pytest.raises(IntegrityError):
        record_answer(run=run, request=HELLO, answer=ANSWER, trace=broken, worker=WORKER)
    run.refresh_from_db()
    assert (run.status, run.response) == ("running", None)
    assert Trajectory.objects.count() == Event.objects.count() == 0


def test_a_run_that_was_taken_over_drops_the_first_answer(client: Client) -> None:
    run = claimed_run(client, HELLO)
    Run.objects.filter(pk=run.pk).update(claimed_by="worker-2")
    assert record(run) is None
    assert Trajectory.objects.count() == 0
    assert record(run, "worker-2") is not None
    assert record(run) is None
    assert Trajectory.objects.count() == 1


def test_an_answer_is_recorded_once(client: Client) -> None:
    run = claimed_run(client, HELLO)
    assert record(run) is not None
    assert record(run) is None
    assert Trajectory.objects.count() == 1


def test_a_failure_ends_the_run_and_records_no_trajectory(client: Client) -> None:
    run = claimed_run(client, HELLO)
    assert fail_run(run=run, worker=WORKER, error=ERROR)
    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", ERROR)
    assert run.is_finished
    assert record(run) is None
    assert Trajectory.objects.count() == 0


def test_a_failure_of_a_lost_run_changes_nothing(client: Client) -> None:
    run = claimed_run(client, HELLO)
    assert not fail_run(run=run, worker="worker-2", error=ERROR)
    run.refresh_from_db()
    assert run.status == "running"


def test_a_lease_is_renewed_only_by_its_worker(client: Client) -> None:
    run = claimed_run(client, HELLO)
    over = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk=run.pk).update(lease_expires_at=over)
    renew_leases(worker="worker-2", run_ids=[str(run.pk)], lease_s=60)
    run.refresh_from_db()
    assert run.lease_expires_at == over
    renew_leases(worker=WORKER, run_ids=[str(run.pk)], lease_s=60)
    run.refresh_from_db()
    assert run.lease_expires_at is not None
    assert run.lease_expires_at > timezone.now()


def test_a_run_that_is_not_there_cannot_be_claimed() -> None:
    assert claim_run(run_id=str(uuid4()), worker=WORKER, lease_s=1) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_claims_a_run(client: Client) -> None:
    run, together = queued_run(client, HELLO), Barrier(4)

    def claim(number: int) -> bool:
        together.wait(10)
        try:
            claimed = claim_run(run_id=str(run.pk), worker=f"worker-{number}", lease_s=60)
            return claimed is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, range(4))) == [False, False, False, True]
    run.refresh_from_db()
    assert run.attempts == 1


def test_a_kernel_that_served_gains_confidence(client: Client) -> None:
    facts = version_facts(version().pk)
    served = generated({"dates": []}, route="kernel", kernel=facts)
    run = claimed_run(client, HELLO)
    record_answer(run=run, request=HELLO, answer=served, trace=trace(), worker=WORKER)
    found = KernelVersion.objects.get(pk=facts.version_id)
    assert (found.passes, found.failures) == (1, 0)
    assert found.confidence > 0.7


def test_a_kernel_that_failed_loses_confidence(client: Client) -> None:
    facts = version_facts(version().pk)
    run = claimed_run(client, HELLO)
    failed = generated({"word": "hello"}, failed_kernel=facts)
    trajectory = record_answer(run=run, request=HELLO, answer=failed, trace=trace(), worker=WORKER)
    found = KernelVersion.objects.get(pk=facts.version_id)
    assert (found.passes, found.failures) == (0, 1)
    assert found.confidence < 0.7
    assert trajectory is not None
    assert trajectory.kernel_version is None
