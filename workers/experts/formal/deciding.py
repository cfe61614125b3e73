"""Decides answers to puzzles that can be written as formulas, by z3."""

from workers.experts.formal import conditionals, islands, orderings, propositions, syllogisms
from workers.experts.formal.problem import Decision, decided

READERS = (islands.read, syllogisms.read, orderings.read, propositions.read, conditionals.read)
MOST_CHARS = 6_000


def decision(prompt: str, answer: str) -> Decision | None:
    """None where the puzzle or the answer could not be read with certainty."""
    if len(prompt) > MOST_CHARS or len(answer) > MOST_CHARS:
        return None
    problem = next(filter(None, (read(prompt) for read in READERS)), None)
    return decided(problem, answer) if problem else None
