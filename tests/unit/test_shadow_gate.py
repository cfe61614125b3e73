"""When vectors may choose skills in place of patterns: each of the four figures by itself."""

from dataclasses import replace

import pytest

from kernels.skills.shadow_gate import Judged, Lift, Limits, ShadowFigures, gate, lift_of

ENOUGH = ShadowFigures(
    records=100, cache_hits=50, agreed=80, lift=Lift(0.63, 20, 0.6, 20, value=0.05)
)


def test_figures_that_just_reach_every_limit_open_it() -> None:
    decision = gate(ENOUGH, Limits())
    assert decision.open
    assert decision.reasons == ()


@pytest.mark.parametrize(
    ("figures", "figure", "says"),
    [
        (
            replace(ENOUGH, records=99, cache_hits=99, agreed=99),
            "records",
            "99 records, at least 100 needed",
        ),
        (replace(ENOUGH, cache_hits=49), "cache hit rate", "49.0%, at least 50.0%"),
        (replace(ENOUGH, agreed=79), "agreement", "79.0%, at least 80.0%"),
        (replace(ENOUGH, lift=replace(ENOUGH.lift, value=0.049)), "lift", "4.9%, at least 5.0%"),
        (replace(ENOUGH, lift=Lift(0.9, 19, 0.6, 40)), "lift", "19 rewards of the vectors'"),
    ],
)
def test_one_figure_below_its_limit_closes_it(
    figures: ShadowFigures, figure: str, says: str
) -> None:
    decision = gate(figures, Limits())
    assert not decision.open
    assert [check.figure for check in decision.checks if not check.passed] == [figure]
    assert says in decision.reasons[0]


def test_without_records_nothing_is_known_and_it_is_closed() -> None:
    decision = gate(ShadowFigures(), Limits())
    assert [check.passed for check in decision.checks] == [False] * 4
    assert [check.value for check in decision.checks] == [0, None, None, None]


def rows(count: int, regex: str, vector: str, used: str, reward: float) -> list[Judged]:
    return [Judged(regex, vector, used, reward)] * count


def test_lift_compares_what_came_of_either_choice() -> None:
    judged = rows(10, "a", "b", "b", 0.9) + rows(10, "a", "b", "a", 0.6)
    found = lift_of(judged, 10)
    assert (found.vector_count, found.regex_count) == (10, 10)
    assert found.vector_mean == pytest.approx(0.9)
    assert found.regex_mean == pytest.approx(0.6)
    assert found.value == pytest.approx(0.5)


def test_where_both_chose_what_was_used_it_counts_on_either_side() -> None:
    judged = rows(10, "a", "a", "a", 0.5) + rows(10, "a", "b", "b", 0.7)
    found = lift_of(judged, 10)
    assert (found.vector_count, found.regex_count) == (20, 10)
    assert found.value == pytest.approx(0.2)


def test_a_reward_of_another_skill_or_of_none_says_nothing() -> None:
    judged = rows(30, "a", "b", "c", 1.0) + rows(30, "", "", "", 1.0) + rows(30, "", "b", "", 1.0)
    assert lift_of(judged, 1) == Lift()


@pytest.mark.parametrize("count", [9, 10])
def test_too_few_rewards_on_a_side_make_no_lift(count: int) -> None:
    judged = rows(50, "a", "b", "b", 0.9) + rows(count, "a", "b", "a", 0.6)
    assert (lift_of(judged, 10).value is None) is (count < 10)


def test_a_lift_over_nothing_is_unknown() -> None:
    judged = rows(30, "a", "b", "b", 0.9) + rows(30, "a", "b", "a", 0.0)
    assert lift_of(judged, 10).value is None
