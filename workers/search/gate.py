"""The gate: a path is accepted, or thought over and searched on in the same tree (row KA8)."""

from collections.abc import Set as AbstractSet

from workers.search import tree
from workers.search.examining import best_examined
from workers.search.problem import Candidate, GateReport, Problem
from workers.search.simulation import Progress, Stopped, simulate
from workers.search.voting import by_reward

PENALTY = 0.5
LEAST_MORE = 3  # simulations after a reflection
NO_ANSWER = "No answer was found."


def accepted(candidate: Candidate, *, gate: float) -> bool:
    """Whether a verifier passed the answer, or, where none could tell, its steps reach the gate.

    A reward model that learned from mostly wrong answers scores right ones below the middle, too:
    its doubt is nothing against a verifier's word.
    """
    if not candidate.answer or candidate.outcome.status == "failed":
        return False
    return candidate.outcome.status == "ok" or candidate.mean_score >= gate


def what_went_wrong(problem: Problem, candidate: Candidate) -> str:
    """What is known against a path: the verifier's reason, and the first step that looks wrong."""
    said = candidate.outcome.reason if candidate.outcome.status == "failed" else ""
    for number in range(1, len(candidate.steps) + 1):
        check = problem.expert.check_step(problem.task, candidate.steps[:number])
        if check.ok is False:
            known = check.reason in said
            return f"From step {number} on: {said}." if known else _step(number, check.reason, said)
    if said:
        return f"{said}."
    weak = min(range(len(candidate.scores)), key=candidate.scores.__getitem__, default=None)
    if weak is not None:
        return f"This step looks doubtful: {candidate.steps[weak][:200]}"
    return NO_ANSWER


def _step(number: int, reason: str, said: str) -> str:
    wrong = f"Step {number} is wrong: {reason}."
    return f"{said}. {wrong}" if said else wrong


def pass_gate(
    problem: Problem, progress: Progress, stopped: Stopped, *, width: int, depth: int
) -> tuple[Candidate | None, GateReport, Stopped]:
    """The accepted answer, or the best one when all reflections are used up.

    A path that was thought over weighs less in the choice, as in the tree, and is not thought over
    again while there are others. Raises what the model server's backend raises.
    """
    hints: list[str] = []
    thought: set[tuple[str, ...]] = set()
    best = _best(problem, progress, thought)
    first = best is not None and accepted(best, gate=problem.gate)
    while not (passed := best is not None and accepted(best, gate=problem.gate)):
        if len(hints) >= problem.max_reflections or stopped in ("budget", "server"):
            break
        failed = _not_thought_over(problem, progress, thought) or best
        hint = what_went_wrong(problem, failed) if failed else NO_ANSWER
        hints.append(hint)
        if failed is not None:
            thought.add(failed.steps)
            tree.penalise(failed.leaf, PENALTY, hint)
        stopped = simulate(
            problem,
            progress,
            simulations=max(LEAST_MORE, problem.simulations // 2),
            width=width + len(hints),
            depth=depth,
            hint=hint,
            accept=lambda one: one.outcome.status == "ok",
        )
        best = _best(problem, progress, thought)
    return best, GateReport(first, bool(passed), tuple(hints)), stopped


def _best(
    problem: Problem, progress: Progress, thought: AbstractSet[tuple[str, ...]]
) -> Candidate | None:
    """The answer with the most behind it, examined if nothing but a model can judge it."""

    def weight(one: Candidate) -> float:
        return one.reward * (PENALTY if one.steps in thought else 1.0)

    key = problem.expert.vote_key
    return best_examined(problem, progress, lambda found: by_reward(found, key, weight))


def _not_thought_over(
    problem: Problem, progress: Progress, thought: AbstractSet[tuple[str, ...]]
) -> Candidate | None:
    """The best of the other paths, if possible one of which something else is known."""
    others = [one for one in progress.candidates if one.steps not in thought]
    known = {what_went_wrong(problem, one) for one in progress.candidates if one.steps in thought}
    new = [one for one in others if what_went_wrong(problem, one) not in known]
    key = problem.expert.vote_key
    return by_reward(new, key) or by_reward(others, key)
