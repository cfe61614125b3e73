"""The comparison of ways to answer: questions, arms, the chooser's score, the report."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kwsite.bench.routing_data import UnusableData
from kwsite.bench.search.arms import CHOOSER, REWARDED, Outcome, Sample, Setting, answer_all_ways
from kwsite.bench.search.choosing import cross_chosen
from kwsite.bench.search.measure import measure_search
from kwsite.bench.search.questions import Question, read_questions
from kwsite.bench.search.report import (
    Measured,
    arms_of,
    grids,
    read_measured,
    verdict,
    write_evidence,
)
from kwsite.bench.search.reward_model import cross_rewarded
from kwsite.bench.search.speed import Pace, measure_pace, speed_up
from workers.backends.completion import ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.experts.registry import EXPERTS

QUESTION = Question("Tom has 3 bags of 12 apples and eats 6. How many are left?", "30")
RIGHT = "3 * 12 = 36\n\n36 - 6 = 30\n\nAnswer: 30"
WRONG = "3 * 12 = 36\n\nAnswer: 36"


def setting(*replies: str) -> Setting:
    return Setting(EXPERTS["math"], ScriptedBackend(replies), 1000, 100, 1, 3)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "questions.jsonl"
    file.write_text("\n".join(lines))
    return file


def test_questions_are_read_with_their_numbers(tmp_path: Path) -> None:
    line = json.dumps({"question": "How much?", "answer": "A lot.\n#### 1,200"})
    assert read_questions(write(tmp_path, line, "")) == [Question("How much?", "1200")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1"),
        ('{"question": "How much?"}', "line 1"),
        ('{"question": "How much?", "answer": "12"}', "does not end"),
        ('["question"]', "line 1"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UnusableData, match=said):
        read_questions(write(tmp_path, line))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")


def test_every_arm_answers_within_the_same_tokens() -> None:
    done: list[None] = []
    arms = ("one_shot", "one_chain", "self_consistency", "best_of_n_verifier", "lats")
    means = setting("Answer: 30", WRONG, WRONG, RIGHT, WRONG, *[RIGHT] * 3)
    found = answer_all_ways(0, QUESTION, means, arms, lambda: done.append(None))
    by_name = {one.arm: one for one in found}
    assert set(by_name) == set(arms)
    assert len(done) == len(arms)
    assert all(one.tokens <= means.tokens for one in found)
    assert all({"model", "verify"} <= set(one.parts) for one in found)
    assert [one.arm for one in found if one.samples] == ["self_consistency"]
    assert by_name["one_shot"].right
    assert not by_name["one_chain"].right


def test_arms_that_choose_among_samples_share_them() -> None:
    means = setting(WRONG, RIGHT, RIGHT)
    arms = ("self_consistency", "best_of_n_verifier")
    first, second = answer_all_ways(0, QUESTION, means, arms, lambda: None)
    assert (first.right, first.simulations, first.shared) == (True, 3, False)
    assert (second.tokens, second.shared) == (first.tokens, True)
    backend = means.backend
    assert isinstance(backend, ScriptedBackend)
    assert len(backend.requests) == 3
    assert [one.right for one in first.samples] == [False, True, True]
    assert first.samples[0].steps == ("3 * 12 = 36", "Answer: 36")
    assert second.samples == ()


def test_an_answer_at_once_is_asked_for_without_steps() -> None:
    means = setting("Answer: 30")
    answer_all_ways(0, QUESTION, means, ("one_shot",), lambda: None)
    backend = means.backend
    assert isinstance(backend, ScriptedBackend)
    asked: ModelRequest = backend.requests[0]
    assert "at once" in asked.messages[0]["content"]
    assert "step by step" not in json.dumps(asked.messages)


def test_a_reward_model_of_other_questions_chooses_among_the_samples() -> None:
    doubling = ("Twice as many are added to what was there.",)
    guessing = ("Nobody knows, so the first number is taken.",)
    samples = (Sample(guessing, "1", right=False), Sample(doubling, "2", right=True))
    found = [replace(one, samples=samples) for one in outcomes("self_consistency", [False] * 20, 9)]
    asked = [
        Question(f"Tom has {n} apples and gets twice as many. How many?", "2") for n in range(20)
    ]
    chosen = cross_rewarded(asked, found)
    assert [one.question for one in chosen] == list(range(20))
    assert {one.arm for one in chosen} == {REWARDED}
    assert all(one.right and one.answer == "2" for one in chosen)
    assert all("score" in one.parts for one in chosen)


def test_what_is_measured_is_kept_question_by_question() -> None:
    kept: list[int] = []
    measure_search(
        [QUESTION, QUESTION],
        setting(RIGHT, RIGHT),
        arms=("one_chain",),
        advance=lambda: None,
        keep=lambda found: kept.append(len(found)),
    )
    assert kept == [1, 2]


def outcomes(arm: str, rights: Sequence[bool], tokens: int) -> list[Outcome]:
    return [
        Outcome(arm, n, right, "", tokens, 10, 1.0, 1, right, right, {"model": 0.9})
        for n, right in enumerate(rights)
    ]


def measured(dearer: int) -> Measured:
    rights = [n % 4 == 0 for n in range(60)]
    better = [n % 4 != 0 for n in range(60)]
    found = outcomes("one_chain", rights, 200) + outcomes("lats", better, dearer)
    return Measured("m", "manage.py bench search", 1500, found)


def test_the_chooser_learns_from_other_questions_than_it_answers() -> None:
    arms = arms_of(measured(1200))
    assert [one.right for one in arms[CHOOSER]] == [one.right for one in arms["lats"]]
    assert [one.question for one in arms[CHOOSER]] == list(range(60))


def test_the_chooser_stays_with_the_cheaper_arm_where_the_dearer_one_does_not_pay() -> None:
    arms = {one: found for one, found in arms_of(measured(100_000)).items() if one != CHOOSER}
    assert {strategy for strategy, _ in cross_chosen(arms).choices} == {"one_chain"}


def test_the_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    whole = measured(1200)
    whole.outcomes[0] = replace(whole.outcomes[0], samples=(Sample(("a", "b"), "c", right=True),))
    told, plot, data = write_evidence(whole, tmp_path)
    assert read_measured(data) == whole
    assert plot.stat().st_size > 10_000
    text = told.read_text()
    assert "| lats | 75 %" in text
    assert "the goal of +12 is met" in text
    assert verdict(measured(1200)) in text
    assert grids(measured(1200))[0].title.startswith("m: 60 questions")


def test_pace_is_measured_both_ways_on_each_question() -> None:
    means = Setting(EXPERTS["math"], ScriptedBackend([RIGHT] * 40), 1000, 100, 4, 3)
    ((alone, together),) = measure_pace([QUESTION], means, lambda: None)
    assert (alone.parallel, together.parallel) == (1, 4)
    assert alone.simulations == together.simulations == 8


def test_the_speed_up_is_of_simulations_a_second() -> None:
    pairs = [(Pace(1, 8, 800, 8.0), Pace(4, 8, 800, 4.0))] * 5
    assert speed_up(pairs).value == 2.0
