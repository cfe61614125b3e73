"""Answers that nothing but a model can judge: it is asked about the best, then about the next."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from workers.search.budget import BudgetSpent
from workers.search.problem import Candidate, Problem
from workers.search.rewards import worth
from workers.search.simulation import Progress

Choose = Callable[[Sequence[Candidate]], Candidate | None]


def best_examined(problem: Problem, progress: Progress, choose: Choose) -> Candidate | None:
    """The best answer that the model did not refuse, while the budget lasts.

    Each distinct answer is asked about once. Where all were refused, the best of them.
    """
    key = problem.expert.vote_key
    while True:
        left = [one for one in progress.candidates if key(one.answer) not in progress.refused]
        found = choose(left)
        if found is None or (progress.refused and found.outcome.status == "failed"):
            refused = [one for one in progress.candidates if one.outcome.status == "failed"]
            return choose(refused)
        seen = _examined(problem, progress, found)
        if seen is found or seen.outcome.status != "failed":
            return seen
        progress.refused.add(key(seen.answer))


def _examined(problem: Problem, progress: Progress, found: Candidate) -> Candidate:
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
