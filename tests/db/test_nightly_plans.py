"""A night's plan: begun once, carried on until every step is done, failed or skipped."""

from typing import Any

import pytest

from training.models import NightlyPlan, NightlyStep
from training.nightly.errors import PlanRunning, StepFailed, StepSkipped, StepWaits
from trajectories.errors import KernelWeaveError
from workers.nightly.plans import (
    ALWAYS,
    MOST_ATTEMPTS,
    Steps,
    advance,
    begin_plan,
    cancel_plan,
)
from workers.tasks.nightly import STEPS
from workers.turns import turn

pytestmark = pytest.mark.django_db

FAMILY = {"client_id": 1, "client": "a", "signature": "s", "label": "tickets"}
OTHER = {**FAMILY, "signature": "t"}
State = NightlyStep.State


class Work:
    """Carries steps out as it is told, and notes which."""

    def __init__(self, **told: Any) -> None:
        self.told = told
        self.done: list[str] = []
        self.steps: Steps = dict.fromkeys(STEPS, self._carry)

    def _carry(self, step: NightlyStep) -> dict[str, Any]:
        self.done.append(step.kind)
        said: Any = self.told.get(step.kind, {})
        if isinstance(said, Exception):
            raise said
        return dict(said)


def plan_of(*steps: tuple[str, dict[str, Any]]) -> NightlyPlan:
    plan = NightlyPlan.objects.create(key="tonight")
    for place, (kind, subject) in enumerate(steps):
        NightlyStep.objects.create(plan=plan, place=place, kind=kind, subject=subject)
    return plan


def states(plan: NightlyPlan) -> list[tuple[str, str]]:
    return list(plan.steps.values_list("kind", "state"))


def run(plan: NightlyPlan, work: Work) -> list[str]:
    advance(plan.pk, work.steps)
    plan.refresh_from_db()
    return work.done


def test_two_clocks_that_ask_for_one_night_get_one_plan() -> None:
    plan, new = begin_plan(key="night of 2026-11-22")
    again, anew = begin_plan(key="night of 2026-11-22")
    assert (new, anew) == (True, False)
    assert plan == again
    assert [step.kind for step in plan.steps.all()] == list(ALWAYS)
    assert plan.options["canary_share"] == 0.2


def test_no_second_plan_is_begun_while_one_runs() -> None:
    plan, _ = begin_plan(key="tonight")
    with pytest.raises(PlanRunning, match="tonight"):
        begin_plan(key="by hand")
    cancel_plan(plan=plan)
    assert begin_plan(key="by hand")[1]


def test_a_plan_is_done_when_all_its_steps_are() -> None:
    plan = plan_of(("calibrator", {}), ("prm", {}))
    assert run(plan, Work(prm={"made": 3})) == ["calibrator", "prm"]
    assert plan.state == NightlyPlan.State.DONE
    assert plan.finished_at is not None
    assert plan.steps.get(kind="prm").result == {"made": 3}


def test_a_failed_step_holds_up_its_own_family_alone() -> None:
    plan = plan_of(
        ("policy", {}),
        ("export", FAMILY),
        ("train", FAMILY),
        ("export", OTHER),
        ("publish", OTHER),
    )
    work = Work(policy=StepFailed("loss is not finite"), train=StepFailed("NaN"))
    steps = list(plan.steps.all())
    run(plan, work)
    assert states(plan) == [
        ("policy", State.FAILED),
        ("export", State.DONE),
        ("train", State.FAILED),
        ("export", State.DONE),
        ("publish", State.DONE),
    ]
    assert plan.steps.get(pk=steps[2].pk).reason == "NaN"
    assert plan.state == NightlyPlan.State.DONE


def test_what_follows_a_step_that_was_not_done_is_skipped() -> None:
    plan = plan_of(("export", FAMILY), ("train", FAMILY), ("publish", FAMILY))
    assert run(plan, Work(export=StepSkipped("too few"))) == ["export"]
    assert [(step.state, step.reason) for step in plan.steps.all()] == [
        (State.SKIPPED, "too few"),
        (State.SKIPPED, "export was not done"),
        (State.SKIPPED, "export was not done"),
    ]


def test_while_a_step_waits_other_families_go_on() -> None:
    plan = plan_of(("train", FAMILY), ("evaluate", FAMILY), ("export", OTHER))
    work = Work(train=StepWaits("3 of 10 iterations"))
    assert run(plan, work) == ["train", "export"]
    assert plan.state == NightlyPlan.State.RUNNING
    assert plan.steps.get(kind="train").reason == "3 of 10 iterations"
    for _ in range(MOST_ATTEMPTS + 2):  # waiting is no failure
        run(plan, work)
    work.told = {}
    work.done.clear()
    assert run(plan, work) == ["train", "evaluate"]
    assert plan.state == NightlyPlan.State.DONE


def test_what_fails_for_now_is_tried_again_and_given_up_in_the_end() -> None:
    plan = plan_of(("evaluate", FAMILY))
    work = Work(evaluate=KernelWeaveError("the model server is away"))
    for _ in range(MOST_ATTEMPTS):
        run(plan, work)
        assert plan.steps.get().state == State.RUNNING
    run(plan, work)
    step = plan.steps.get()
    assert step.state == State.FAILED
    assert "given up after 5 attempts: the model server is away" in step.reason
    assert len(work.done) == MOST_ATTEMPTS


def test_an_unknown_failure_is_told_and_ends_the_step(caplog: pytest.LogCaptureFixture) -> None:
    plan = plan_of(("prm", {}))
    run(plan, Work(prm=ZeroDivisionError("by zero")))
    assert plan.steps.get().reason.startswith("ZeroDivisionError: by zero")
    assert "nightly step" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_plan_is_carried_on_by_one_process_at_a_time() -> None:
    import threading

    plan, work = plan_of(("prm", {})), Work()
    held, go_on = threading.Event(), threading.Event()

    def other_process() -> None:
        from django.db import connection

        with turn(f"nightly plan {plan.pk}"):
            held.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=other_process)
    thread.start()
    held.wait(10)
    assert run(plan, work) == []
    go_on.set()
    thread.join()
    assert run(plan, work) == ["prm"]


def test_a_cancelled_plan_does_no_more() -> None:
    plan = plan_of(("prm", {}), ("train", FAMILY))
    assert cancel_plan(plan=plan)
    assert run(plan, Work()) == []
    assert {state for _, state in states(plan)} == {State.SKIPPED}
    assert not cancel_plan(plan=plan)
