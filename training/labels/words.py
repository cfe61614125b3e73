"""What a label says beside what had been said before, as its row keeps it."""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from training.feedback.answer_words import WorkerWord, standing_word
from training.models import StepExample
from training.splits import query_digest
from trajectories.models import SearchRecord, Trajectory


def worker_words(trajectory: Trajectory, answered: str, said: WorkerWord) -> dict[str, Any]:
    before = standing_word(trajectory, answered)
    return {"said": astuple(said), "before": astuple(before) if before else None}


def step_words(trajectory: Trajectory, said: Mapping[int, float]) -> dict[str, Any]:
    """By positions; a step that nobody had scored was None before."""
    search = SearchRecord.objects.defer("tree").get(trajectory=trajectory)
    known = {place: step_example(search, place) for place in said}
    return {
        "said": {str(place): score for place, score in said.items()},
        "before": {
            str(place): example.human_score if example else None for place, example in known.items()
        },
    }


def step_example(search: SearchRecord, position: int) -> StepExample | None:
    """What is learned from a step of the answer; positions begin at 1."""
    if not 1 <= position <= len(search.steps):
        return None
    return StepExample.objects.filter(
        query_digest=query_digest(search.trajectory.prompt),
        worker=search.worker,
        step=search.steps[position - 1],
        steps_before=search.steps[: position - 1],
        trajectory=search.trajectory_id,
    ).first()
