"""Prompts that ask two tasks: how they are made, scored, retrieved for, counted and shown."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernels.splitting import splits
from kwsite.api.chat_body import ChatBody
from kwsite.bench.claim.arms import ARMS, COMPOSED
from kwsite.bench.claim.composing import (
    against_retrieval,
    both_have_kernels,
    composing,
    half_points,
    refusals,
    where,
    wordings,
)
from kwsite.bench.claim.composites import Pair, PairIndex, pair_name, pairs, parts_right
from kwsite.bench.claim.evidence import SHOWN, Evidence, Index
from kwsite.bench.claim.families import STRANGERS, families
from kwsite.bench.claim.grids import grids, verdict
from kwsite.bench.claim.joins import JOINS, WITH_COMMA, Join, joined
from kwsite.bench.claim.looking import NO_KERNEL, Owners
from kwsite.bench.claim.measure import Claim, Learned, Stranger
from kwsite.bench.claim.obstacles import routes
from kwsite.bench.claim.outcome import CompositeOutcome, Outcome
from kwsite.bench.claim.report import claim_json, read_claim, write_evidence

ALL = families()
BY_NAME = {family.name: family for family in ALL}
CONTACTS, TICKETS, LENGTHS = (BY_NAME[name] for name in ("contacts", "tickets", "conversions"))
PAIR = Pair(TICKETS, LENGTHS)
NAME = "conversions + tickets"


def test_each_pair_of_families_is_asked_once() -> None:
    names = [pair.name for pair in pairs(ALL)]
    assert len(set(names)) == len(names) == 36
    assert PAIR.name == Pair(LENGTHS, TICKETS).name == pair_name("tickets", "conversions") == NAME


def test_composite_prompts_are_the_same_each_time_and_hold_two_test_prompts() -> None:
    asked = PAIR.family(12).test
    assert [s.prompt for s in PAIR.family(12).test] == [s.prompt for s in asked]
    assert {s.gold.join for s in asked} == set(JOINS)
    for sample in asked:
        for name, part in sample.gold.parts.items():
            assert part in BY_NAME[name].test
            assert part.prompt[1:].removesuffix(".") in sample.prompt
    assert len({tuple(s.gold.parts) for s in asked}) == 2  # either family first


def test_running_text_says_what_a_bare_text_is_for_and_keeps_names() -> None:
    also, colon = Join("{} Also, {}", runs_on=True), Join("{}\n\nAlso: {}")
    bare, request = "Ann Lee rang.", "Convert 7 km to m."
    assert joined(also, request, bare, ("conversions", "contacts")) == (
        "Convert 7 km to m. Also, extract the contact from this text: Ann Lee rang."
    )
    assert joined(colon, request, bare, ("conversions", "contacts")).endswith("Also: Ann Lee rang.")


def test_a_comma_joins_sentences_and_no_questions() -> None:
    families_of = ("conversions", "tickets")
    assert joined(WITH_COMMA, "Give 7 km in m.", "Sort this.", families_of) == (
        "Give 7 km in m, and sort this."
    )
    assert joined(WITH_COMMA, "How many m?", "Sort this.", families_of) == (
        "How many m? And sort this."
    )


@pytest.mark.parametrize("pair", pairs(ALL), ids=lambda pair: pair.name)
def test_the_app_of_a_pair_asks_with_both_system_prompts_and_an_object_of_both(pair: Pair) -> None:
    family = pair.family(1)
    request = family.request(family.test[0].prompt)
    assert request.systems[:2] == (pair.one.system, pair.other.system)
    assert request.output_schema is not None
    properties = request.output_schema["properties"]
    assert properties[pair.one.name] == pair.one.output_schema
    assert properties[pair.other.name] == pair.other.output_schema
    assert request.prompt == family.test[0].prompt
    ChatBody.model_validate(family.body(family.test[0].prompt))  # the service takes it


def test_an_answer_is_right_if_both_parts_are() -> None:
    family = PAIR.family(1)
    (sample,) = family.test
    gold: dict[str, Any] = {name: part.gold for name, part in sample.gold.parts.items()}
    for answer, count in (
        (gold, 2),
        (gold | {"tickets": {"category": "other"}}, 1),
        ({"conversions": gold["conversions"]}, 1),
        ({"conversions": gold["tickets"], "tickets": gold["conversions"]}, 0),
        (gold["tickets"], 0),
        (None, 0),
    ):
        assert parts_right((TICKETS, LENGTHS), sample, answer) == count
        assert family.right(sample, answer) is (count == 2)


def _index(name: str, count: int) -> Index:
    return Index(tuple(Evidence(f"{name} {n}", {"n": n}) for n in range(count)))


def test_retrieval_shows_worked_examples_of_both_tasks() -> None:
    index = PairIndex({"tickets": _index("red", 6), "conversions": _index("blue", 2)})
    for found in (index.by_words("red 3 and blue"), index.by_meaning("red 3 and blue")):
        assert len(found) == SHOWN
        assert all(set(one.answer) == {"tickets", "conversions"} for one in found)
    best = index.by_words("red 3 and blue")[0]
    assert best == Evidence("red 3\n\nAlso: blue 0", {"tickets": {"n": 3}, "conversions": {"n": 0}})


def test_where_one_family_has_no_answers_the_others_stand_alone() -> None:
    index = PairIndex({"tickets": _index("red", 1), "conversions": _index("blue", 0)})
    assert index.by_words("red") == [Evidence("red 0", {"tickets": {"n": 0}})]


def test_no_single_prompt_of_the_claim_is_read_as_two() -> None:
    singles = [sample.prompt for family in ALL for sample in family.train + family.test]
    strangers = [prompt for family in ALL for prompt in family.strangers]
    assert [prompt for prompt in (*singles, *strangers, *STRANGERS) if splits(prompt)] == []


def test_most_composite_prompts_are_read_as_the_two_that_they_are() -> None:
    """All wordings but one, which no rule knows; a comma before no verb of a request is another."""
    missed = []
    for pair in pairs(ALL):
        for sample in pair.family(len(JOINS)).test:
            asked = [_plain(part.prompt) for part in sample.gold.parts.values()]
            read = [(_plain(one.first), _plain(one.second)) for one in splits(sample.prompt)]
            if not any(a.endswith(asked[0]) and b.endswith(asked[1]) for a, b in read):
                missed.append(sample.gold.join.text)
    unknown = "I have two requests. {} The other one: {}"
    assert missed.count(unknown) == 36
    assert [text for text in missed if text != unknown] == [WITH_COMMA.text] * 3


def _plain(text: str) -> str:
    return text.rstrip(". ").lower()


def test_kernels_belong_to_families_and_their_pairs_have_one_name() -> None:
    owners = Owners({"1": "tickets", "2": "conversions"}, ["tickets"])
    assert owners.pair(("1", "2")) == owners.pair(("2", "1")) == NAME
    assert owners.pair(()) == owners.owner("") == ""
    assert owners.owner("3") == "another"


def _composite(arm: str, number: int, family: str = NAME, **fields: Any) -> CompositeOutcome:
    """Retrieval gets 1 of 4, composition 3 of 4, for half of the tokens."""
    ours = arm == COMPOSED
    right = number < (3 if ours else 1)
    plain: dict[str, Any] = {
        "family": family,
        "arm": arm,
        "prompt": str(number),
        "text": "",
        "right": right,
        "tokens": 50 if ours else 100,
        "ms": 5.0,
        "parts_right": 2 if right else 1,
        "wording": "{} Also, {}",
        "proposed": NAME if ours and number < 3 else "",
        "why": "it is not read as two requests" if ours and number == 3 else "",
    }
    return CompositeOutcome(**(plain | fields))


def _claim() -> Claim:
    singles = tuple(
        Outcome("tickets", arm, str(n), "", right=True, tokens=10, ms=5.0, routed=routed, why=why)
        for arm in ARMS
        for n, (routed, why) in enumerate(
            [
                ("tickets", ""),
                ("another", "suggest-title takes it"),
                ("", "P(verify) 0.512 < threshold 0.801"),
                ("", "P(verify) 0.204 < threshold 0.801"),
            ]
        )
    )
    learned = tuple(
        Learned(name, 12, 6, 900, version, "a kernel")
        for name, version in (("tickets", "v1"), ("conversions", "v2"), ("contacts", ""))
    )
    composites = tuple(_composite(arm, number) for arm in ARMS for number in range(4))
    composites += tuple(
        _composite(arm, 4, "contacts + tickets", why=NO_KERNEL if arm == COMPOSED else "")
        for arm in ARMS
    )
    strangers = (Stranger("kernels", "x", "tickets", ""), Stranger("calibration off", "x", "", ""))
    ablations = tuple(
        replace(one, arm=arm)
        for arm in ("calibration off", "constraint off")
        for one in singles
        if one.arm == "vanilla"
    )
    return Claim("m", "bench", learned, singles + ablations, strangers, composites)


CLAIM = _claim()


def test_recall_is_of_pairs_with_kernels_and_reach_of_all() -> None:
    found = composing(CLAIM)
    assert (found.prompts, found.proposed, found.wrong_splits, found.failed) == (5, 3, 0, 0)
    assert (found.precision.value, found.recall.value, found.reach.value) == (1.0, 0.75, 0.6)
    assert {one.family for one in both_have_kernels(CLAIM).composites} == {NAME}


def test_a_single_prompt_or_a_stranger_that_is_split_costs_precision() -> None:
    split = tuple(
        replace(one, proposed=NAME) if one.arm == COMPOSED and one.prompt == "0" else one
        for one in CLAIM.outcomes
    )
    strayed = tuple(replace(one, proposed=NAME) for one in CLAIM.strangers)
    found = composing(replace(CLAIM, outcomes=split, strangers=strayed))
    assert (found.wrong_splits, found.strangers_split) == (1, 1)
    assert found.precision.value == pytest.approx(3 / 5)


def test_the_wrong_pair_costs_precision_and_recall() -> None:
    wrong = tuple(
        replace(one, proposed="contacts + tickets") if one.proposed else one
        for one in CLAIM.composites
    )
    found = composing(replace(CLAIM, composites=wrong))
    assert (found.proposed, found.precision.value, found.recall.value) == (3, 0.0, 0.0)


def test_composition_is_compared_with_the_better_retrieval_on_composite_prompts() -> None:
    rival = against_retrieval(CLAIM)
    assert rival.quality.value == pytest.approx(2 / 5)
    assert rival.tokens.value == pytest.approx(1 / 2)
    assert rival.meets_goal
    assert "On prompts that ask two tasks at once it is met" in verdict(CLAIM)


def test_half_points_count_each_part() -> None:
    points = half_points(CLAIM)
    assert points[COMPOSED].value == pytest.approx(8 / 10)
    assert points["vanilla"].value == pytest.approx(6 / 10)


def test_refusals_and_wordings_say_why_a_composition_was_not_proposed() -> None:
    assert dict(refusals(CLAIM)) == {NO_KERNEL: 1, "it is not read as two requests": 1}
    (wording,) = wordings(CLAIM)
    assert (wording.prompts, wording.right_pair) == (4, 3)


def test_prompts_are_kept_in_every_arm_by_what_the_router_decided() -> None:
    kept = where(CLAIM, lambda one: bool(one.proposed)).composites
    assert {one.arm for one in kept} == set(ARMS)
    assert {one.prompt for one in kept} == {"0", "1", "2"}


def test_obstacles_are_counted_by_family_whatever_their_figures() -> None:
    found = {one.family: one for one in routes(CLAIM)}["tickets"]
    assert (found.own, found.another, found.generation, found.fell_back) == (1, 1, 2, 0)
    assert found.obstacles[0] == ("P(verify) … < threshold …", 2)


def test_a_claim_with_composites_is_shown_and_read_again(tmp_path: Path) -> None:
    titles = [grid.title for grid in grids(CLAIM)]
    assert "Prompts that ask two tasks at once (5)" in titles
    assert "Prompts that ask two tasks at once, of families with a kernel (4)" in titles
    asked = replace(CLAIM, learned=CLAIM.learned[:1])  # the plot shows families that were asked
    _, _, data = write_evidence(asked, tmp_path)
    assert read_claim(data) == asked
    assert json.loads(data.read_text())["composite_prompts"]["composing"]["proposed"] == 3


def test_a_claim_without_composites_has_none_in_its_report() -> None:
    without = replace(CLAIM, composites=())
    assert not [grid for grid in grids(without) if "two tasks" in grid.title]
    assert claim_json(without)["composite_prompts"] is None
