"""Decides answers to puzzles that can be written as formulas, by z3."""

from workers.experts.formal import conditionals, islands, orderings, propositions, syllogisms
from workers.experts.formal.problem import Decision, Problem, decided

READERS = (islands.read, syllogisms.read, orderings.read, propositions.read, conditionals.read)
MOST_CHARS = 6_000


def decision(prompt: str, answer: str) -> Decision | None:
    """None where the puzzle or the answer could not be read with certainty."""
    problem = problem_in(prompt) if len(answer) <= MOST_CHARS else None
    return decided(problem, answer) if problem else None


def problem_in(prompt: str) -> Problem | None:
    """The puzzle that a prompt is; None where it could not be read with certainty."""
    if len(prompt) > MOST_CHARS:
        return None
    return next(filter(None, (read(prompt) for read in READERS)), None)
