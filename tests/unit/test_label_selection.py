"""Which answers people are asked to label, by each way of choosing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from training.labels.selection import (
    WAYS,
    By,
    Pick,
    Unlabelled,
    disagreements,
    k_centres,
    select_batch,
    uncertainty,
)

BOTH = frozenset({"worker", "steps"})


def direction(place: int, towards: int | None = None) -> Any:
    """A unit vector along one axis, or between two."""
    row = np.zeros(384, np.float32)
    row[place] = 1.0
    if towards is not None:
        row[towards] = 1.0
    return row / np.linalg.norm(row)


def item(key: str, **fields: Any) -> Unlabelled:
    plain: dict[str, Any] = {
        "key": key,
        "asks": frozenset({key}),
        "wants": BOTH,
        "embedding": direction(0),
        "margin": 1.0,
        "step_scores": (),
        "verified": None,
        "complexity": 0.1,
    }
    return Unlabelled(**{**plain, **fields})


def keys(picks: list[Pick]) -> list[str]:
    return [pick.key for pick in picks]


def test_the_router_is_unsure_where_two_workers_are_as_likely() -> None:
    assert uncertainty(item("a", margin=0.25)) == (0.75, "worker")


def test_the_reward_model_is_unsure_where_steps_score_a_half() -> None:
    assert uncertainty(item("a", step_scores=(0.5, 0.5))) == (1.0, "steps")
    assert uncertainty(item("a", step_scores=(0.0, 1.0))) == (0.0, "worker")  # sure of each


def test_what_is_labelled_already_is_not_asked_again() -> None:
    unsure = item("a", margin=0.0, step_scores=(0.6,), wants=frozenset({"steps"}))
    value, label = uncertainty(unsure)
    assert (round(value, 3), label) == (0.8, "steps")
    assert select_batch([replace(unsure, wants=frozenset())], by="mix", count=5) == []


def test_the_most_uncertain_come_first_and_the_sure_ones_not_at_all() -> None:
    items = [item("sure"), item("less", margin=0.5), item("most", margin=0.1)]
    picks = select_batch(items, by="uncertainty", count=5)
    assert keys(picks) == ["most", "less"]
    assert picks[0].reason == "the router is unsure (0.90)"


def test_each_centre_is_the_furthest_from_the_ones_before() -> None:
    rows = np.stack([direction(0), direction(0, 1), direction(1), direction(2)])
    assert k_centres(rows, rows[:1], 2) == [2, 3]
    assert k_centres(rows, rows[:0], 9) == [0, 2, 3, 1]
    assert k_centres(rows[:0], rows, 3) == []


def test_diversity_keeps_away_from_what_is_labelled() -> None:
    items = [item("near", embedding=direction(0, 1)), item("far", embedding=direction(5))]
    labelled = np.stack([direction(0)])
    assert keys(select_batch(items, by="diversity", count=1, labelled=labelled)) == ["far"]


def test_disagreement_is_known_where_a_verifier_spoke_and_predicted_elsewhere() -> None:
    items = [
        item("refuted", step_scores=(0.9, 0.9), verified=0.0),
        item("alike", step_scores=(0.8,), embedding=direction(0, 1)),
        item("agreed", step_scores=(0.9,), verified=1.0, embedding=direction(1)),
        item("unlike", step_scores=(0.8,), embedding=direction(7)),
        item("unscored", verified=0.0),
    ]
    found = [round(value, 2) for value in disagreements(items)]
    assert found == [0.9, 0.5, 0.1, 0.0, 0.0]
    picks = select_batch(items, by="error", count=9)
    assert keys(picks) == ["refuted", "alike", "agreed"]
    assert {pick.label for pick in picks} == {"steps"}
    assert "probably" in picks[1].reason


def test_the_complex_ones_come_first() -> None:
    items = [item("easy"), item("hard", complexity=0.9), item("fair", complexity=0.4)]
    assert keys(select_batch(items, by="complexity", count=2)) == ["hard", "fair"]


def many(count: int) -> list[Unlabelled]:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(count, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [
        item(
            f"q{n}",
            embedding=rows[n],
            margin=float(rng.random()),
            step_scores=tuple(rng.random(3)),
            verified=float(n % 2) if n % 3 else None,
            complexity=float(rng.random()),
        )
        for n in range(count)
    ]


def test_a_mix_takes_from_each_way_in_turn() -> None:
    picks = select_batch(many(40), by="mix", count=10)
    assert len(set(keys(picks))) == 10
    assert [pick.by for pick in picks[:5]] == [*WAYS[:4], WAYS[0]]


def test_a_mix_takes_all_there_are() -> None:
    assert len(select_batch(many(6), by="mix", count=100)) == 6


@pytest.mark.parametrize("by", WAYS)
def test_one_question_is_picked_once_and_by_what_tells_most(by: By) -> None:
    items = [
        replace(one, asks=frozenset({f"text {n}", f"digest {n % 3}"}))
        for n, one in enumerate(many(30))
    ]
    picks = select_batch(items, by=by, count=8)
    assert len(picks) == 3
    asked = [one.asks for pick in picks for one in items if one.key == pick.key]
    assert len({digest for asks in asked for digest in asks if "digest" in digest}) == 3
    if by == "complexity":
        assert keys(picks)[0] == max(items, key=lambda one: one.complexity).key


@pytest.mark.parametrize("by", WAYS)
def test_the_same_seed_gives_the_same_batch(by: By) -> None:
    items = many(30)
    first = select_batch(items, by=by, count=8, seed=3)
    assert first == select_batch(items, by=by, count=8, seed=3)
    assert len(first) == 8


def test_the_seed_orders_what_is_equally_telling() -> None:
    items = [item(f"q{n}") for n in range(20)]
    batches = {tuple(keys(select_batch(items, by="complexity", count=5, seed=s))) for s in range(5)}
    assert len(batches) > 1
