"""Which of several answers to give."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from workers.search.problem import Candidate

Weight = Callable[[Candidate], float]


def most_votes(
    candidates: Sequence[Candidate], key: Callable[[str], str], weight: Weight = lambda _: 1.0
) -> Candidate | None:
    """The best candidate of the answer with the most weight; None where none came to an answer.

    Of equal weights the answer wins that was found first. Of its candidates the one with the
    highest weight, then with the highest reward.
    """
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.answer:
            groups[key(candidate.answer)].append(candidate)
    if not groups:
        return None
    winners = max(groups.values(), key=lambda group: sum(map(weight, group)))
    return max(winners, key=lambda candidate: (weight(candidate), candidate.reward))


def by_verifier(
    candidates: Sequence[Candidate], key: Callable[[str], str], weight: Weight = lambda _: 1.0
) -> Candidate | None:
    """Of those that a verifier passed, else that it did not refuse, else of all: most votes."""
    for status in ("ok", "unverified", "failed"):
        of_status = [one for one in candidates if one.outcome.status == status]
        if (found := most_votes(of_status, key, weight)) is not None:
            return found
    return None


def by_score(candidates: Sequence[Candidate]) -> Candidate | None:
    """The highest mean step score."""
    ended = [one for one in candidates if one.answer]
    return max(ended, key=lambda one: one.mean_score, default=None)


def by_reward(
    candidates: Sequence[Candidate],
    key: Callable[[str], str],
    weight: Weight = lambda one: one.reward,
) -> Candidate | None:
    """The same as `by_verifier`, but each vote weighs as much as its reward.

    However many answers were refused, one that was not goes before them.
    """
    return by_verifier(candidates, key, weight)
