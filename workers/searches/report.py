"""A search as it is told: in a few words for the reply, as a row with its tree for later."""

from typing import Any

from trajectories.models import SearchRecord
from trajectories.search_models import packed
from workers.search import tree
from workers.search.problem import UNCHECKED
from workers.search.search import Searched


def summary(found: Searched) -> dict[str, Any]:
    """The search in a few words, for the trace and the reply."""
    chosen, gate = found.chosen, found.gate
    return {
        "worker": found.worker,
        "strategy": found.strategy,
        "reason": found.reason,
        "probabilities": {name: round(p, 4) for name, p in found.routed.probabilities.items()},
        "workers": sorted(found.found),
        "at_random": found.routed.alone and found.routed.probabilities[found.routed.worker] < 1,
        "simulations": sum(len(one.candidates) for one in found.found.values()),
        "stopped": found.found[found.worker].stopped,
        "answer": chosen.answer if chosen else "",
        "outcome": chosen.outcome.as_json() if chosen else None,
        "mean_score": round(chosen.mean_score, 4) if chosen else None,
        "gate": {
            "first": gate.first,
            "passed": gate.passed,
            "reflections": list(gate.reflections),
        }
        if gate and could_fail(found)
        else None,
        "tokens": found.tokens,
    }


def could_fail(found: Searched) -> bool:
    """Whether the gate was one: somebody or something could judge the answer, or one of its steps.

    Where nobody could, every answer is at the middle, and passing says nothing.
    """
    chosen = found.chosen
    return (
        chosen is None
        or found.scored
        or chosen.outcome.passed is not None
        or any(score != UNCHECKED for score in chosen.scores)
    )


def search_record(found: Searched) -> SearchRecord:
    """The row of a search, without its trajectory."""
    chosen, gate = found.chosen, found.gate
    given = found.found[found.worker].given
    outcome = chosen.outcome if chosen else None
    return SearchRecord(
        worker=found.worker,
        probabilities=dict(found.routed.probabilities),
        alone=found.routed.alone,
        strategy=found.strategy,
        strategy_reason=found.reason,
        depth=found.routed.depth,
        simulations=sum(len(one.candidates) for one in found.found.values()),
        answer=chosen.answer if chosen else "",
        steps=list(given.steps) if given else [],
        step_scores=[round(score, 4) for score in given.scores] if given else [],
        outcome=outcome.status if outcome else SearchRecord.Outcome.FAILED,
        outcome_reason=outcome.reason if outcome else "no answer was found",
        checked_by=outcome.how[:40] if outcome else "",
        mean_score=chosen.mean_score if chosen else None,
        scored=found.scored,
        gate_first=gate.first if gate and could_fail(found) else None,
        gate_passed=gate.passed if gate and could_fail(found) else None,
        reflections=list(gate.reflections) if gate else [],
        stopped=found.found[found.worker].stopped,
        tokens=found.tokens,
        tree=packed({name: tree.as_json(one.root) for name, one in found.found.items()}),
    )
