"""Recipes on prompts whose good answer is known, each compiled without the prompt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kernels.compiler.compile import Trace
from kernels.compiler.distinct import same_question
from kernels.compiler.errors import NothingInCommon
from kernels.execution import Ask
from kernels.gate import Replayed
from kernels.spec import KernelSpec
from workers.replay_case import Case, Outcome, run_case

REPLAYED = 6

Compile = Callable[[Sequence[Trace]], KernelSpec]
Recipe = Callable[[KernelSpec], KernelSpec]  # changes how a spec asks the model


@dataclass(frozen=True)
class Replay:
    """What came of a recipe."""

    recipe: str
    figures: Replayed
    outcomes: tuple[Outcome, ...] = ()

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
    lost = [
        Case(trace, tuple(traces), whole, "denied" if trace.denied else "wrong") for trace in failed
    ]
    tried = []
    for name, recipe in _recipes(whole, traces[0].system).items():
        outcomes = _outcomes(recipe, [*cases, *lost], ask)
        tried.append((recipe, Replay(name, replayed(outcomes), tuple(outcomes))))
    return max(tried, key=lambda pair: pair[1].rank)


def _case(trace: Trace, traces: Sequence[Trace], compile_from: Compile) -> Case:
    asked = same_question(trace.prompt)
    others = tuple(other for other in traces if same_question(other.prompt) != asked)
    if not others:
        return Case(trace, (), None)
    try:
        return Case(trace, others, compile_from(others))
    except NothingInCommon:
        return Case(trace, others, None)


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


def replayed(outcomes: Sequence[Outcome]) -> Replayed:
    """The figures of the gate."""
    known = [one for one in outcomes if one.case.before == "right"]
    denied = [one for one in outcomes if one.case.before == "denied"]
    failed = [one for one in outcomes if one.case.before == "wrong"]
    return Replayed(
        prompts=len(known),
        accepted=sum(one.passed for one in known),
        agreed=sum(one.same for one in known),
        failed=len(failed),
        won=sum(one.passed and one.told for one in failed),
        kernel_tokens=sum(one.spent for one in outcomes),
        original_tokens=sum(one.case.trace.tokens for one in outcomes),
        denied=len(denied),
        changed=sum(one.passed and not one.same for one in denied),
        left=sum(one.left for one in known),
    )


def _outcomes(recipe: Recipe, cases: Sequence[Case], ask: Ask) -> list[Outcome]:
    return [
        Outcome(case, why="the other prompts make no kernel")
        if case.spec is None
        else run_case(case, recipe(case.spec), ask)
        for case in cases
    ]
