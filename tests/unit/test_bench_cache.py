"""What `bench cache` makes of its figures."""

from dataclasses import replace
from pathlib import Path

import pytest

from kernels.reuse.near import differences_of_meaning
from kernels.reuse.question import question
from kwsite.bench.cache.measure import (
    TIMED,
    CacheFigures,
    HitTimes,
    Traffic,
    _validator_ms,
    suites,
)
from kwsite.bench.cache.report import as_json, grids, verdict, write_evidence, wrong_reuses
from kwsite.bench.figures import Figures

FOUND = CacheFigures(
    1.5,
    (
        HitTimes("same question", Figures(9, 20.0, 30.0, 50), Figures(9, 20.0, 30.0, 50), {"w": 1}),
        HitTimes("near duplicate", Figures(9, 90.0, 95.0, 9), Figures(9, 28.0, 33.0, 40), {"w": 2}),
    ),
    (
        Traffic("near_misses", "dev", 240, 172, 180, 0, 0, 0),
        Traffic("paraphrases", "dev", 225, 197, 199, 199, 163, 1),
    ),
)


def test_hits_of_paraphrases_are_no_wrong_reuses() -> None:
    assert wrong_reuses(FOUND) == 0
    bad = replace(FOUND.traffic[0], same=1, near=2)
    assert wrong_reuses(replace(FOUND, traffic=(bad, FOUND.traffic[1]))) == 3


@pytest.mark.parametrize(("p50", "said"), [(28.0, "within"), (31.0, "over")])
def test_the_goal_is_held_to_the_time_without_the_validator(p50: float, said: str) -> None:
    near = replace(FOUND.times[1], without_validator=Figures(9, p50, 95.0, 9))
    told = verdict(replace(FOUND, times=(FOUND.times[0], near)))
    assert f"{p50:.1f} ms" in told
    assert said in told


def test_shares_are_of_what_may_be_answered_again_and_of_all(tmp_path: Path) -> None:
    path = write_evidence(FOUND, "manage.py bench cache", tmp_path)
    text = path.read_text()
    repeated, paraphrased = "199 of 199 (100%; of all 88%)", "164 of 197 (83%; of all 73%)"
    row = f"| dev | 225 | 197 | {repeated} | {paraphrased} | 1 |"
    assert row in text
    assert "| near duplicate | 9 | 90.0 | 95.0 | 28.0 | 33.0 | <= 30 |" in text
    assert "load 1.5" in text
    assert len(grids(FOUND)) == 4
    assert as_json(FOUND)["wrong_reuses"] == 0


def test_only_the_validators_time_is_left_out() -> None:
    events = [
        {"payload": {"kind": "validator"}, "duration_ms": 12.5},
        {"payload": {"kind": "schema"}, "duration_ms": 3.0},
        {"payload": {"reused": "x"}, "duration_ms": None},
    ]
    assert _validator_ms({"events": events}) == 12.5
    assert _validator_ms({"events": events[1:]}) == 0


def test_each_suite_can_be_cut_short() -> None:
    found = list(suites(3))
    assert {name for name, _, _ in found} == {"near_misses", "paraphrases"}
    assert len(found) == 9
    assert all(len(pairs) == 3 for _, _, pairs in found)


def test_what_is_timed_is_what_it_is_called() -> None:
    for stored, same, near in TIMED:
        asked = question(stored)
        assert not asked.differences(question(same))
        assert asked.differences(question(near))
        assert not differences_of_meaning(asked, question(near))
