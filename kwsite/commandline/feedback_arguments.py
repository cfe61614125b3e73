"""What can be said of an answer, as `feedback` takes it."""

import argparse
from collections.abc import Mapping
from typing import Any

from kwsite.commandline.finite import finite
from trajectories.models import Feedback


def add_feedback_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", help="the run that `ask` printed")
    parser.add_argument("--verdict", choices=Feedback.Verdict.values)
    parser.add_argument("--rating", type=int, metavar="1-5")
    parser.add_argument("--comment", default="")
    parser.add_argument("--answer", metavar="TEXT", help="what would have been right")
    searched = parser.add_argument_group("searched answers")
    worker = searched.add_mutually_exclusive_group()
    worker.add_argument("--right-worker", action="store_true", help="the right worker answered")
    worker.add_argument("--wrong-worker", action="store_true", help="another should have")
    worker.add_argument("--suggested", metavar="NAME", help="the worker that should have")
    searched.add_argument(
        "--step",
        type=step_score,
        action="append",
        dest="steps",
        metavar="N=SCORE",
        help="a score from 0 to 1 of the N-th step of the answer; may be repeated",
    )
    searched.add_argument(
        "--rate-step",
        type=step_rating,
        action="append",
        dest="steps",
        metavar="N=1-5",
        help="the same as a rating",
    )


def feedback_body(options: Mapping[str, Any]) -> dict[str, Any]:
    """The request's JSON."""
    names = ("run_id", "verdict", "rating", "comment", "answer", "steps")
    said = {name: options[name] for name in names if options[name] is not None}
    if options["suggested"]:
        said["worker"] = {"suggested": options["suggested"]}
    elif options["right_worker"] or options["wrong_worker"]:
        said["worker"] = {"wrong": options["wrong_worker"]}
    return said


def feedback_words(recorded: Mapping[str, Any]) -> str:
    """What was recorded, on one line."""
    worker = recorded["worker"] or {}
    steps = recorded["steps"]
    said = (
        recorded["verdict"],
        f"{recorded['rating']} of 5" if recorded["rating"] else "",
        recorded["comment"],
        "with the right answer" if recorded.get("answer") else "",
        f"{worker['suggested']} is the right worker" if worker.get("suggested") else "",
        "the wrong worker" if worker.get("wrong") else "",
        "the right worker" if worker.get("wrong") is False else "",
        f"steps {', '.join(str(step['position']) for step in steps)}" if steps else "",
    )
    return ", ".join(part for part in said if part)


def step_score(text: str) -> dict[str, Any]:
    position, _, score = text.partition("=")
    return {"position": int(position), "score": finite(score)}


def step_rating(text: str) -> dict[str, Any]:
    position, _, rating = text.partition("=")
    return {"position": int(position), "rating": int(rating)}
