"""Runs a composition in this process, keeping nothing: to try it before it is proposed."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from kernels.algebra.execution import PlanState, RunStep, Step, StepResult, begin, run_to_end
from kernels.algebra.plan import Composition as Plan
from kernels.routing import VersionFacts
from workers.backends.completion import Backend
from workers.steps import StepWork, run_step_kernel


def run_here(
    plan: Plan, kernels: dict[str, VersionFacts], given: dict[str, Any], backend: Backend
) -> PlanState:
    """The state at the end. Steps of parallel branches run at the same time."""

    def run_step(step: Step) -> StepResult:
        version = kernels[step.digest].version_id
        work = StepWork(version, step.action == "undo", step.input, step.output)
        try:
            done = run_step_kernel(work, backend)
        finally:
            connections.close_all()  # this thread's own
        return StepResult(output=done.output, failure=done.failure)

    def together(run: RunStep, steps: tuple[Step, ...]) -> Iterable[StepResult]:
        with ThreadPoolExecutor(len(steps)) as pool:
            return list(pool.map(run, steps))

    undoable = [digest for digest, facts in kernels.items() if facts.spec.rollback]
    return run_to_end(begin(plan, given, undoable), run_step, together)
