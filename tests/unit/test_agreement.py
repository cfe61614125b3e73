"""How far two reviewers agree, by examples worked out by hand."""

import pytest

from kernels.agreement import agreement_words, cohens_kappa


def pairs(both: int, first_only: int, second_only: int, neither: int) -> list[tuple[str, str]]:
    """By who approved."""
    return [
        *[("approve", "approve")] * both,
        *[("approve", "reject")] * first_only,
        *[("reject", "approve")] * second_only,
        *[("reject", "reject")] * neither,
    ]


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [
        # p_o = 35/50 = .7; p_e = (25/50)(30/50) + (25/50)(20/50) = .5; (.7 - .5)/.5
        ((20, 5, 10, 15), 0.4),
        # p_o = 60/100; p_e = .7 * .6 + .3 * .4 = .54; .06/.46
        ((45, 25, 15, 15), 0.06 / 0.46),
        ((6, 0, 0, 4), 1.0),
        # p_o = 0; p_e = .5
        ((0, 5, 5, 0), -1.0),
        # as often as by chance: p_o = p_e = .5
        ((5, 5, 5, 5), 0.0),
    ],
)
def test_kappa_is_what_is_worked_out_by_hand(
    counts: tuple[int, int, int, int], kappa: float
) -> None:
    assert cohens_kappa(pairs(*counts)) == pytest.approx(kappa)


def test_without_pairs_or_with_one_answer_alone_there_is_no_kappa() -> None:
    assert cohens_kappa([]) is None
    assert cohens_kappa(pairs(12, 0, 0, 0)) is None
    assert "everybody always said the same (n = 12)" in agreement_words(pairs(12, 0, 0, 0))


def test_few_are_too_few() -> None:
    assert agreement_words(pairs(9, 0, 0, 0)) == "too few to say (n = 9; 10 are needed)"
    assert agreement_words(pairs(20, 5, 10, 15)) == "Cohen's kappa 0.40 (n = 50)"
