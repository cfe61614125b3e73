"""The bench of learning: its queries, its figures and its report."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kwsite.bench.learning.command import queries
from kwsite.bench.learning.family import Family, Query, worded
from kwsite.bench.learning.figures import (
    accuracy,
    area,
    chosen_at,
    gained_per_1000,
    like_stream,
    reward_per_1000,
    shares_of,
)
from kwsite.bench.learning.grids import grids, verdict
from kwsite.bench.learning.measure import points_of
from kwsite.bench.learning.outcome import Answered, HeldStep, Learning, Round, Routed
from kwsite.bench.learning.report import read_learning, write_evidence
from kwsite.bench.learning.routers import as_lessons, nearest_examples
from kwsite.bench.learning.stream import (
    CROSSED,
    FAMILIES,
    PARTS,
    crossed,
    held_out,
    part_of,
    stream,
)
from kwsite.bench.routing_data import UnusableData
from tests.db.net_rows import embed_words
from training.nets.roster import WORKERS
from training.text_vectors import TextVectors
from workers.experts.expert import Task
from workers.experts.registry import EXPERTS
from workers.experts.structure import forms

CHECKED = ("math", "code", "logic", "factual")


def test_the_stream_has_all_workers_alike_and_no_text_twice() -> None:
    made = stream(300)
    assert Counter(query.worker for query in made) == dict.fromkeys(WORKERS, 50)
    assert len({query.text for query in made}) == 300


def test_the_same_seed_gives_the_same_queries() -> None:
    assert stream(30) == stream(30) != stream(30, seed=1)
    assert held_out(24) == held_out(24)


def test_a_stream_longer_than_the_templates_reach_is_refused() -> None:
    with pytest.raises(UnusableData, match="different queries, not 100000"):
        stream(100_000)


def test_the_test_has_no_text_and_no_wording_of_the_stream() -> None:
    taught, asked = stream(300), [*held_out(156), *crossed(90)]
    assert not {q.text for q in taught} & {q.text for q in asked}
    assert not {(q.family, q.wording) for q in taught} & {(q.family, q.wording) for q in asked}


def test_half_of_the_test_is_of_families_that_the_stream_lacks() -> None:
    taught, asked = {q.family for q in stream(300)}, held_out(120)
    assert Counter(part_of(query) for query in asked) == dict.fromkeys(PARTS, 60)
    for query in asked:
        assert (query.family in taught) == (part_of(query) == "new wordings")


def test_the_workers_take_turns_in_the_test() -> None:
    assert [query.worker for query in held_out(12)] == [*WORKERS, *WORKERS]
    assert {part_of(query) for query in held_out(36)[:6]} == {"new wordings"}


def test_queries_on_other_workers_subjects_are_for_the_router_alone() -> None:
    asked = queries(12, tested=6, routed=24)
    assert len(asked.tested) == 6
    assert Counter(part_of(query) for query in asked.routed)["other subjects"] == 12
    assert "other subjects" not in {part_of(query) for query in asked.tested}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_right_answer_of_each_family_passes_its_verifier(family: Family) -> None:
    random = Random(7)
    for wording in (*family.wordings, *family.other):
        query = worded(family, wording, random)
        if family.worker in CHECKED:
            task = Task(query.text, evidence=query.evidence)
            said = EXPERTS[family.worker].verify(task, ("So it is.", query.right), None)
            assert (said.status, query.text) == ("ok", query.text), said.reason
        else:
            assert forms(query.text, "some text"), query.text


def test_there_are_many_kinds_of_programs_and_no_name_twice() -> None:
    names = [family.name for family in (*FAMILIES, *CROSSED)]
    assert len(names) == len(set(names))
    assert sum(family.worker == "code" and family.is_streamed for family in FAMILIES) >= 12


def answered(
    number: int, *, status: str = "ok", worker: str = "math", tokens: int = 100
) -> Answered:
    reward = 1.0 if status == "ok" else 0.0
    return Answered(number, "f", "new wordings", "math", worker, status, reward, tokens,
                    3, status == "ok", True, 1, 1)  # fmt: skip


def routed(samples: int, chosen: str, part: str = "new wordings") -> Routed:
    return Routed(samples, "live", 0, part, "math", chosen)


STEPS = tuple(
    HeldStep(n, "math" if n % 2 else "code", label, 10, {"prm 6": score, "length 6": 0.5})
    for n, (label, score) in enumerate(
        [(1.0, 0.9), (1.0, 0.8), (0.0, 0.2), (0.0, 0.1), (1.0, 0.7), (0.0, 0.3)]
    )
)
FOUND = Learning(
    "a-model",
    "manage.py bench learning",
    6,
    tuple(answered(n) for n in range(6)),
    (answered(0, status="failed"), answered(1)),
    (answered(0), answered(1, tokens=50)),
    (routed(0, "code"), routed(0, "math"), *[routed(6, "math") for _ in range(9)],
     routed(6, "code", "other subjects")),
    STEPS,
    (Round(6, "policy", "live", "", {"held_out": 12}),),
)  # fmt: skip


def test_accuracy_counts_right_choices_of_one_router_at_one_time() -> None:
    assert accuracy(chosen_at(FOUND, 0, "live")).value == 0.5
    assert accuracy(chosen_at(FOUND, 6, "live")).value == 0.9
    assert accuracy(like_stream(chosen_at(FOUND, 6, "live"))).value == 1.0


def test_the_area_is_given_over_all_steps_and_within_each_worker() -> None:
    found = area(STEPS, "prm 6")
    assert found is not None
    assert found.interval is not None
    assert (found.interval.value, found.within, found.workers) == (1.0, 1.0, 2)
    blind = area(STEPS, "length 6")
    assert blind is not None
    assert blind.interval is not None
    assert blind.interval.value == 0.5
    assert area(STEPS, "prm 50") is None


def test_a_predictor_that_knows_the_worker_alone_has_no_area_within_one() -> None:
    """What separates workers separates right from wrong only as far as workers differ."""
    told = tuple(
        replace(
            one, label=float(one.worker == "math"), scores={"worker 6": float(one.worker == "math")}
        )
        for one in STEPS
    )
    found = area(told, "worker 6")
    assert found is not None
    assert found.interval is not None
    assert (found.interval.value, found.within) == (1.0, None)


def test_reward_per_token_is_of_sums_and_its_gain_is_paired() -> None:
    assert reward_per_1000(FOUND.before).value == 5.0
    assert gained_per_1000(FOUND.before, FOUND.after).value == pytest.approx(2000 / 150 - 5)


def test_an_answer_of_another_worker_is_not_verified_by_the_right_one() -> None:
    shares = shares_of([answered(0), answered(1, worker="factual")])
    assert shares["verified"] == [1.0, 1.0]
    assert shares["verified, by the right worker"] == [1.0, 0.0]


def test_learning_comes_after_the_told_answers_and_at_the_end() -> None:
    assert points_of(300, 50) == [50, 150, 300]
    assert points_of(200, 50) == [50, 150, 200]
    assert points_of(12, 6) == [6, 12]


def test_the_report_says_what_was_met_and_is_read_back(tmp_path: Path) -> None:
    told, plot, data = write_evidence(FOUND, tmp_path)
    assert read_learning(data) == FOUND
    text = told.read_text()
    assert "the goal of 92 % is met" in text
    assert plot.name in text
    assert plot.stat().st_size > 1000
    assert all(grid.title in text for grid in grids(FOUND))
    assert json.loads(data.read_text())["told"] == 6


def test_the_verdict_says_what_the_gate_made_of_the_fitted_nets() -> None:
    """A net that the gate refused serves nobody, however well it does on the test."""
    rounds = (Round(6, "policy", "rejected", "no gain", {}), Round(6, "prm", "live", "", {}))
    said = verdict(replace(FOUND, rounds=rounds))
    assert "by the net that was fitted then and rejected" in said
    assert "The gate's last word: live." in said


def test_the_nearest_example_of_all_workers_routes() -> None:
    asked = [Query("math two", "math", "f", ""), Query("code one", "code", "f", "")]
    examples = {worker: (f"{worker} one", f"{worker} three") for worker in WORKERS}
    assert nearest_examples(asked, examples, TextVectors(embed_words)) == ["math", "code"]


def test_what_a_person_said_is_worth_one_and_says_no_effort() -> None:
    lessons = as_lessons(stream(6), TextVectors(embed_words))
    assert lessons.inputs.shape == (6, 398)
    assert lessons.rewards.tolist() == [1.0] * 6
    assert lessons.told.all()
    assert np.isnan(lessons.depths).all()


def test_a_reward_model_that_was_not_fitted_is_said_to_be_so() -> None:
    bare = replace(FOUND, steps=tuple(replace(one, scores={}) for one in STEPS), after=())
    assert "The reward model was not fitted." in verdict(bare)
    assert grids(bare)
