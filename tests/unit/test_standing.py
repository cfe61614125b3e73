"""What rewards add up to: the mean of a domain, the weight of a skill."""

import pytest

from trajectories.baselines import Baseline, agent_domain, request_domain
from trajectories.weights import after, amended, forgotten


def test_the_first_reward_of_a_domain_has_no_advantage() -> None:
    assert (Baseline().mean, Baseline().advantage(0.9)) == (None, 0.0)


def test_an_advantage_is_over_the_mean_of_the_others() -> None:
    assert Baseline().with_reward(0.2).with_reward(0.6).advantage(0.9) == pytest.approx(0.5)


def test_a_reward_that_counts_no_more_leaves_nothing() -> None:
    both = Baseline().with_reward(0.2).with_reward(0.6)
    assert both.without_reward(0.2).mean == pytest.approx(0.6)
    assert both.without_reward(0.2).without_reward(0.6) == Baseline()


@pytest.mark.parametrize(
    ("skill", "cwd", "agent", "domain"),
    [
        ("release", "/home/ann/shop", "cc", "release"),
        ("", "/home/ann/shop/", "cc", "shop"),
        ("", "C:\\work\\shop", "cc", "shop"),
        ("", "/", "cc", "cc"),
        ("", "", "", "agent"),
    ],
)
def test_the_domain_of_an_agent(skill: str, cwd: str, agent: str, domain: str) -> None:
    assert agent_domain(skill=skill, cwd=cwd, agent=agent) == domain


def test_the_domain_of_a_request() -> None:
    assert request_domain(kernel="sum", worker="math", route="search") == "sum"
    assert request_domain(kernel="", worker="math", route="search") == "math"
    assert request_domain(kernel="", worker="", route="generation") == "generation"


def test_a_weight_moves_a_tenth_of_the_way() -> None:
    assert after(1.0, 1.0) == pytest.approx(1.05)
    assert after(1.0, 0.0) == pytest.approx(0.95)
    assert after(1.2, 0.7) == pytest.approx(1.2)


def test_a_weight_stays_within_its_bounds() -> None:
    low = high = 1.0
    for _ in range(500):
        low, high = after(low, 0.0), after(high, 1.0)
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(1.5)
    assert amended(high, before=0.0, now=1.0, since=0) == 1.5


def test_an_amended_reward_counts_as_if_it_had_been_so_from_the_start() -> None:
    learned = after(after(after(1.0, 0.9), 0.4), 0.6)
    instead = after(after(after(1.0, 0.1), 0.4), 0.6)
    assert amended(learned, before=0.9, now=0.1, since=2) == pytest.approx(instead)


def test_a_forgotten_reward_counts_as_a_neutral_one() -> None:
    learned = after(after(1.0, 0.9), 0.4)
    assert forgotten(after(1.0, 0.9), reward=0.9, since=0) == pytest.approx(1.0)
    assert forgotten(learned, reward=0.9, since=1) == pytest.approx(after(1.0, 0.4))
