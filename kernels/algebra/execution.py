"""Runs a composition step by step; between two steps, all there is to know is one JSON value.

`begin` gives the first state. `next_steps` tells what may run now, the steps of parallel branches
together; `start` notes that they were handed out, `advance` what came of one. All are pure: whoever
keeps the state after each of them can stop anywhere and go on elsewhere. After a killed worker, the
steps in `started_steps` are run again; of two results for one step, the first counts.

The state holds results and decisions; where the plan stands is derived from them, by walking it. An
expression is evaluated once, and its value kept, so that each walk takes the same way.

Rolled back are the steps that succeeded. What a step did before it failed is its own to undo.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kernels.algebra import plan
from kernels.algebra.inputs import InputFailed, bound_input
from kernels.algebra.plan import Composition, KernelRef, Node, Strategy
from kernels.algebra.templates import NoValue, build, holds
from trajectories.errors import KernelWeaveError

_UNDO = "/undo"


class UnknownStep(KernelWeaveError):
    """The plan is not at this step."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Value):
    """A kernel to run on a bound input, or to roll back: then `output` is what it had given."""

    id: str
    action: Literal["run", "undo"]
    kernel: str
    digest: str
    input: dict[str, Any]
    output: Any = None


class StepResult(_Value):
    """What came of a step: its output, or why it failed."""

    output: Any = None
    failure: str = ""


class Reported(_Value):
    """A step's first result."""

    step: str
    result: StepResult


class Decided(_Value):
    """The value of an expression of the plan at one place, or why it has none."""

    value: Any = None
    failure: str = ""


class PlanState(_Value):
    """A composition under way."""

    composition: Composition
    input: Any
    undoable: tuple[str, ...] = ()  # digests of the kernels that have a rollback
    started: tuple[str, ...] = ()  # in the order in which they were handed out
    reported: tuple[Reported, ...] = ()  # in the order in which they came in
    decided: dict[str, Decided] = Field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """It gave this."""

    output: Any


@dataclass(frozen=True)
class Failed:
    """It failed, and nothing of it is left but what `reason` names."""

    reason: str


@dataclass(frozen=True)
class Waiting:
    """It waits for steps: these may run now, others are under way."""

    steps: tuple[Step, ...] = ()


Outcome = Done | Failed | Waiting


def begin(composition: Composition, given: Any, undoable: Collection[str] = ()) -> PlanState:
    """The state before the first step. `undoable`: digests of the kernels that have a rollback."""
    return _settled(
        PlanState(composition=composition, input=given, undoable=tuple(sorted(undoable)))
    )


def outcome(state: PlanState) -> Outcome:
    """What the whole plan gave, why it failed, or what it waits for."""
    return _Walk(state).whole()


def next_steps(state: PlanState) -> tuple[Step, ...]:
    """The steps that may run now, at the same time, and were not started yet."""
    found = outcome(state)
    waiting = found.steps if isinstance(found, Waiting) else ()
    return tuple(step for step in waiting if step.id not in state.started)


def started_steps(state: PlanState) -> tuple[Step, ...]:
    """The steps that were started and have no result: to run again when their worker is gone."""
    walk = _Walk(state)
    walk.whole()
    return tuple(walk.step(name) for name in state.started if name not in walk.results)


def start(state: PlanState, steps: Iterable[Step]) -> PlanState:
    """Notes that steps were handed out; only these are waited for when the plan fails.

    Raises UnknownStep for a step that may not run now.
    """
    allowed = {step.id for step in next_steps(state)}
    ids = tuple(step.id for step in steps)
    for step in ids:
        if step not in allowed:
            raise UnknownStep(f"{step} may not start now")
    return state.model_copy(update={"started": state.started + ids})


def advance(state: PlanState, step: str, result: StepResult) -> PlanState:
    """The state after a step's result. A second result for the same step changes nothing.

    Raises UnknownStep for a step that was not started.
    """
    if any(one.step == step for one in state.reported):
        return state
    if step not in state.started:
        raise UnknownStep(f"{step} was not started")
    reported = (*state.reported, Reported(step=step, result=result))
    return _settled(state.model_copy(update={"reported": reported}))


