"""How far two reviewers agree beyond chance."""

from collections import Counter
from collections.abc import Sequence

TOO_FEW = 10  # doubly reviewed candidates below which kappa says nothing


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of the first and second verdicts, -1 to 1.

    (p_o - p_e) / (1 - p_e): the share of pairs that agree, less the share that would by chance,
    given how often each side said what (Cohen 1960). None for no pairs, and where both sides said
    one thing alone: chance explains all of it.
    """
    count = len(pairs)
    if not count:
        return None
    observed = sum(first == second for first, second in pairs) / count
    firsts = Counter(first for first, _ in pairs)
    seconds = Counter(second for _, second in pairs)
    by_chance = sum(firsts[said] * seconds[said] for said in firsts) / count**2
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def agreement_words(pairs: Sequence[tuple[str, str]]) -> str:
    """For people: kappa with n, or why there is none."""
    count = len(pairs)
    if count < TOO_FEW:
        return f"too few to say (n = {count}; {TOO_FEW} are needed)"
    kappa = cohens_kappa(pairs)
    if kappa is None:
        return f"not defined: everybody always said the same (n = {count})"
    return f"Cohen's kappa {kappa:.2f} (n = {count})"
