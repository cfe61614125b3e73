"""The strategies: what they choose, what they spend, and when they stop."""

from collections.abc import Sequence
from threading import Barrier
from typing import Any

import pytest

from tests.unit.search_fakes import Script, knows, problem, sums
from workers.backends.completion import BackendUnavailable
from workers.experts.expert import Verified
from workers.search.budget import Budget, BudgetSpent, SearchCancelled
from workers.search.problem import Draft, GateReport
from workers.search.rewards import BLANK, REFUSED, worth
from workers.search.strategies import (
    Strategy,
    best_of_n_prm,
    best_of_n_verifier,
    lats,
    one_chain,
    self_consistency,
)
from workers.search.tree import PRUNE_VALUE

FIVE, SIX = "2 + 3 = 5\n\nAnswer: 5", "2 + 3 = 6\n\nAnswer: 6"
SEVEN, NOTHING = "Seven, I think.\n\nAnswer: 7", "I do not know."


class LikesSevens:
    def score(self, query: str, worker: str, steps: Sequence[str]) -> tuple[float, ...]:
        return tuple(0.9 if "even" in step or "7" in step else 0.2 for step in steps)


def test_one_chain_writes_once() -> None:
    asked = problem([SIX])
    found = one_chain(asked)
    assert found.chosen is not None
    assert (found.chosen.answer, len(found.candidates), asked.budget.spent) == ("6", 1, 10)


def test_self_consistency_gives_what_most_say() -> None:
    found = self_consistency(problem([SIX, FIVE, SEVEN, FIVE, NOTHING, SIX, FIVE], simulations=7))
    assert found.chosen is not None
    assert found.chosen.answer == "5"
    assert len(found.candidates) == 7


def test_best_of_n_stops_at_the_first_that_is_verified() -> None:
    asked = problem([SIX, NOTHING, FIVE, SEVEN], expert=sums(verify=knows("5")))
    found = best_of_n_verifier(asked)
    assert found.chosen is not None
    assert (found.chosen.answer, found.stopped, len(found.candidates)) == ("5", "accepted", 3)


def test_best_of_n_by_reward_model_takes_what_that_likes() -> None:
    found = best_of_n_prm(problem([FIVE, SEVEN, FIVE], scorer=LikesSevens()))
    assert found.chosen is not None
    assert found.chosen.answer == "7"


def test_no_answer_at_all_is_no_choice() -> None:
    for strategy in (one_chain, self_consistency, best_of_n_verifier, best_of_n_prm, lats):
        assert strategy(problem([NOTHING], max_reflections=1)).chosen is None


def test_the_budget_ends_a_search() -> None:
    asked = problem([SIX], budget=Budget(35), simulations=50, answer_tokens=16)
    found = self_consistency(asked)
    assert found.stopped == "budget"
    assert (len(found.candidates), asked.budget.spent) == (2, 20)


def test_no_answer_is_begun_that_the_tokens_would_cut() -> None:
    script = Script([SIX], tokens=30)
    asked = problem([], propose=script, budget=Budget(85), simulations=20, answer_tokens=40)
    found = self_consistency(asked)
    assert (found.stopped, len(script.asked)) == ("budget", 2)
    assert asked.budget.left == 25  # enough for a step, but not for what an answer takes


def test_lats_begins_where_earlier_simulations_did_well() -> None:
    asked = problem([FIVE, SIX], simulations=12, width=2, max_reflections=0)
    lats(asked)
    script = asked.propose
    assert isinstance(script, Script)
    begun = [steps for steps, _ in script.asked]
    assert begun[:2] == [(), ()]
    well = sum(steps[:1] == ("2 + 3 = 5",) for steps in begun)
    badly = sum(steps[:1] == ("2 + 3 = 6",) for steps in begun)  # recomputed, and wrong
    assert well > badly
    assert ("2 + 3 = 5", "2 + 3 = 5") in begun


def test_a_path_that_fails_the_gate_is_thought_over_in_the_same_tree() -> None:
    asked = problem([SIX, SIX, SIX, FIVE], expert=sums(verify=knows("5")), simulations=3, width=3)
    found = lats(asked)
    assert found.chosen is not None
    assert found.gate is not None
    assert found.chosen.answer == "5"
    assert (found.gate.first, found.gate.passed) == (False, True)
    assert found.gate.reflections == ("it is 5. Step 1 is wrong: 2 + 3 is 5.",)
    thought_over = [node for node in found.root.children if node.reflection]
    assert [node.reflection for node in thought_over] == list(found.gate.reflections)
    assert thought_over[0].penalised == 1
    assert any(node.after == found.gate.reflections[0] for node in found.root.children)
    script = asked.propose
    assert isinstance(script, Script)
    assert script.asked[3][1] == "it is 5. Step 1 is wrong: 2 + 3 is 5."
    assert found.root.visits == 4


def test_reflections_are_bounded() -> None:
    found = lats(
        problem([SIX], expert=sums(verify=knows("5")), simulations=4, width=9, max_reflections=2)
    )
    assert found.gate is not None
    assert (found.gate.passed, len(found.gate.reflections)) == (False, 2)
    assert len(found.candidates) <= 4 + 3 + 3


