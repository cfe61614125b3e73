"""What `ask` sends to have an answer searched for, what it shows of it, what `feedback` sends."""

import argparse
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError
from rich.console import Console

from kwsite.api.chat_body import ChatBody
from kwsite.api.errors import InvalidParameter
from kwsite.api.feedback import FeedbackBody
from kwsite.commandline.chat_arguments import chat_body
from kwsite.commandline.feedback_arguments import (
    add_feedback_arguments,
    feedback_body,
    feedback_words,
    step_score,
)
from kwsite.commandline.search_arguments import UnreadableFile
from kwsite.commandline.search_trace import MOST_SHOWN, search_trace, tried_line
from kwsite.management.commands.ask import Command

OUTCOME = {"status": "ok", "score": 1.0, "reason": "17 + 25 is 42", "how": "recomputed"}
SUMMARY: dict[str, Any] = {
    "worker": "math",
    "strategy": "lats",
    "reason": "the request names it",
    "probabilities": {"code": 0.2, "math": 0.7, "logic": 0.06, "factual": 0.04},
    "workers": ["math"],
    "simulations": 3,
    "stopped": "accepted",
    "answer": "42",
    "outcome": OUTCOME,
    "mean_score": 0.75,
    "gate": {"first": False, "passed": True, "reflections": ["17 + 25 is\n42, not 43"]},
    "tokens": 120,
}
TREE = {
    "visits": 3,
    "children": [
        {
            "step": "17 + 25 [b]= 42",
            "visits": 2,
            "value": 1.5,
            "children": [{"step": "Answer: 42", "visits": 1, "value": 1.0, "outcome": OUTCOME}],
        },
        {"step": "17 + 25 = 43", "visits": 1, "rollout": ["Answer: 43"], "pruned": True},
    ],
}


