"""A night on a running stack: traffic, the plan, the rise of what it made, the prompts again.

Two apps ask the same. What the first is told is learned from; the second only measures the model as
it is, so that no test prompt is ever learned from before it is asked.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from kwsite.bench.claim.family import Family, Sample
from kwsite.bench.nightly.following import Say, follow_plan
from kwsite.bench.nightly.outcome import Answers, FamilyNight, Night
from kwsite.bench.nightly.traffic import ask, is_right, taught
from kwsite.commandline.client import ServiceClient
from training.models import Adapter, NightlyPlan, NightlyStep

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
            taught(app, family, sample)
    plan, plan_s = follow_plan(
        "bench", say, iterations=sizes.iterations, learning_rate=sizes.learning_rate
    )
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
    told = [ask(service, family, sample) for sample in samples]
    adapters = {one["kernelweave"].get("adapter") for one in told}
    return Answers(
        len(samples),
        tuple(is_right(family, s, one) for s, one in zip(samples, told, strict=True)),
        sum(one["kernelweave"]["verified"] is True for one in told),
        tuple(sorted(name for name in adapters if name)),
    )


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
        taught(app, family, sample)
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
