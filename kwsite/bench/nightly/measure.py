"""A night on a running stack: traffic, the plan, the rise of what it made, the prompts again.

Two apps ask the same. What the first is told is learned from; the second only measures the model as
it is, so that no test prompt is ever learned from before it is asked.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.nightly.outcome import Answers, FamilyNight, Night
from kwsite.commandline.client import ServiceClient
from training.models import Adapter, NightlyPlan, NightlySettings, NightlyStep
from trajectories.models import Trajectory
from workers.nightly.plans import ask_to_advance, begin_plan

POLL_S = 1.0
SCORED_WITHIN_S = 180.0
PLAN_WITHIN_S = 5400.0
RISEN = (Adapter.State.LIVE,)
OUT = (Adapter.State.REJECTED, Adapter.State.ROLLED_BACK, Adapter.State.RETIRED)
APP = "local"  # the client that `make run` makes
MOST_TRAFFIC = 400  # prompts of a family, until its adapter has risen


@dataclass(frozen=True)
class Sizes:
    train: int
    test: int
    iterations: int
    learning_rate: float


Say = Callable[[str], None]


def measure_night(
    app: ServiceClient,
    beside: ServiceClient,
    families: Sequence[Family],
    sizes: Sizes,
    *,
    model: str,
    command: str,
    say: Say,
) -> Night:
    """Raises ServiceFailure, TimeoutError."""
    say("Asking the test prompts before the night.")
    before = {one.name: _asked(beside, one, one.test[: sizes.test]) for one in families}
    for family in families:
        say(f"{family.name}: {before[family.name].rate:.0%} right. Traffic to learn from.")
        for sample in family.train[: sizes.train]:
            _taught(app, family, sample)
    _wait("every answer is scored", _all_scored, SCORED_WITHIN_S)
    told = {"iterations": sizes.iterations, "learning_rate": sizes.learning_rate}
    NightlySettings.objects.update_or_create(pk=1, defaults=told)
    began = time.monotonic()
    plan, _ = begin_plan(key="bench")
    ask_to_advance()
    say("The plan has begun.")
    _wait("the plan is done", lambda: _is_done(plan, say), PLAN_WITHIN_S)
    plan_s = time.monotonic() - began
    say(f"The plan is done after {plan_s:.0f} s. Traffic, until adapters have risen.")
    began = time.monotonic()
    for family in families:
        _rise(app, family, plan, say)
    rise_s = time.monotonic() - began
    say("Asking the test prompts again.")
    after = {one.name: _asked(app, one, one.test[: sizes.test]) for one in families}
    return Night(
        command=command,
        model=model,
        iterations=sizes.iterations,
        learning_rate=sizes.learning_rate,
        families=tuple(
            _night(family, plan, before[family.name], after[family.name]) for family in families
        ),
        plan_s=plan_s,
        rise_s=rise_s,
        steps=tuple(_step(step) for step in plan.steps.all()),
    )


def _asked(service: ServiceClient, family: Family, samples: Sequence[Sample]) -> Answers:
    told = [_ask(service, family, sample) for sample in samples]
    adapters = {one["kernelweave"].get("adapter") for one in told}
    return Answers(
        len(samples),
        tuple(_is_right(family, s, one) for s, one in zip(samples, told, strict=True)),
        sum(one["kernelweave"]["verified"] is True for one in told),
        tuple(sorted(name for name in adapters if name)),
    )


def _taught(service: ServiceClient, family: Family, sample: Sample) -> None:
    """Asks, and where the app's people look at answers, says what would have been right."""
    told = _ask(service, family, sample)
    if family.judges:
        right = _is_right(family, sample, told)
        said: dict[str, Any] = {"verdict": "correct"}
        if not right:
            said = {"verdict": "incorrect", "answer": json.dumps(sample.gold)}
        service.feedback({"run_id": told["kernelweave"]["run_id"], **said})


def _ask(service: ServiceClient, family: Family, sample: Sample) -> dict[str, Any]:
    return service.chat(family.body(sample.prompt))


def _is_right(family: Family, sample: Sample, told: dict[str, Any]) -> bool:
    try:
        output = json.loads(told["choices"][0]["message"]["content"] or "")
    except ValueError:
        return False
    return family.right(sample, output)


def _all_scored() -> bool:
    return not Trajectory.objects.filter(scored_at=None).exists()


def _is_done(plan: NightlyPlan, say: Say) -> bool:
    plan.refresh_from_db()
    running = plan.steps.filter(state=NightlyStep.State.RUNNING).first()
    if running is not None:
        say(f"{running.kind} {running.subject.get('label', '')}: {running.reason}")
    return plan.state != NightlyPlan.State.RUNNING


def _wait(what: str, is_so: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {within_s:.0f} s until {what}.")
        time.sleep(POLL_S)


def _rise(app: ServiceClient, family: Family, plan: NightlyPlan, say: Say) -> None:
    """Sends traffic until the family's adapter is live, or has gone out."""
    adapter = _adapter(family, plan)
    if adapter is None:
        return
    for number, sample in zip(range(MOST_TRAFFIC), cycle(family.train), strict=False):
        adapter.refresh_from_db()
        if adapter.state in (*RISEN, *OUT):
            break
        if not number % 20:
            say(f"{family.name}: {adapter.name} is {adapter.state}")
        _taught(app, family, sample)
    say(f"{family.name}: {adapter.name} is {adapter.state}")


def _steps_of(family: Family, plan: NightlyPlan) -> dict[str, NightlyStep]:
    signature = family.request("").signature
    rows = plan.steps.filter(subject__signature=signature, subject__client=APP)
    return {step.kind: step for step in rows}


def _adapter(family: Family, plan: NightlyPlan) -> Adapter | None:
    evaluated = _steps_of(family, plan).get("evaluate")
    name = evaluated.result.get("adapter") if evaluated else None
    return Adapter.objects.filter(name=name).first() if name else None


def _night(family: Family, plan: NightlyPlan, before: Answers, after: Answers) -> FamilyNight:
    steps, adapter = _steps_of(family, plan), _adapter(family, plan)
    reasons = [f"{step.kind}: {step.reason}" for step in steps.values() if step.reason]
    return FamilyNight(
        family.name,
        before,
        after,
        int(steps["export"].result.get("lessons", 0)) if "export" in steps else 0,
        steps["evaluate"].result.get("gate") if "evaluate" in steps else None,
        "; ".join(reasons),
        adapter.name if adapter else "",
        adapter.state if adapter else "",
    )


def _step(step: NightlyStep) -> tuple[str, str, str, float]:
    if step.started_at is None or step.finished_at is None:
        seconds = 0.0
    else:
        seconds = (step.finished_at - step.started_at).total_seconds()
    return step.kind, str(step.subject.get("label", "")), step.state, round(seconds, 1)
