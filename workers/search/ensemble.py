"""Two or three related workers at a time where the router is not sure (row KA4)."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from workers.experts.expert import Expert
from workers.search.problem import Found

UNSURE = 0.4  # below this probability of the first worker a third one helps


def team(
    first: str,
    probabilities: Mapping[str, float],
    experts: Mapping[str, Expert],
    *,
    sure: float,
) -> tuple[str, ...]:
    """The workers that take the question, the chosen one first.

    It works alone if its probability is at least `sure`; else with one or two of its relatives,
    those that are likeliest themselves.
    """
    if probabilities[first] >= sure:
        return (first,)
    relatives = sorted(
        (name for name in experts[first].related if name in experts),
        key=lambda name: -probabilities.get(name, 0.0),
    )
    return (first, *relatives[: 1 if probabilities[first] >= UNSURE else 2])


def shared_simulations(simulations: int, members: int) -> int:
    """What each member of a team may make."""
    return simulations if members == 1 else max(3, simulations // 2)


def confidence(found: Found) -> tuple[bool, float]:
    """How sure a worker is of what it found: a verifier's pass goes before any score."""
    if found.chosen is None:
        return (False, -1.0)
    return (found.chosen.outcome.status == "ok", found.chosen.reward)


def work_together(
    members: Sequence[str], work: Callable[[str], Found]
) -> tuple[str, dict[str, Found]]:
    """All members at the same time: who found the best, and what each found.

    Raises what `work` raises, when all have come back. Of equals, the likelier one wins.
    """
    with ThreadPoolExecutor(max_workers=len(members)) as pool:
        found = dict(zip(members, pool.map(work, members), strict=True))
    return max(members, key=lambda name: confidence(found[name])), found
