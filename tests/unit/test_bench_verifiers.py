"""What `bench verifiers` counts: verdicts on known answers, alarms on worked solutions."""

import json
from pathlib import Path

import pytest

from kwsite.bench.routing_data import UnusableData
from kwsite.bench.verifiers import gym, written
from kwsite.bench.verifiers.command import as_json, measure, solutions_table, verdicts_table
from kwsite.bench.verifiers.outcome import Item, Tally, summed
from kwsite.bench.verifiers.solutions import measure_solutions
from kwsite.bench.verifiers.worlds import has_counterexample
from workers.experts.expert import Task

GOOD = "He has 3 * 4 = <<3*4=12>>12 eggs.\nHe eats 12 - 2 = <<12-2=10>>10.\n#### 10"
BAD = "He has 3 * 4 = <<3*4=13>>13 eggs.\n#### 13"


def item(*, right: bool) -> Item:
    return Item("math", "sums", Task("?"), ("Answer: 1",), right)


def test_precision_is_of_passes_and_recall_of_right_answers() -> None:
    tally = Tally("math", "sums")
    for right, status in ((True, "ok"), (True, "failed"), (False, "ok"), (False, "failed")):
        tally.add(item(right=right), status, 1.0)
    tally.add(item(right=True), "unverified", 3.0)
    assert (tally.precision, round(tally.recall, 2), tally.refused) == (0.5, 0.33, 0.5)
    assert Tally("math", "none").precision is None
    whole = summed([tally, tally, Tally("logic", "other")], "math")
    assert whole.right.total() == 6
    assert whole.p50_ms == 1.0


@pytest.mark.parametrize(
    ("premises", "conclusion", "invalid"),
    [
        (["All a are b", "All b are c"], "All a are c", False),
        (["All a are b", "Some b are not c"], "Some a are not c", True),
        (["No a are b", "Some c are a"], "Some c are not b", False),
        (["All a are b", "All a are c"], "Some b are c", True),  # without any a
    ],
)
def test_worlds_refute_what_is_invalid(premises: list[str], conclusion: str, invalid: bool) -> None:
    assert has_counterexample(premises, conclusion) is invalid


def test_a_false_alarm_and_a_result_put_wrong_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "solutions.jsonl"
    file.write_text("\n".join(json.dumps({"answer": answer}) for answer in (GOOD, BAD)))
    found = measure_solutions(file)
    assert (found.solutions, found.marked, found.alarmed) == (2, 3, 1)
    assert found.outcomes == {"holds": 2, "wrong": 1}
    assert found.alarms == ("3 * 4 = 13 (it is 12)",)
    assert (found.altered, found.noticed) == (1, 1)
    assert solutions_table(found).row_count > 5


def test_unusable_data_are_told(tmp_path: Path) -> None:
    file = tmp_path / "solutions.jsonl"
    file.write_text('{"question": "?"}')
    with pytest.raises(UnusableData, match="no JSONL"):
        measure_solutions(file)


def test_every_family_has_right_and_wrong_answers_and_no_wrong_one_passes() -> None:
    tallies = measure(2)
    for tally in tallies:
        assert tally.right.total(), tally
        assert tally.wrong.total(), tally
        assert not tally.wrong["ok"], tally
    assert {tally.expert for tally in tallies} == {"math", "logic", "code", "factual"}
    assert verdicts_table(tallies).row_count == len(tallies)
    assert len(as_json(tallies, None)["verdicts"]) == len(tallies)


def test_items_are_the_same_each_time() -> None:
    assert list(gym.items(1)) == list(gym.items(1))
    assert list(written.items()) == list(written.items())
