"""Money is told only where somebody has said what tokens cost."""

import pytest

from trajectories.money import Prices


def test_without_prices_nothing_is_said() -> None:
    assert Prices(0, 0, "USD").shown(1_000_000, 1_000_000) is None


@pytest.mark.parametrize(
    ("prices", "tokens_in", "tokens_out", "shown"),
    [
        (Prices(2, 8, "USD"), 1_000_000, 500_000, "6.00 USD"),
        (Prices(0, 8, "EUR"), 1_000_000, 1_000, "0.0080 EUR"),
        (Prices(2, 8, ""), 0, 0, "0.00"),
        (Prices(2, 8, "USD"), -1_000_000, 0, "-2.00 USD"),
        (Prices(2000, 0, "USD"), 1_000_000_000, 0, "2,000,000.00 USD"),
    ],
)
def test_tokens_in_money(prices: Prices, tokens_in: int, tokens_out: int, shown: str) -> None:
    assert prices.shown(tokens_in, tokens_out) == shown