def left_behind(state: PlanState) -> tuple[str, ...]:
    """The steps whose rollback failed: what they did is still there."""
    failed = [one.step for one in state.reported if one.result.failure]
    return tuple(step.removesuffix(_UNDO) for step in failed if step.endswith(_UNDO))


RunStep = Callable[[Step], StepResult]
Together = Callable[[RunStep, tuple[Step, ...]], Iterable[StepResult]]


def run_to_end(state: PlanState, run_step: RunStep, together: Together = map) -> PlanState:
    """Runs a plan in this process. `together` runs several steps, such as an executor's `map`."""
    while steps := (*started_steps(state), *next_steps(state)):
        state = start(state, next_steps(state))
        for step, result in zip(steps, together(run_step, steps), strict=True):
            state = advance(state, step.id, result)
    return state


def _settled(state: PlanState) -> PlanState:
    """The state with every expression evaluated that the plan needs by now."""
    walk = _Walk(state)
    walk.whole()
    return state.model_copy(update={"decided": walk.decided})


Path = tuple[str, ...]


class _Walk:
    """Goes through the plan as far as the results allow."""

    def __init__(self, state: PlanState) -> None:
        self.state = state
        self.results = {one.step: one.result for one in state.reported}
        self.decided = dict(state.decided)
        self.met: dict[str, tuple[KernelRef, Any]] = {}  # kernels on the way, and what they take

    def whole(self) -> Outcome:
        variables = {"input": self.state.input, "outputs": {}}
        return self.node(self.state.composition.plan, self.state.input, variables, ("plan",))

    def decide(self, path: Path, what: str, evaluate: Callable[[], Any]) -> Decided:
        key = "/".join((*path, what))
        if key not in self.decided:
            try:
                self.decided[key] = Decided(value=evaluate())
            except NoValue as error:
                self.decided[key] = Decided(failure=error.detail)
        return self.decided[key]

    def node(self, node: Node, given: Any, variables: dict[str, Any], path: Path) -> Outcome:
        template = node.input
        if template is not None:
            built = self.decide(path, "input", lambda: build(template, variables))
            if built.failure:
                return Failed(built.failure)
            given = built.value
        match node:
            case plan.KernelRef():
                return self.kernel(node, given, path)
            case plan.Sequence():
                return self.sequence(node, given, path)
            case plan.Parallel():
                return self.parallel(node, given, path)
            case plan.Conditional():
                return self.conditional(node, given, path)
            case plan.Loop():
                return self.loop(node, given, path)

    def kernel(self, node: KernelRef, given: Any, path: Path) -> Outcome:
        name = "/".join(path)
        self.met[name] = (node, given)
        if name not in self.results:
            try:
                return Waiting((self.step(name),))
            except InputFailed as error:
                return Failed(f"{node.kernel}: {error.detail}")
        result = self.results[name]
        return Failed(f"{node.kernel}: {result.failure}") if result.failure else Done(result.output)

    def step(self, name: str) -> Step:
        """A step that was met, or the rollback of one. Raises InputFailed."""
        run = name.removesuffix(_UNDO)
        node, given = self.met[run]
        output = None if run == name else self.results[run].output
        return Step(
            id=name,
            action="run" if run == name else "undo",
            kernel=node.kernel,
            digest=node.digest,
            input=bound_input(given),
            output=output,
        )

    def sequence(self, node: plan.Sequence, given: Any, path: Path) -> Outcome:
        value, outputs = given, dict[str, Any]()
        failures = _Failures(node.strategy)
        for index, step in enumerate(node.steps):
            variables = {"input": given, "outputs": dict(outputs)}
            found = self.tried(step, value, variables, (*path, str(index)), failures)
            if isinstance(found, Waiting):
                return found
            if isinstance(found, Failed):
                best = node.strategy.kind == "best_effort" and index > 0
                return Done(value) if best else self.undo(path, found.reason)
            value = found.output
            if step.name:
                outputs[step.name] = value
        template = node.output
        if template is None:
            return Done(value)
        variables = {"input": given, "outputs": outputs}
        built = self.decide(path, "output", lambda: build(template, variables))
        return self.undo(path, built.failure) if built.failure else Done(built.value)

    def parallel(self, node: plan.Parallel, given: Any, path: Path) -> Outcome:
        failures = _Failures(node.strategy)
        variables = {"input": given, "outputs": {}}
        found = [
            self.tried(branch, given, variables, (*path, str(index)), failures)
            for index, branch in enumerate(node.branches)
        ]
        best = node.strategy.kind == "best_effort"
        if (failures.open and not best) or all(isinstance(one, Failed) for one in found):
            return self.undo(path, "; ".join(failures.reasons))
        waiting = [one for one in found if isinstance(one, Waiting)]
        if waiting:
            return Waiting(tuple(step for one in waiting for step in one.steps))
        return self.merged(node, found, path)

    def merged(self, node: plan.Parallel, found: list[Outcome], path: Path) -> Outcome:
        whole: dict[str, Any] = {}
        for branch, one in zip(node.branches, found, strict=True):
            if not isinstance(one, Done):
                continue
            part = {branch.name: one.output} if branch.name else one.output
            if not isinstance(part, dict):
                return self.undo(path, "a branch gave no object to merge")
            if shared := sorted(whole.keys() & part.keys()):
                return self.undo(path, f"two branches wrote {', '.join(shared)}")
            whole |= part
        return Done(whole)

    def conditional(self, node: plan.Conditional, given: Any, path: Path) -> Outcome:
        decided = self.decide(path, "when", lambda: holds(node.when, {"input": given}))
        if decided.failure:
            return Failed(decided.failure)
        branch, name = (node.then, "then") if decided.value else (node.otherwise, "otherwise")
        if branch is None:
            return Done(given)
        return self.node(branch, given, {"input": given, "outputs": {}}, (*path, name))

    def loop(self, node: plan.Loop, given: Any, path: Path) -> Outcome:
        value = given
        for turn in range(1, node.at_most + 1):
            at = (*path, f"turn{turn}")
            found = self.node(node.body, value, {"input": value, "outputs": {}}, at)
            if isinstance(found, Waiting):
                return found
            if isinstance(found, Failed):
                return self.undo(path, found.reason)
            value = found.output
            if node.until is None:
                continue
            decided = self.until(node.until, given, value, at)
            if decided.failure:
                return self.undo(path, decided.failure)
            if decided.value:
                return Done(value)
        if node.until is None:
            return Done(value)
        return self.undo(path, f"not so after {node.at_most} turns: {node.until}")

    def until(self, expression: str, given: Any, output: Any, path: Path) -> Decided:
        return self.decide(
            path, "until", lambda: holds(expression, {"input": given, "output": output})
        )

    def tried(
        self,
        node: Node,
        given: Any,
        variables: dict[str, Any],
        path: Path,
        failures: "_Failures",
    ) -> Outcome:
        """What came of a child; under a circuit breaker, of its last try.

        A try that was started goes on to be looked at, also when the circuit opened since.
        """
        attempt, at = 1, path
        while True:
            found = self.node(node, given, variables, at)
            if not isinstance(found, Failed):
                return found
            failures.reasons.append(found.reason)
            attempt += 1
            at = (*path[:-1], f"{path[-1]}~{attempt}")
            if failures.open and not any(_inside(step, at) for step in self.state.started):
                return found

    def undo(self, path: Path, reason: str) -> Outcome:
        """Waits for what is under way inside a node, then rolls back the rest, the last first."""
        inside = [step for step in self.state.started if _inside(step, path)]
        if any(step not in self.results for step in inside):
            return Waiting()
        for one in reversed(self.state.reported):
            name = f"{one.step}{_UNDO}"
            if one.result.failure or one.step.endswith(_UNDO) or not _inside(one.step, path):
                continue
            if name not in self.results and self.met[one.step][0].digest in self.state.undoable:
                return Waiting((self.step(name),))
        failed = [step for step in left_behind(self.state) if _inside(step, path)]
        return Failed(f"{reason}; not rolled back: {', '.join(failed)}" if failed else reason)


class _Failures:
    """The failures of a node's children; from how many on its circuit is open."""

    def __init__(self, strategy: Strategy) -> None:
        self.reasons: list[str] = []
        self.enough = strategy.after if strategy.kind == "circuit_breaker" else 1

    @property
    def open(self) -> bool:
        return len(self.reasons) >= self.enough


def _inside(step: str, path: Path) -> bool:
    return tuple(step.split("/")[: len(path)]) == path
