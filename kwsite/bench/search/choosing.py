"""What the chooser would have answered: it learns from some questions, and is scored on others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kwsite.bench.search.arms import CHOOSER, Outcome
from workers.search.chooser import Record, choose

FOLDS = 5
LEAST_JUDGED, GAIN = 20, 0.02  # as the service has them by default


@dataclass(frozen=True)
class Chosen:
    """The chooser's outcomes, and what it chose in each fold, with the reason."""

    outcomes: list[Outcome]
    choices: list[tuple[str, str]]


def cross_chosen(arms: Mapping[str, Sequence[Outcome]]) -> Chosen:
    """Each question by the strategy that the outcomes of the other folds speak for.

    Only strategies of the service count. All arms answered the same questions.
    """
    questions = sorted({one.question for outcomes in arms.values() for one in outcomes})
    outcomes: list[Outcome] = []
    choices: list[tuple[str, str]] = []
    for fold in range(FOLDS):
        inside = set(questions[fold::FOLDS])
        if not inside:
            continue
        records = [_record(arm, found, inside) for arm, found in arms.items()]
        choice = choose(records, least_judged=LEAST_JUDGED, gain_per_1000=GAIN)
        choices.append((choice.strategy, choice.reason))
        outcomes += [
            replace(one, arm=CHOOSER) for one in arms[choice.strategy] if one.question in inside
        ]
    return Chosen(sorted(outcomes, key=lambda one: one.question), choices)


def _record(arm: str, outcomes: Sequence[Outcome], without: set[int]) -> Record:
    known = [one for one in outcomes if one.question not in without]
    right = float(sum(one.right for one in known))
    return Record(arm, len(known), right, sum(one.tokens for one in known))
