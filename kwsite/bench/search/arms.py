"""The arms of the comparison: the same question within the same tokens, answered in each way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from kwsite.bench.search.questions import Question
from kwsite.bench.search.timing import Parts, with_parts
from workers.backends.completion import Backend
from workers.experts.expert import Expert, Task
from workers.search.budget import Budget
from workers.search.problem import Candidate, Found, Problem
from workers.search.proposer import ModelProposer
from workers.search.strategies import STRATEGIES, at_once
from workers.search.voting import by_verifier, most_votes

SAMPLED = ("self_consistency", "best_of_n_verifier")
ALONE = ("one_shot", "one_chain", "lats")
REWARDED = "best_of_n_prm"  # of the samples, by a reward model fitted when all are there
CHOOSER = "chooser"


@dataclass(frozen=True)
class Setting:
    """What all arms share. `tokens`: completion tokens an arm may spend on a question."""

    expert: Expert
    backend: Backend
    tokens: int
    answer_tokens: int
    parallel: int
    simulations: int


@dataclass(frozen=True)
class Sample:
    """One of the answers that an arm chose among."""

    steps: tuple[str, ...]
    answer: str
    right: bool


@dataclass(frozen=True)
class Outcome:
    """What an arm came to on one question.

    `seconds` by the wall; `parts` are seconds in the model, in verifying and in scoring, summed
    over simulations that ran at the same time.
    """

    arm: str
    question: int
    right: bool
    answer: str
    tokens: int
    prompt_tokens: int
    seconds: float
    simulations: int
    gate_first: bool
    gate_passed: bool
    parts: Mapping[str, float]
    shared: bool = False  # the samples, and their time, are another arm's
    samples: tuple[Sample, ...] = ()  # where no other arm has them


def answer_all_ways(
    number: int, question: Question, setting: Setting, arms: Sequence[str], done: Callable[[], None]
) -> list[Outcome]:
    """One outcome an arm. Samples are drawn once for all arms that choose among samples.

    `done` is called after each arm. Raises BackendError.
    """
    found: list[Outcome] = []
    for arm in arms:
        if arm in ALONE:
            found.append(_alone(number, question, setting, arm))
            done()
    choosing = [arm for arm in arms if arm in SAMPLED]
    if choosing:
        found += _sampled(number, question, setting, choosing)
        for _ in choosing:
            done()
    return found


def problem_of(question: Question, setting: Setting, expert: Expert) -> Problem:
    """The search of one question, with a budget of its own."""
    task, budget = Task(question.text), Budget(setting.tokens)
    return Problem(
        task=task,
        expert=expert,
        propose=ModelProposer(task, expert, setting.backend, budget, {}),
        budget=budget,
        verify=lambda steps: expert.verify(task, steps, None),
        simulations=setting.simulations,
        depth=expert.depth,
        width=setting.parallel,
        parallel=setting.parallel,
        answer_tokens=setting.answer_tokens,
    )


def _alone(number: int, question: Question, setting: Setting, arm: str) -> Outcome:
    expert = at_once(setting.expert) if arm == "one_shot" else setting.expert
    problem, parts = with_parts(problem_of(question, setting, expert))
    began = perf_counter()
    found = STRATEGIES[arm](problem)
    seconds = perf_counter() - began
    return _outcome(number, question, problem, found, arm, seconds, parts)


def _sampled(
    number: int, question: Question, setting: Setting, arms: Sequence[str]
) -> list[Outcome]:
    problem, parts = with_parts(problem_of(question, setting, setting.expert))
    began = perf_counter()
    found = STRATEGIES["self_consistency"](problem)
    seconds = perf_counter() - began
    chosen = {
        "self_consistency": most_votes(found.candidates, setting.expert.vote_key),
        "best_of_n_verifier": by_verifier(found.candidates, setting.expert.vote_key),
    }
    return [
        _outcome(
            number,
            question,
            problem,
            replace(found, chosen=chosen[arm]),
            arm,
            seconds,
            parts,
            shared=n > 0,
            samples=() if n else samples_of(found, question, problem.expert),
        )
        for n, arm in enumerate(arms)
    ]


def _outcome(
    number: int,
    question: Question,
    problem: Problem,
    found: Found,
    arm: str,
    seconds: float,
    parts: Parts,
    *,
    shared: bool = False,
    samples: tuple[Sample, ...] = (),
) -> Outcome:
    return Outcome(
        arm,
        number,
        right=is_right(found.chosen, question, problem.expert),
        answer=found.chosen.answer if found.chosen else "",
        tokens=problem.budget.spent,
        prompt_tokens=problem.budget.prompt_tokens,
        seconds=seconds,
        simulations=len(found.candidates),
        gate_first=bool(found.gate and found.gate.first),
        gate_passed=bool(found.gate and found.gate.passed),
        parts={name: round(spent, 4) for name, spent in parts.seconds.items()},
        shared=shared,
        samples=samples,
    )


def samples_of(found: Found, question: Question, expert: Expert) -> tuple[Sample, ...]:
    return tuple(
        Sample(one.steps, one.answer, is_right(one, question, expert)) for one in found.candidates
    )


def is_right(chosen: Candidate | None, question: Question, expert: Expert) -> bool:
    """Whether the answer is the gold number, however it is written."""
    return chosen is not None and expert.vote_key(chosen.answer) == expert.vote_key(question.gold)


def by_arm(outcomes: Sequence[Outcome]) -> Mapping[str, list[Outcome]]:
    """In the order of the questions."""
    found: dict[str, list[Outcome]] = {}
    for one in sorted(outcomes, key=lambda one: one.question):
        found.setdefault(one.arm, []).append(one)
    return found
