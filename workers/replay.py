"""A recipe on prompts whose good answer is known, beside what those answers cost before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernels.compiler.compile import Trace
from kernels.conditions.checks import Subject
from kernels.execution import Ask, BindingFailed, Shot, run_recipe
from kernels.slots import bind
from kernels.spec import GenerateStep, KernelSpec
from kernels.verify import NotJson, parse_output, verify
from trajectories.models import Event
from workers.backends.completion import BackendError, BackendRejected
from workers.replies import judge_of

REPLAYED = 4
# What is observed whenever a kernel runs.
OBSERVED = (Event.Kind.DECISION.value, Event.Kind.OBSERVATION.value, Event.Kind.MESSAGE.value)


@dataclass(frozen=True)
class Replay:
    """What came of a recipe on prompts it had not seen as examples."""

    recipe: str
    prompts: int
    accepted: int  # by the contract
    agreed: int  # with the answer that was verified
    kernel_tokens: int
    original_tokens: int

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.agreed, self.accepted, -self.kernel_tokens)


def best_recipe(spec: KernelSpec, traces: Sequence[Trace], ask: Ask) -> tuple[KernelSpec, Replay]:
    """Replays each recipe; the one that agrees most wins, then the one with the fewest tokens.

    Raises BackendError when the model server, also as the judge, fails; not when it refuses one
    prompt: that prompt counts as failed.
    """
    tried = [
        (recipe, replay(name, recipe, traces, ask))
        for name, recipe in _recipes(spec, traces[0].system).items()
    ]
    return max(tried, key=lambda pair: pair[1].rank)


def _recipes(spec: KernelSpec, system: str) -> dict[str, KernelSpec]:
    """The recipes to try: some examples, few, and few with the app's system prompt."""
    step = spec.generate
    if step is None:
        return {"computed": spec}

    def asking(instruction: str) -> KernelSpec:
        told = GenerateStep(instruction=instruction, shots=2, max_tokens=step.max_tokens)
        steps = tuple(told if one.kind == "generate" else one for one in spec.steps)
        return spec.model_copy(update={"steps": steps})

    recipes = {"examples only": spec, "two examples only": asking("")}
    if system:
        recipes["system prompt and examples"] = asking(system)
    return recipes


def replay(name: str, spec: KernelSpec, traces: Sequence[Trace], ask: Ask) -> Replay:
    """Runs a recipe on some of the traces, each without its own answer among the examples."""
    every = max(1, len(traces) // REPLAYED)
    chosen = list(traces)[::every][:REPLAYED]
    judge = _Judge(ask)
    accepted = agreed = spent = 0
    for trace in chosen:
        bound = bind(trace.prompt, trace.system)
        shots = [Shot(t.prompt, t.answer) for t in traces if t is not trace]
        try:
            reply = run_recipe(spec, bound, shots, ask)
            output = parse_output(reply.text)
        except (BindingFailed, BackendRejected, NotJson):
            continue
        spent += reply.prompt_tokens + reply.completion_tokens
        subject = Subject(bound, output, OBSERVED)
        accepted += bool(verify(spec.contract, subject, judge).passed)
        judge.raise_failure()
        agreed += output == trace.answer
    return Replay(name, len(chosen), accepted, agreed, spent, sum(trace.tokens for trace in chosen))


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
