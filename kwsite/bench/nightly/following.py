"""A plan of the service that is measured: begun, and followed to its end."""

import time
from collections.abc import Callable

from training.models import NightlyPlan, NightlySettings, NightlyStep
from trajectories.models import Trajectory
from workers.nightly.plans import ask_to_advance, begin_plan

POLL_S = 1.0
SCORED_WITHIN_S = 180.0
PLAN_WITHIN_S = 5400.0
Say = Callable[[str], None]


def follow_plan(key: str, say: Say, **options: float) -> tuple[NightlyPlan, float]:
    """A plan that is done, and the seconds it took. `options` are changes of the settings.

    Raises TimeoutError.
    """
    wait("every answer is scored", _all_scored, SCORED_WITHIN_S)
    NightlySettings.objects.update_or_create(pk=1, defaults=options)
    began = time.monotonic()
    plan, _ = begin_plan(key=key)
    ask_to_advance()
    say("The plan has begun.")
    wait("the plan is done", lambda: _is_done(plan, say), PLAN_WITHIN_S)
    return plan, time.monotonic() - began


def _all_scored() -> bool:
    return not Trajectory.objects.filter(scored_at=None).exists()


def _is_done(plan: NightlyPlan, say: Say) -> bool:
    plan.refresh_from_db()
    running = plan.steps.filter(state=NightlyStep.State.RUNNING).first()
    if running is not None:
        say(f"{running.kind} {running.subject.get('label', '')}: {running.reason}")
    return plan.state != NightlyPlan.State.RUNNING


def wait(what: str, is_so: Callable[[], bool], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {within_s:.0f} s until {what}.")
        time.sleep(POLL_S)