def asked(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    Command().add_arguments(parser)
    body = chat_body(vars(parser.parse_args(["What is 17 + 25?", *arguments])))
    ChatBody.model_validate(body)  # as the API will
    return body


def shown(summary: dict[str, Any], trees: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(search_trace(summary, trees))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_without_options_no_search_is_asked_for() -> None:
    assert "kernelweave" not in asked("--temperature", "0.2", "--model", "kernelweave")
    assert asked("--temperature", "0.2")["temperature"] == 0.2


def test_every_option_reaches_the_request(tmp_path: Path) -> None:
    notes, more, tests = tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "t.py"
    notes.write_text("It opened in 1999.")
    more.write_text("Ann built it.")
    tests.write_text("assert f(1) == 2")
    flags = "--worker code --strategy lats --budget-tokens 500 --simulations 7 --depth 4 --gate 0.6"
    files = ["--evidence", str(notes), "--evidence", str(more), "--tests", str(tests)]
    assert asked(*flags.split(), "--max-reflections", "0", *files)["kernelweave"]["search"] == {
        "worker": "code",
        "strategy": "lats",
        "budget_tokens": 500,
        "simulations": 7,
        "depth": 4,
        "gate": 0.6,
        "max_reflections": 0,
        "evidence": ["It opened in 1999.", "Ann built it."],
        "tests": "assert f(1) == 2",
    }


def test_a_search_can_be_asked_for_as_it_is() -> None:
    assert asked("--search")["kernelweave"] == {"search": {}}


def test_without_routing_one_worker_answers() -> None:
    assert asked("--no-routing")["kernelweave"]["search"] == {"worker": "analysis"}
    named = asked("--no-routing", "--worker", "math")
    assert named["kernelweave"]["search"] == {"worker": "math"}
    with pytest.raises(CommandError, match="contradict"):
        asked("--no-routing", "--worker", "auto")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"--evidence .*nowhere\.txt"):
        asked("--evidence", str(tmp_path / "nowhere.txt"))


def test_the_trace_says_who_answered_how_and_what_was_tried() -> None:
    page = shown(SUMMARY, {"math": TREE})
    for words in (
        "worker math (router: math 0.70, code 0.20, logic 0.06)",
        "strategy lats: the request names it",
        "gate passed, after 1 reflections",
        "17 + 25 is 42, not 43",
        "answer ✓ recomputed: 17 + 25 is 42; mean step score 0.75",
        "math (3 simulations)",
        "├── 0.75 × 2  17 + 25 [b]= 42",
        "│   └── 1.00 × 1  Answer: 42  ✓",
        "└── 0.00 × 1  17 + 25 = 43  … 1 more  pruned",
    ):
        assert words in page


def test_a_search_that_found_nothing_has_a_trace_too() -> None:
    nothing = {**SUMMARY, "outcome": None, "mean_score": None, "gate": None, "answer": ""}
    assert "ended by accepted" in shown(nothing, {"math": {}})


@pytest.mark.parametrize(("steps", "left_out"), [(MOST_SHOWN, False), (MOST_SHOWN + 1, True)])
def test_a_large_tree_says_that_it_is_cut(steps: int, left_out: bool) -> None:
    wide = {"visits": steps, "children": [{"step": f"step {n}."} for n in range(steps)]}
    page = shown(SUMMARY, {"math": wide})
    assert f"step {MOST_SHOWN - 1}." in page
    assert (f"step {MOST_SHOWN}." in page) is False
    assert ("steps are shown" in page) is left_out


def said(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_feedback_arguments(parser)
    run_id = "11111111-1111-4111-8111-111111111111"
    body = feedback_body(vars(parser.parse_args([run_id, *arguments])))
    assert str(FeedbackBody.model_validate(body).run_id) == body.pop("run_id")
    return body


@pytest.mark.parametrize(
    ("flags", "worker"),
    [
        (["--right-worker"], {"wrong": False}),
        (["--wrong-worker"], {"wrong": True}),
        (["--suggested", "code"], {"suggested": "code"}),
    ],
)
def test_what_is_said_of_the_worker_reaches_the_request(
    flags: list[str], worker: dict[str, Any]
) -> None:
    assert said(*flags)["worker"] == worker


def test_what_is_said_of_steps_reaches_the_request() -> None:
    body = said("--verdict", "correct", "--step", "1=0.5", "--rate-step", "2=4")
    assert body["steps"] == [{"position": 1, "score": 0.5}, {"position": 2, "rating": 4}]
    assert body["verdict"] == "correct"


def test_what_was_recorded_is_one_line() -> None:
    recorded = {
        "verdict": "incorrect",
        "rating": 2,
        "comment": "",
        "worker": {"wrong": None, "suggested": "code"},
        "steps": [{"position": 1}, {"position": 3}],
    }
    words = "incorrect, 2 of 5, code is the right worker, steps 1, 3"
    assert feedback_words(recorded) == words


def test_a_followed_search_asks_for_its_trace() -> None:
    assert asked("--search", "--stream")["kernelweave"] == {"search": {}, "trace": True}
    assert "trace" not in asked("--search", "--stream", "--no-trace")["kernelweave"]
    assert "trace" not in asked("--search")["kernelweave"]
    assert "kernelweave" not in asked("--stream")


def test_what_is_tried_is_one_line() -> None:
    tried = {
        "worker": "math",
        "answer": "42",
        "steps": 3,
        "status": "ok",
        "reason": "17 + 25\nis 42",
        "reward": 1.0,
    }
    assert tried_line(tried) == "math ✓ 42  (3 steps, worth 1.00: 17 + 25 is 42)"
    assert tried_line({**tried, "answer": "", "status": "failed"}).startswith("math ✗ no answer")


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "much"])
def test_what_is_no_number_is_refused_before_it_is_sent(text: str) -> None:
    with pytest.raises((SystemExit, CommandError)):
        asked("--gate", text)
    with pytest.raises(argparse.ArgumentTypeError):
        step_score(f"1={text}")


@pytest.mark.parametrize(("verdict", "rating"), [("correct", 2), ("incorrect", 4)])
def test_a_verdict_and_a_rating_that_contradict_each_other_are_refused(
    verdict: str, rating: int
) -> None:
    said = {"run_id": "00000000-0000-0000-0000-000000000000", "verdict": verdict}
    FeedbackBody.model_validate({**said, "rating": 3})
    with pytest.raises(InvalidParameter, match="contradict"):
        FeedbackBody.model_validate({**said, "rating": rating})
