"""Recipes on prompts whose good answer is known, each compiled without the prompt."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.compiler.compile import Trace
from kernels.compiler.distinct import same_question
from kernels.compiler.errors import NothingInCommon
from kernels.conditions.checks import Subject
from kernels.execution import Ask, Shot, run_recipe
from kernels.gate import Replayed
from kernels.routing import is_ready
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.tightening import BindingFailed
from kernels.verify import NotJson, parse_output, verify
from trajectories.models import Event
from workers.backends.completion import BackendError, BackendRejected
from workers.replies import judge_of

REPLAYED = 6
# What is observed whenever a kernel runs.
OBSERVED = (Event.Kind.DECISION.value, Event.Kind.OBSERVATION.value, Event.Kind.MESSAGE.value)

Compile = Callable[[Sequence[Trace]], KernelSpec]
Recipe = Callable[[KernelSpec], KernelSpec]  # changes how a spec asks the model


@dataclass(frozen=True)
class Replay:
    """What came of a recipe."""

    recipe: str
    figures: Replayed

    @property
    def rank(self) -> tuple[int, int, int, int]:
        return (
            self.figures.agreed + self.figures.won,
            self.figures.changed,
            self.figures.accepted,
            -self.figures.kernel_tokens,
        )


def best_recipe(
    traces: Sequence[Trace], failed: Sequence[Trace], compile_from: Compile, ask: Ask
) -> tuple[Recipe, Replay]:
    """Replays each recipe; the one with most right answers wins, then the shortest, in tokens.

    Raises NothingInCommon; BackendError when the model server, also as the judge, fails; not when
    it refuses one prompt: that prompt counts as failed.
    """
    count = min(REPLAYED, len(traces))
    spread = [traces[at * len(traces) // count] for at in range(count)]
    whole = compile_from(traces)
    cases = [_case(trace, traces, compile_from) for trace in spread]
    lost = [_Case(trace, tuple(traces), whole, known=False) for trace in failed]
    tried = [
        (recipe, Replay(name, _replay(recipe, [*cases, *lost], ask)))
        for name, recipe in _recipes(whole, traces[0].system).items()
    ]
    return max(tried, key=lambda pair: pair[1].rank)


@dataclass(frozen=True)
class _Case:
    """A prompt, and what is known without it. `spec` is None where the rest make no kernel."""

    trace: Trace
    others: tuple[Trace, ...]
    spec: KernelSpec | None
    known: bool = True  # its good answer


def _case(trace: Trace, traces: Sequence[Trace], compile_from: Compile) -> _Case:
    asked = same_question(trace.prompt)
    others = tuple(other for other in traces if same_question(other.prompt) != asked)
    if not others:
        return _Case(trace, (), None)
    try:
        return _Case(trace, others, compile_from(others))
    except NothingInCommon:
        return _Case(trace, others, None)


def _recipes(spec: KernelSpec, system: str) -> Mapping[str, Recipe]:
    """The recipes to try: some examples, few, none, and few with the app's system prompt."""
    if spec.generate is None:
        return {"computed": lambda computed: computed}
    recipes = {
        "examples only": _asking("", 4),
        "two examples only": _asking("", 2),
        "the prompt alone": _asking("", 0),
    }
    if system:
        recipes["system prompt and examples"] = _asking(system, 2)
    return recipes


def _asking(instruction: str, shots: int) -> Recipe:
    def change(spec: KernelSpec) -> KernelSpec:
        steps = tuple(
            step.model_copy(update={"instruction": instruction, "shots": shots})
            if step.kind == "generate"
            else step
            for step in spec.steps
        )
        return spec.model_copy(update={"steps": steps})

    return change


def _replay(recipe: Recipe, cases: Sequence[_Case], ask: Ask) -> Replayed:
    judge = _Judge(ask)
    accepted = agreed = won = changed = spent = left = 0
    for case in cases:
        if case.spec is None:
            continue
        spec = recipe(case.spec)
        bound = spec.given(bind(case.trace.prompt, case.trace.system))
        if not is_ready(spec, bound):
            left += case.known
            spent += case.trace.tokens
            continue
        try:
            reply = run_recipe(spec, bound, _nearest(case), ask)
            spent += reply.prompt_tokens + reply.completion_tokens
            output = parse_output(reply.text)
            if reply.cut:
                continue
        except (BindingFailed, BackendRejected, NotJson):
            continue
        passed = bool(verify(spec.contract, Subject(bound, output, OBSERVED), judge).passed)
        judge.raise_failure()
        if case.known:
            accepted += passed
            agreed += passed and same(output, case.trace.answer)
        elif case.trace.denied:
            changed += passed and not same(output, case.trace.answer)
        else:
            won += passed and _tells(spec, bound, case.trace)
    known = sum(case.known for case in cases)
    denied = sum(not case.known and case.trace.denied for case in cases)
    return Replayed(
        prompts=known,
        accepted=accepted,
        agreed=agreed,
        failed=len(cases) - known - denied,
        won=won,
        kernel_tokens=spent,
        original_tokens=sum(case.trace.tokens for case in cases),
        denied=denied,
        changed=changed,
        left=left,
    )


def _tells(spec: KernelSpec, bound: dict[str, Any], failed: Trace) -> bool:
    """Whether the kernel's conditions refuse the answer that failed: then a pass says something.

    A schema alone holds by its decoding.
    """
    said = [condition for condition in spec.postconditions if condition.kind != "judge"]
    judged = len(said) < len(spec.postconditions)
    return judged or verify(said, Subject(bound, failed.answer, OBSERVED)).passed is False


def _nearest(case: _Case) -> list[Shot]:
    """The other traces as worked examples, the most similar first, as they come when serving."""
    near = list(case.others)
    if (own := case.trace.embedding) is not None:
        near.sort(key=lambda t: 0.0 if t.embedding is None else -float(t.embedding @ own))
    return [Shot(trace.prompt, trace.answer) for trace in near]


def same(one: Any, other: Any) -> bool:
    """Whether two outputs are equal; numbers up to what adding floats costs."""
    numbers = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, numbers) and isinstance(other, numbers):
        return math.isclose(one, other, rel_tol=1e-9)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


class _Judge:
    """A judge whose model server's failure is kept: a verdict that was not given is no verdict."""

    def __init__(self, ask: Ask) -> None:
        self._judge = judge_of(ask)
        self._failure: BackendError | None = None

    def __call__(self, question: str, given: Any, output: Any) -> tuple[bool, str]:
        try:
            return self._judge(question, given, output)
        except BackendError as error:
            self._failure = error
            raise

    def raise_failure(self) -> None:
        if self._failure is not None and not isinstance(self._failure, BackendRejected):
            raise self._failure
