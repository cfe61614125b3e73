"""What a search gives in the end, what it thinks over, and whom it asks about an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.unit.search_fakes import problem, sums
from workers.experts.expert import StepCheck, Task, Verified
from workers.search.budget import BudgetSpent
from workers.search.problem import Candidate
from workers.search.strategies import Strategy, best_of_n_verifier, lats, self_consistency
from workers.search.tree import Node
from workers.search.voting import by_reward

WRONG, UNSURE = "36 + 5 = 42\n\nAnswer: 42", "Counted, all of them.\n\nAnswer: 41"


def refuses_wrong_sums(_: Task, steps: Sequence[str], __: object) -> Verified:
    if "36 + 5 = 42" in steps:
        return Verified("failed", 0.4, "36 + 5 = 42 is wrong: it is 41", "recomputed")
    return Verified("unverified", 0.5, "nothing to hold it to", "recomputed")


def candidate(answer: str, status: str, reward: float) -> Candidate:
    outcome = Verified(status, 0.5, "", "test")  # type: ignore[arg-type]
    return Candidate((f"Answer: {answer}",), answer, (0.5,), outcome, reward, Node())


def test_many_refused_answers_weigh_less_than_one_that_was_not_refused() -> None:
    found = [candidate("42", "failed", 0.1) for _ in range(15)]
    chosen = by_reward([*found, candidate("41", "unverified", 0.5)], str)
    assert chosen is not None
    assert chosen.answer == "41"


def test_lats_gives_an_answer_that_was_not_refused_and_passes_the_gate() -> None:
    drafts = [WRONG, UNSURE, *[WRONG] * 6]
    found = lats(problem(drafts, expert=sums(verify=refuses_wrong_sums), simulations=8, width=8))
    assert found.chosen is not None
    assert found.gate is not None
    assert (found.chosen.answer, found.gate.passed, found.gate.reflections) == ("41", True, ())


def test_what_was_thought_over_is_not_thought_over_again_while_there_are_others() -> None:
    other = "36 + 5 = 40\n\nAnswer: 40"

    def refuses(_: Task, steps: Sequence[str], __: object) -> Verified:
        return Verified("failed", 0.4, f"{steps[0]} is wrong", "recomputed")

    asked = problem([WRONG, WRONG, other], expert=sums(verify=refuses), simulations=3, width=9)
    found = lats(asked)
    assert found.gate is not None
    first, second = found.gate.reflections
    assert "36 + 5 = 42" in first
    assert "36 + 5 = 40" in second


def test_a_failed_path_weighs_half_in_the_choice() -> None:
    class Doubts:
        def score(self, query: str, worker: str, steps: Sequence[str]) -> tuple[float, ...]:
            return tuple(0.4 if "Some" in steps[0] else 0.3 for _ in steps)

    drafts = ["Some.\n\nAnswer: 7", *(f"Other {n}.\n\nAnswer: {n}" for n in (8, 9, 10))]
    asked = problem(drafts, scorer=Doubts(), simulations=1, width=4, max_reflections=1)
    found = lats(asked)
    assert found.chosen is not None
    assert found.chosen.answer == "8"


def test_a_reflection_says_each_thing_once() -> None:
    asked = problem([WRONG], expert=sums(verify=refuses_wrong_sums, check_step=recomputed))
    found = lats(asked)
    assert found.gate is not None
    assert found.gate.reflections[0] == "From step 1 on: 36 + 5 = 42 is wrong: it is 41."


def recomputed(_: Task, steps: Sequence[str]) -> StepCheck:
    wrong = "36 + 5 = 42" in steps[-1]
    return StepCheck(not wrong, "36 + 5 = 42 is wrong: it is 41" if wrong else "")


@dataclass
class Judge:
    """Passes what has this in it."""

    likes: str
    seen: list[str] = field(default_factory=list)
    spent_after: int = 99

    def __call__(self, steps: Sequence[str]) -> Verified:
        if len(self.seen) >= self.spent_after:
            raise BudgetSpent()
        self.seen.append(" ".join(steps))
        ok = self.likes in self.seen[-1]
        return Verified("ok" if ok else "failed", 1.0 if ok else 0.5, "judged", "judge")


POEMS = [f"Poem {number}.\n\nAnswer: {number}" for number in range(6)]


@pytest.mark.parametrize("strategy", [best_of_n_verifier, lats, self_consistency])
def test_where_a_judge_refuses_the_best_the_next_best_is_judged(strategy: Strategy) -> None:
    judge = Judge("Poem 3")
    found = strategy(problem(POEMS, examine=judge, width=6))
    assert found.chosen is not None
    assert (found.chosen.answer, found.chosen.outcome.status) == ("3", "ok")
    assert len(judge.seen) == 4


def test_each_distinct_answer_is_judged_once() -> None:
    judge = Judge("nothing")
    found = best_of_n_verifier(problem([POEMS[0], POEMS[0], POEMS[1]], examine=judge))
    assert found.chosen is not None
    assert found.chosen.outcome.status == "failed"
    assert judge.seen == ["Poem 0. Answer: 0", "Poem 1. Answer: 1"]
    judge.seen.clear()
    lats(problem([POEMS[0], POEMS[1]], examine=judge, width=9))
    assert len(judge.seen) == 2


def test_an_answer_that_no_budget_was_left_to_judge_goes_before_a_refused_one() -> None:
    found = best_of_n_verifier(problem(POEMS, examine=Judge("nothing", spent_after=2)))
    assert found.chosen is not None
    assert (found.chosen.answer, found.chosen.outcome.status) == ("2", "unverified")
