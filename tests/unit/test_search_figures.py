"""The figures of searches by worker, computed from values."""

from dataclasses import replace

import pytest

from training.figures.admin import shares
from training.figures.by_worker import ALL, Answered, Hit, Latency, Share, figures, latency, share
from training.figures.table import as_json, figures_table

RIGHT = Answered("math", True, True, None, True, True, None, 1.0, 100, 40.0)


def test_what_nobody_judged_counts_for_nothing() -> None:
    assert share([True, None, False, None]) == Share(1, 2)
    assert share([None]).value is None


def test_quantiles_are_values_that_were_seen() -> None:
    assert latency([30.0, 10.0, 20.0]) == Latency(20.0, 30.0)
    assert latency([float(n) for n in range(1, 101)]) == Latency(50.0, 95.0)
    assert latency([]) == Latency(None, None)


def test_people_and_verifiers_are_counted_apart() -> None:
    rows = [replace(RIGHT, approved=False), replace(RIGHT, verified=None, approved=True), RIGHT]
    _, math = figures(rows, [Hit("math", False, 5.0)])
    assert math.correct_by_people == Share(1, 3)
    assert math.correct_by_verifier == Share(2, 2)


def test_the_gate_counts_at_once_and_after_reflection() -> None:
    late = replace(RIGHT, gate_first=False)
    refused = replace(late, gate_passed=False)
    ungated = replace(RIGHT, gate_first=None, gate_passed=None)
    found = figures([RIGHT, late, refused, ungated], [])[0]
    assert (found.gate_first, found.gate_passed) == (Share(1, 3), Share(2, 3))


def test_a_hit_counts_in_the_hit_rate_and_has_a_latency_of_its_own() -> None:
    found = figures([RIGHT], [Hit("math", None, 4.0), Hit("math", None, 6.0)])[0]
    assert (found.searches, found.hits) == (1, Share(2, 3))
    assert (found.cold, found.hit) == (Latency(40.0, 40.0), Latency(4.0, 6.0))


def test_the_reward_is_of_the_tokens_that_were_paid_for_it() -> None:
    unpaid = replace(RIGHT, worker="poetry", reward=None, tokens=5000)
    rows = [RIGHT, replace(RIGHT, reward=0.5, tokens=200), unpaid]
    everybody, math, poetry = figures(rows, [])
    assert math.reward_per_1000 == everybody.reward_per_1000 == pytest.approx(5.0)
    assert (everybody.tokens, poetry.reward_per_1000) == (5300, None)


def test_workers_come_by_name_behind_all() -> None:
    rows = [RIGHT, replace(RIGHT, worker="code", found=False)]
    found = figures(rows, [Hit("logic", None, 1.0)])
    assert [one.worker for one in found] == [ALL, "code", "logic", "math"]
    assert found[0].valid == Share(1, 2)
    assert figures([], []) == []


def test_the_table_the_json_and_the_chart_say_the_same() -> None:
    found = figures([RIGHT], [])
    headers, rows = figures_table(found)
    cells = {row[0]: row[1:] for row in rows}
    assert headers == ["", ALL, "math"]
    assert cells["right, by verifier"] == ["100% (1/1)"] * 2
    assert cells["right, by people"] == ["-"] * 2
    assert cells["cold, p50 / p95"] == ["40 / 40 ms"] * 2
    assert as_json(found)[1]["correct_by_verifier"] == {"yes": 1, "of": 1, "share": 1.0}
    assert [one.values for one in shares(found)] == [
        [None, None],
        [100.0, 100.0],
        [None, None],
    ]
