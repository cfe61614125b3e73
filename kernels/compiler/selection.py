"""Keeps the few candidate conditions that tell right outputs from wrong ones.

A condition is kept if it holds on every positive, if it would have been found without each of them
and held on that one all the same, and if it refuses wrong outputs that the contract so far lets
through.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kernels.compiler.pairs import Pair
from kernels.conditions.checks import Subject, run_check
from kernels.conditions.kinds import Condition
from kernels.mutation import mutants

MOST_KEPT = 4
LEAST_GAIN = 0.04  # share of the wrong outputs that a condition must newly refuse
MOST_MUTATED = 6  # positives
MOST_FOLDS = 12
QUICK = ("schema", "cel", "regex", "evidence")

Propose = Callable[[Sequence[Pair]], list[Condition]]


@dataclass(frozen=True)
class Wrong:
    """An output that is wrong for its input, and in what way."""

    kind: str
    subject: Subject


@dataclass(frozen=True)
class Kept:
    """A condition, and the share of wrong outputs that it alone added to those refused."""

    condition: Condition
    gain: float


def wrong_outputs(
    pairs: Sequence[Pair], failed: Sequence[Subject], events: tuple[str, ...]
) -> list[Wrong]:
    """Mutants, other prompts' answers, and what was really answered wrong."""
    found = [Wrong("failed", subject) for subject in failed]
    every = max(1, len(pairs) // MOST_MUTATED)
    for pair in pairs[::every][:MOST_MUTATED]:
        others = [other.output for other in pairs if other.output != pair.output]
        found += [
            Wrong(mutant.kind, Subject(pair.input, mutant.output, events))
            for mutant in mutants(pair.output, others)
        ]
    return found


def select(
    propose: Propose,
    pairs: Sequence[Pair],
    *,
    contract: Sequence[Condition],
    wrong: Sequence[Wrong],
    events: tuple[str, ...],
) -> list[Kept]:
    """The conditions worth adding to a contract, the most telling first; at most four."""
    subjects = [Subject(pair.input, pair.output, events) for pair in pairs]
    shaky = _shaky(propose, pairs, subjects)
    candidates = [
        condition
        for condition in propose(pairs)
        if condition.label not in shaky and all(holds(condition, one) for one in subjects)
    ]
    quick = [condition for condition in contract if condition.kind in QUICK]
    open_ = {at for at, one in enumerate(wrong) if all(holds(c, one.subject) for c in quick)}
    refused = {
        at: {n for n in open_ if not holds(condition, wrong[n].subject)}
        for at, condition in enumerate(candidates)
    }
    weight = _weights(wrong)
    kept: list[Kept] = []
    while refused and len(kept) < MOST_KEPT:
        gains = {at: sum(weight[n] for n in caught & open_) for at, caught in refused.items()}
        best = max(gains, key=lambda at: (round(gains[at], 9), -at))
        if gains[best] < LEAST_GAIN:
            break
        open_ -= refused.pop(best)
        kept.append(Kept(candidates[best], round(gains[best], 4)))
    return kept


def holds(condition: Condition, subject: Subject) -> bool:
    return run_check(condition, subject).status == "ok"


def _weights(wrong: Sequence[Wrong]) -> list[float]:
    """Each kind of mistake counts alike: some are made by the dozen."""
    of_kind: dict[str, int] = defaultdict(int)
    for one in wrong:
        of_kind[one.kind] += 1
    return [1 / (len(of_kind) * of_kind[one.kind]) for one in wrong]


def _shaky(propose: Propose, pairs: Sequence[Pair], subjects: Sequence[Subject]) -> set[str]:
    """The labels of conditions that, found without a positive, did not hold on it."""
    every = max(1, len(pairs) // MOST_FOLDS)
    found: set[str] = set()
    for at in range(0, len(pairs), every):
        rest = [*pairs[:at], *pairs[at + 1 :]]
        if rest:
            found |= {c.label for c in propose(rest) if not holds(c, subjects[at])}
    return found
