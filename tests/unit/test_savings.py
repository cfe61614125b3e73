"""Tokens saved against a generation of each answer: an estimate from texts and generations."""

from trajectories.rollup_counting import SUMS
from trajectories.rollup_models import Rollup
from trajectories.savings import saved_by

Route = Rollup.Route
Totals = dict[str, dict[str, int]]


def _totals(**routes: tuple[int, int, int, int]) -> Totals:
    """By route: characters read and written, tokens read and written, all of plain requests."""
    names = ("plain_chars_in", "plain_chars_out", "plain_tokens_in", "plain_tokens_out")
    totals: Totals = {route.value: dict.fromkeys(SUMS, 0) for route in Route}
    for route, sums in routes.items():
        totals[route].update(zip(names, sums, strict=True))
    return totals


def test_an_answer_would_have_cost_what_its_characters_cost_in_generations() -> None:
    saved = saved_by(_totals(generation=(1000, 500, 200, 250), kernel=(100, 20, 5, 0)))
    assert (saved.tokens_in, saved.tokens_out) == (15, 10)
    assert saved.tokens == 25
    assert saved.measured


def test_stored_answers_count_like_kernels() -> None:
    saved = saved_by(_totals(generation=(1000, 500, 200, 250), reuse=(100, 20, 0, 0)))
    assert (saved.tokens_in, saved.tokens_out) == (20, 10)


def test_what_failed_kernels_took_before_a_generation_is_taken_off() -> None:
    saved = saved_by(_totals(generation=(1000, 500, 200, 250), fallback=(100, 20, 50, 15)))
    assert (saved.tokens_in, saved.tokens_out) == (-30, -5)


def test_searches_and_agents_save_and_cost_nothing_here() -> None:
    saved = saved_by(_totals(search=(100, 100, 9000, 9000), agent=(9, 9, 9, 9)))
    assert saved.tokens == 0


def test_without_generations_the_usual_length_of_a_token_is_taken() -> None:
    saved = saved_by(_totals(kernel=(400, 40, 0, 0)))
    assert (saved.tokens_in, saved.tokens_out) == (100, 10)
    assert not saved.measured
