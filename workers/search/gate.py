"""The gate: a path is accepted, or thought over and searched on in the same tree (row KA8)."""

from dataclasses import replace

from workers.search import tree
from workers.search.budget import BudgetSpent
from workers.search.problem import Candidate, GateReport, Problem
from workers.search.rewards import worth
from workers.search.simulation import Progress, Stopped, simulate
from workers.search.voting import by_reward

PENALTY = 0.5
LEAST_MORE = 3  # simulations after a reflection


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
    said: list[str] = []
    if candidate.outcome.status == "failed":
        said.append(candidate.outcome.reason)
    for number in range(1, len(candidate.steps) + 1):
        check = problem.expert.check_step(problem.task, candidate.steps[:number])
        if check.ok is False:
            said.append(f"Step {number} is wrong: {check.reason}")
            break
    weak = min(range(len(candidate.scores)), key=candidate.scores.__getitem__, default=None)
    if not said and weak is not None:
        said.append(f"This step looks doubtful: {candidate.steps[weak][:200]}")
    return " ".join(said) or "No answer was found."


def pass_gate(
    problem: Problem, progress: Progress, stopped: Stopped, *, width: int, depth: int
) -> tuple[Candidate | None, GateReport, Stopped]:
    """The accepted answer, or the best one when all reflections are used up.

    Raises what the model server's backend raises.
    """
    hints: list[str] = []
    best = _best(problem, progress)
    first = best is not None and accepted(best, gate=problem.gate)
    while not (passed := best is not None and accepted(best, gate=problem.gate)):
        if len(hints) >= problem.max_reflections or stopped in ("budget", "server"):
            break
        hint = what_went_wrong(problem, best) if best else "No answer was found."
        hints.append(hint)
        if best is not None:
            tree.penalise(best.leaf, PENALTY)
        stopped = simulate(
            problem,
            progress,
            simulations=max(LEAST_MORE, problem.simulations // 2),
            width=width + len(hints),
            depth=depth,
            hint=hint,
            accept=lambda one: one.outcome.status == "ok",
        )
        best = _best(problem, progress)
    return best, GateReport(first, bool(passed), tuple(hints)), stopped


def _best(problem: Problem, progress: Progress) -> Candidate | None:
    """The answer with the most behind it, examined if nothing but a model can judge it."""
    found = by_reward(progress.candidates, problem.expert.vote_key)
    return examined(problem, progress, found) if found else None


def examined(problem: Problem, progress: Progress, found: Candidate) -> Candidate:
    """With the word of a verifier that may ask a model; unchanged where the budget is spent."""
    if problem.examine is None or found.outcome.status != "unverified":
        return found
    try:
        outcome = problem.examine(found.steps)
    except BudgetSpent:
        return found
    if outcome.status == "unverified":
        return found
    earned = worth(found.scores, outcome, problem.adjust)
    seen = replace(found, outcome=outcome, reward=earned)
    found.leaf.outcome = outcome
    progress.candidates[progress.candidates.index(found)] = seen
    return seen
