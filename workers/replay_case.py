"""One prompt through a recipe, beside what answered it before."""

import math
from dataclasses import dataclass
from typing import Any, Literal

from kernels.compiler.compile import Trace
from kernels.conditions.checks import Subject
from kernels.execution import Ask, Shot, run_recipe
from kernels.routing import is_ready
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.tightening import BindingFailed
from kernels.verify import NotJson, parse_output, verify
from trajectories.models import Event
from workers.backends.completion import BackendError, BackendRejected
from workers.replies import judge_of

# What is observed whenever a kernel runs.
OBSERVED = (Event.Kind.DECISION.value, Event.Kind.OBSERVATION.value, Event.Kind.MESSAGE.value)
Before = Literal["right", "wrong", "denied", "unchecked"]
MOST_CHARS = 4_000  # of a text that is kept for people


@dataclass(frozen=True)
class Case:
    """A prompt, what was said of its answer, and what is known without it.

    `spec` is None where the rest make no kernel.
    """

    trace: Trace
    others: tuple[Trace, ...]
    spec: KernelSpec | None
    before: Before = "right"


@dataclass(frozen=True)
class Outcome:
    """What the recipe made of a case. `output` is None where it made nothing."""

    case: Case
    spent: int = 0
    written: int = 0  # of the tokens spent, those that the model wrote
    output: Any = None
    left: bool = False  # to what answered before: the preconditions do not hold
    passed: bool = False  # by the contract
    told: bool = False  # a pass says something that a schema does not
    why: str = ""  # it has no output, or the contract refuses it

    @property
    def same(self) -> bool:
        """The contract accepts it, and it is the answer that was given before."""
        return self.passed and same(self.output, self.case.trace.answer)

    @property
    def verdict(self) -> str:
        """`win`, `loss`, `tie`, `changed` (nobody knows which is right), or `left`."""
        if self.left:
            return "left"
        if self.case.before == "right":
            return "tie" if self.same else "loss"
        if self.case.before == "wrong":
            return "win" if self.passed and self.told else "tie"
        if self.case.before == "denied" and not self.passed:
            return "tie"
        return "tie" if self.same else "changed"

    def as_json(self) -> dict[str, Any]:
        """For people; the trajectory is for the caller to add."""
        return {
            "prompt": self.case.trace.prompt[:MOST_CHARS],
            "before": _shown(self.case.trace.answer),
            "after": None if self.output is None else _shown(self.output),
            "said": self.case.before,
            "verdict": self.verdict,
            "why": self.why[:MOST_CHARS],
            "tokens_before": self.case.trace.tokens,
            "tokens_after": self.spent,
        }


def run_case(case: Case, spec: KernelSpec, ask: Ask) -> Outcome:
    """Raises BackendError when the model server, also as the judge, fails.

    Not when it refuses one prompt: that prompt counts as failed.
    """
    bound = spec.given(bind(case.trace.prompt, case.trace.system))
    if not is_ready(spec, bound):
        trace = case.trace
        why = "its preconditions do not hold"
        return Outcome(case, trace.tokens, trace.written, left=True, why=why)
    try:
        reply = run_recipe(spec, bound, _nearest(case), ask)
    except (BindingFailed, BackendRejected) as error:
        return Outcome(case, why=error.detail)
    written = reply.completion_tokens
    spent = reply.prompt_tokens + written
    try:
        output = parse_output(reply.text)
    except NotJson as error:
        return Outcome(case, spent, written, why=str(error))
    if reply.cut:
        return Outcome(case, spent, written, why="the answer was cut")
    judge = _Judge(ask)
    verdict = verify(spec.contract, Subject(bound, output, OBSERVED), judge)
    judge.raise_failure()
    passed = bool(verdict.passed)
    told = passed and case.before == "wrong" and _tells(spec, bound, case.trace)
    why = "" if passed else verdict.reason
    return Outcome(case, spent, written, output, passed=passed, told=told, why=why)


def _tells(spec: KernelSpec, bound: dict[str, Any], failed: Trace) -> bool:
    """Whether the kernel's conditions refuse the answer that failed: then a pass says something.

    A schema alone holds by its decoding.
    """
    said = [condition for condition in spec.postconditions if condition.kind != "judge"]
    judged = len(said) < len(spec.postconditions)
    return judged or verify(said, Subject(bound, failed.answer, OBSERVED)).passed is False


def _nearest(case: Case) -> list[Shot]:
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


def _shown(output: Any) -> Any:
    """As it is, or its beginning where that is long."""
    text = str(output)
    return output if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…"


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