def test_a_reward_model_that_likes_a_path_cannot_pass_what_a_verifier_refuses() -> None:
    asked = problem([SEVEN], expert=sums(verify=knows("5")), scorer=LikesSevens(), simulations=2)
    found = lats(asked)
    assert found.gate is not None
    assert not found.gate.passed


def test_what_no_verifier_said_is_in_no_label() -> None:
    found = lats(problem([SEVEN], scorer=LikesSevens(), simulations=3))
    assert found.root.visits > 0
    assert (found.root.verified_visits, found.root.verified_value) == (0, 0.0)


def test_the_answer_to_be_given_is_examined_by_a_model_and_the_others_are_not() -> None:
    seen: list[tuple[str, ...]] = []

    def examine(steps: Sequence[str]) -> Verified:
        seen.append(tuple(steps))
        return Verified("ok", 1.0, "derived again", "model")

    found = self_consistency(problem([FIVE, FIVE, SIX], simulations=3, examine=examine))
    assert found.chosen is not None
    assert found.chosen.outcome.status == "ok"
    assert seen == [("2 + 3 = 5", "Answer: 5")]


def test_simulations_run_at_the_same_time() -> None:
    together = Barrier(4, timeout=60)

    def propose(steps: Sequence[str], **_: Any) -> Draft:
        together.wait()
        return Draft((f"Answer: {len(steps)}",), True, "m", 1, 10)

    found = self_consistency(problem([], propose=propose, simulations=8, parallel=4))
    assert len(found.candidates) == 8


def test_a_cancelled_search_writes_no_more() -> None:
    script = Script([SIX])
    budget = Budget(1000, cancelled=lambda: len(script.asked) >= 2)
    with pytest.raises(SearchCancelled):
        self_consistency(problem([], propose=script, budget=budget))
    assert len(script.asked) == 2


def test_when_the_time_is_up_the_best_so_far_is_given() -> None:
    script = Script([FIVE])
    budget = Budget(1000, expired=lambda: len(script.asked) >= 2)
    found = self_consistency(problem([], propose=script, budget=budget))
    assert found.chosen is not None
    assert (found.chosen.answer, found.stopped) == ("5", "budget")


def test_a_model_server_that_fails_ends_the_search_with_its_error() -> None:
    def propose(steps: Sequence[str], **_: Any) -> Draft:
        raise BackendUnavailable("down")

    asked = problem([], propose=propose, parallel=3)
    with pytest.raises(BackendUnavailable):
        self_consistency(asked)
    assert asked.budget.left == 100_000


def test_a_model_server_that_fails_later_leaves_the_best_so_far() -> None:
    script = Script([FIVE])

    def propose(steps: Sequence[str], **asked: Any) -> Draft:
        if len(script.asked) == 2:
            raise BackendUnavailable("down")
        return script(steps, **asked)

    for strategy in (self_consistency, lats):
        script.asked.clear()
        found = strategy(problem([], propose=propose))
        assert found.chosen is not None
        assert (found.chosen.answer, found.stopped) == ("5", "server")
        assert found.root.virtual == 0


def test_a_grant_that_would_be_too_small_for_a_step_is_refused() -> None:
    budget = Budget(20)
    assert budget.grant(15) == 15
    with pytest.raises(BudgetSpent):
        budget.grant(15)
    budget.settle(15, completion_tokens=3, prompt_tokens=7)
    assert (budget.left, budget.spent, budget.prompt_tokens) == (17, 3, 7)


def test_praise_of_a_worker_lifts_no_refused_answer_above_the_pruning_bound() -> None:
    refused = Verified("failed", 1.0, "it is 6", "known")
    assert worth((0.5,), refused, lambda reward: reward + 0.2) == REFUSED < PRUNE_VALUE
    assert worth((0.5,), BLANK, lambda reward: reward + 0.2) <= REFUSED
    unsure = Verified("unverified", 0.5, "nothing to check against", "nobody")
    assert worth((0.5,), unsure, lambda reward: reward + 0.2) == pytest.approx(0.7)


def test_a_step_after_which_the_tokens_ended_can_be_written_on_from() -> None:
    """It ends no answer, so it is no end of the tree either."""
    asked = problem([NOTHING, FIVE], simulations=2, width=1)
    found = lats(asked)
    assert [child.terminal for child in found.root.children] == [False]
    assert found.chosen is not None


@pytest.mark.parametrize("strategy", [self_consistency, lats])
def test_the_first_try_is_the_likeliest_answer_and_others_are_sampled(strategy: Strategy) -> None:
    script = Script([SEVEN])
    strategy(problem([], propose=script, simulations=4, gate=0.0))
    assert script.heats == [0.0, *[sums().temperature] * 3]


class LikesNothing:
    def score(self, query: str, worker: str, steps: Sequence[str]) -> tuple[float, ...]:
        return (0.1,) * len(steps)


def test_what_a_verifier_passed_needs_no_praise_of_the_reward_model() -> None:
    asked = problem([FIVE], expert=sums(verify=knows("5")), scorer=LikesNothing())
    found = lats(asked)
    assert found.gate == GateReport(first=True, passed=True)
    assert len(found.candidates) == 1
    unsure = lats(problem([FIVE], scorer=LikesNothing(), simulations=1, max_reflections=1))
    assert unsure.gate is not None
    assert not unsure.gate.passed
