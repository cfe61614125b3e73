"""Which strategy is worth its tokens, and who works together."""

from typing import Any

import pytest

from tests.unit.search_fakes import problem, sums
from workers.search.chooser import Record, choose, least_difference
from workers.search.ensemble import confidence, shared_simulations, team, work_together
from workers.search.problem import Found
from workers.search.strategies import one_chain

CHEAP = Record("one_shot", 100, 40.0, 5_000)
DEAR = Record("lats", 100, 70.0, 100_000)


def chosen(*records: Record, **changed: Any) -> str:
    plain: dict[str, Any] = {"least_judged": 20, "gain_per_1000": 0.05}
    return choose(records, **{**plain, **changed}).strategy


def test_with_nothing_known_one_answer_is_enough() -> None:
    assert chosen() == "one_chain"
    assert chosen(Record("lats", 19, 19.0, 100)) == "one_chain"


def test_a_dearer_strategy_is_chosen_where_it_is_surely_better() -> None:
    assert chosen(CHEAP, DEAR) == "lats"
    assert chosen(DEAR, CHEAP) == "lats"


@pytest.mark.parametrize(
    "dearer",
    [
        Record("lats", 100, 44.0, 100_000),  # within the noise
        Record("lats", 25, 13.0, 25_000),
        Record("lats", 100, 20.0, 100_000),
        Record("lats", 100, 70.0, 1_000_000),  # better, and far too dear
    ],
)
def test_else_the_cheaper_one_stays(dearer: Record) -> None:
    assert chosen(CHEAP, dearer) == "one_shot"


def test_of_two_that_pay_the_better_one_is_chosen() -> None:
    best = Record("best_of_n_verifier", 100, 69.0, 60_000)
    assert chosen(CHEAP, best, DEAR) == "best_of_n_verifier"


def test_the_difference_is_bounded_from_below() -> None:
    assert 0.15 < least_difference(DEAR, CHEAP) < 0.3
    assert least_difference(CHEAP, DEAR) < -0.3
    assert least_difference(CHEAP, CHEAP) < 0


def test_the_reason_says_what_was_measured() -> None:
    said = choose([CHEAP, DEAR], least_judged=20, gain_per_1000=0.05).reason
    assert said == "lats is right in 70% for 1000 tokens, one_shot in 40% for 50"


EXPERTS = {
    "math": sums(name="math", related=("logic", "code")),
    "logic": sums(name="logic", related=("math",)),
    "code": sums(name="code", related=("logic",)),
}


def test_a_sure_router_sends_one_worker() -> None:
    assert team("math", {"math": 0.6, "logic": 0.3, "code": 0.1}, EXPERTS, sure=0.6) == ("math",)


def test_an_unsure_one_sends_the_relatives_along() -> None:
    assert team("math", {"math": 0.5, "logic": 0.2, "code": 0.3}, EXPERTS, sure=0.6) == (
        "math",
        "code",
    )
    assert team("math", {"math": 0.35, "logic": 0.33, "code": 0.32}, EXPERTS, sure=0.6) == (
        "math",
        "logic",
        "code",
    )


def test_who_shares_makes_half_the_simulations_each() -> None:
    assert [shared_simulations(n, 2) for n in (20, 5, 2)] == [10, 3, 3]
    assert shared_simulations(20, 1) == 20


def test_the_most_confident_worker_wins() -> None:
    drafts = {"math": "2 + 3 = 6\n\nAnswer: 6", "logic": "2 + 3 = 5\n\nAnswer: 5", "code": "?"}

    def work(name: str) -> Found:
        return one_chain(problem([drafts[name]], expert=EXPERTS[name]))

    winner, found = work_together(("math", "logic", "code"), work)
    assert winner == "logic"
    assert set(found) == {"math", "logic", "code"}
    assert confidence(found["code"]) == (False, -1.0)
