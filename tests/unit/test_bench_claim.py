"""The claim's pure parts: families, scorers, retrieval, intervals, tables. Nothing is measured."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.matching import Features
from kwsite.bench.claim.arms import COMPOSED, STATIC_COSINE, Unconstrained, static_calibrator
from kwsite.bench.claim.evidence import SHOWN, Evidence, Index
from kwsite.bench.claim.families import families
from kwsite.bench.claim.family import Family
from kwsite.bench.claim.figures import against, arm_figures, best_retrieval, routing, taken
from kwsite.bench.claim.grids import grids, verdict
from kwsite.bench.claim.measure import Claim, Learned, Stranger, all_arms
from kwsite.bench.claim.outcome import Outcome
from kwsite.bench.claim.process import FAMILIES, TEST, TRAIN
from kwsite.bench.claim.remembering import Remembering
from kwsite.bench.claim.report import claim_markdown, read_claim, write_evidence
from kwsite.bench.grid import Grid
from kwsite.bench.intervals import bootstrap, difference, draws, mean, ratio, share
from workers.backends.completion import Completion, Delta, ModelRequest

ALL = families()
BY_NAME = {family.name: family for family in ALL}
WRONG_FOR_ALL: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    1,
    {"answer": None},
    {"answer": "no such answer"},
    {"a": 1},
)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_train_and_test_share_no_prompt(family: Family) -> None:
    train = {sample.prompt for sample in family.train}
    test = {sample.prompt for sample in family.test}
    assert not train & test
    assert len(train) >= TRAIN
    assert len(test) >= TEST


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_the_apps_own_examples_are_not_asked(family: Family) -> None:
    asked = [sample.prompt for sample in family.train + family.test]
    assert not [prompt for prompt in asked if prompt in family.system]


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_strangers_are_nobodys_prompts(family: Family) -> None:
    asked = {sample.prompt for one in ALL for sample in one.train + one.test}
    assert family.strangers
    assert not asked & set(family.strangers)


def test_families_are_the_same_each_time() -> None:
    again = {family.name: family for family in families()}
    assert tuple(again) == FAMILIES
    for name, family in BY_NAME.items():
        assert [s.prompt for s in again[name].test] == [s.prompt for s in family.test]


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_a_scorer_refuses_what_is_wrong(family: Family) -> None:
    for sample in family.test[:5]:
        assert not any(family.right(sample, wrong) for wrong in WRONG_FOR_ALL)


@pytest.mark.parametrize("name", ["contacts", "invoices", "tickets", "conversions"])
def test_our_scorer_takes_the_right_answer_and_no_other(name: str) -> None:
    family = BY_NAME[name]
    one, other = (next(s for s in family.test if s.gold != family.test[0].gold), family.test[0])
    assert family.right(one, one.gold)
    assert not family.right(one, other.gold)


@pytest.mark.parametrize("name", ["products", "chain_sum", "letter_counting"])
def test_the_gyms_scorer_refuses_a_number_that_is_off_by_one(name: str) -> None:
    family = BY_NAME[name]
    for sample in family.test[:5]:
        right = int(sample.gold["answer"])
        assert family.right(sample, {"answer": right})
        assert not family.right(sample, {"answer": right + 1})


def test_the_gyms_scorer_refuses_the_other_verdict() -> None:
    family = BY_NAME["syllogism"]
    for sample in family.test[:5]:
        right = sample.gold["answer"]
        assert family.right(sample, {"answer": right})
        assert not family.right(sample, {"answer": "No" if right == "Yes" else "Yes"})


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_the_service_and_the_model_are_asked_the_same(family: Family) -> None:
    request, body = family.request("a prompt"), family.body("a prompt")
    assert body["messages"] == list(request.messages)
    assert request.output_schema == family.output_schema
    sent = body.get("kernelweave", {}).get("contract", {}).get("conditions", [])
    assert [one["expression"] for one in sent] == [one for _, one in family.conditions]


INDEX = Index(
    tuple(
        Evidence(text, {"answer": number})
        for number, text in enumerate(
            ("red apples", "green pears", "blue plums", "old cars", "new cars", "red cars")
        )
    )
)


def test_retrieval_by_words_gives_the_best_first_and_no_more_than_are_shown() -> None:
    found = INDEX.by_words("red apples, please")
    assert len(found) == SHOWN
    assert found[0].prompt == "red apples"


def test_a_prompt_without_known_words_is_shown_examples_all_the_same() -> None:
    assert len(INDEX.by_words("?")) == len(INDEX.by_words("zebra")) == SHOWN


def test_without_evidence_nothing_is_retrieved() -> None:
    assert Index(()).by_words("anything") == Index(()).by_meaning("anything") == []


def test_the_static_threshold_looks_at_the_nearest_example_alone() -> None:
    calibrator = static_calibrator(STATIC_COSINE)

    def admits(nearest: float, rest: float) -> bool:
        values = dict.fromkeys(Features.names(), rest) | {"nearest_similarity": nearest}
        return calibrator.probability(Features(**values)) >= calibrator.threshold

    assert admits(STATIC_COSINE + 0.01, 0.0)
    assert not admits(STATIC_COSINE - 0.01, 1.0)


class Server:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[ModelRequest] = []

    def complete(self, request: ModelRequest) -> Completion:
        self.asked.append(request)
        return Completion("text", "m", "stop", 1, 1)

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        raise AssertionError("nothing is streamed here")


ASKED = ModelRequest(
    ({"role": "user", "content": "x"},), 5, {"type": "object"}, options={"temperature": 0}
)


def test_unconstrained_the_model_is_asked_for_text() -> None:
    server = Server()
    Unconstrained(server).complete(ASKED)
    assert server.asked == [replace(ASKED, schema=None)]


def test_the_same_call_is_made_once_and_its_time_is_kept() -> None:
    server = Server()
    remembering = Remembering(server)
    first, again = remembering.complete(ASKED), remembering.complete(ASKED)
    assert first == again
    assert len(server.asked) == 1
    assert remembering.saved_ms > 0


def test_other_calls_and_other_temperatures_are_made_each_time() -> None:
    server = Server()
    remembering = Remembering(server)
    warm = replace(ASKED, options={"temperature": 0.7})
    for asked in (ASKED, replace(ASKED, schema=None), warm, warm):
        remembering.complete(asked)
    assert len(server.asked) == 4


def test_a_resample_has_as_many_prompts_of_each_family() -> None:
    drawn = draws(["a"] * 3 + ["b"] * 2)
    assert drawn.shape[1] == 5
    assert ((drawn < 3).sum(axis=1) == 3).all()


def test_an_interval_holds_its_value_and_shrinks_with_prompts() -> None:
    few, many = ([1.0, 0.0] * count for count in (5, 50))
    wide, narrow = (bootstrap(draws(["a"] * len(one)), mean, one) for one in (few, many))
    assert wide.low < wide.value == 0.5 < wide.high
    assert narrow.high - narrow.low < wide.high - wide.low


def test_a_difference_is_paired_by_prompt() -> None:
    theirs = [float(value) for value in np.random.default_rng(0).integers(0, 2, 40)]
    drawn = draws(["a"] * 40)
    same = bootstrap(drawn, difference, theirs, theirs)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    half = bootstrap(drawn, ratio, [1.0] * 40, [2.0] * 40)
    assert (half.low, half.high) == (0.5, 0.5)


def test_nothing_against_nothing_is_as_much() -> None:
    same = bootstrap(draws(["a"] * 3), ratio, [0.0] * 3, [0.0] * 3)
    assert (same.value, same.low, same.high) == (1.0, 1.0, 1.0)


def test_an_exact_share_is_never_certain() -> None:
    assert share(20, 20).low == pytest.approx(0.832, abs=1e-3)
    assert share(0, 20).high == pytest.approx(0.168, abs=1e-3)
    assert share(0, 0).high == 1.0


def _claim(*, kernels_right: int, kernels_tokens: int) -> Claim:
    """Ten prompts of one family; vanilla gets 2, retrieval 5 for 100 tokens each."""
    right = dict.fromkeys(all_arms(), 5) | {"vanilla": 2, "kernels": kernels_right}
    spent = dict.fromkeys(all_arms(), 100) | {"kernels": kernels_tokens}
    outcomes = tuple(
        Outcome(
            family="products",
            arm=arm,
            prompt=str(number),
            text="",
            right=number < right[arm],
            tokens=spent[arm],
            ms=5.0,
            routed="products" if arm.startswith("kernels") and number < 8 else "",
        )
        for arm in all_arms()
        for number in range(10)
    )
    strangers = tuple(
        Stranger(arm, str(number), "products", "products" if number == 0 else "")
        for arm in ("kernels", "calibration off")
        for number in range(4)
    )
    learned = (Learned("products", 12, 6, 900, "v1", "answer from the prompt"),)
    return Claim("a-model", "manage.py bench claim", learned, outcomes, strangers)


GOOD = _claim(kernels_right=9, kernels_tokens=20)


def test_the_goal_needs_both_quality_and_tokens() -> None:
    assert best_retrieval(GOOD).meets_goal
    assert not best_retrieval(_claim(kernels_right=5, kernels_tokens=20)).meets_goal
    assert not best_retrieval(_claim(kernels_right=9, kernels_tokens=80)).meets_goal


def test_the_kernels_are_compared_with_every_other_arm() -> None:
    compared = {one.arm: one for one in against(GOOD)}
    assert set(compared) == set(all_arms()) - {"kernels"}
    assert compared["vanilla"].quality.value == pytest.approx(0.7)
    assert compared["vanilla"].tokens.value == pytest.approx(0.2)


def test_figures_are_given_overall_and_by_family() -> None:
    scopes = {(one.family, one.arm) for one in arm_figures(GOOD)}
    assert scopes == {(scope, arm) for scope in ("overall", "products") for arm in all_arms()}


def test_a_stranger_that_was_taken_costs_precision_and_no_recall() -> None:
    found = routing(GOOD)[0]
    assert (found.taken, found.strangers_taken, found.strangers) == (9, 1, 4)
    assert found.precision.value == pytest.approx(8 / 9)
    assert found.recall.value == pytest.approx(0.8)


def test_the_prompts_that_a_kernel_took_are_compared_in_every_arm() -> None:
    served = taken(GOOD)
    assert {one.arm for one in served.outcomes} == set(all_arms())
    assert {one.prompt for one in served.outcomes} == {str(number) for number in range(8)}


def test_a_claim_without_kernels_has_its_tables_all_the_same() -> None:
    none = tuple(replace(one, routed="") for one in GOOD.outcomes)
    shown = [grid.title for grid in grids(replace(GOOD, outcomes=none))]
    assert "All families" in shown
    assert "The prompts that a kernel took" not in shown


def test_a_grid_as_markdown_has_a_row_each_and_breaks_on_no_pipe() -> None:
    text = Grid("A title", ("a", "b"), (("1|2", "3"),)).as_markdown()
    assert text == "## A title\n\n| a | b |\n| --- | --- |\n| 1/2 | 3 |\n"


def test_the_report_says_what_was_not_measured() -> None:
    without = replace(GOOD, outcomes=tuple(one for one in GOOD.outcomes if one.arm != COMPOSED))
    assert (COMPOSED, "not measured", "not measured", "not measured", "", "") in grids(without)[
        0
    ].rows
    text = claim_markdown(without, plot="claim.png")
    assert verdict(without) in text
    assert "not measured" in text
    assert "not measured" not in claim_markdown(GOOD, plot="claim.png")


def test_what_was_written_can_be_read_again(tmp_path: Path) -> None:
    markdown, plot, data = write_evidence(GOOD, tmp_path)
    assert read_claim(data) == GOOD
    assert json.loads(data.read_text())["goal_met"] is True
    assert plot.name in markdown.read_text()
    assert plot.read_bytes().startswith(b"\x89PNG")
