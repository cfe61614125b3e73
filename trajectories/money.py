"""What tokens cost, where somebody has said so."""

from dataclasses import dataclass

from django.conf import settings

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Of a million tokens that a model reads and writes; both 0: nothing is known."""

    read: float
    written: float
    currency: str

    def shown(self, tokens_in: int, tokens_out: int) -> str | None:
        """So many tokens in money; None without prices."""
        if not self.read and not self.written:
            return None
        amount = (tokens_in * self.read + tokens_out * self.written) / MILLION
        places = 2 if abs(amount) >= 1 or not amount else 4
        return f"{amount:,.{places}f} {self.currency}".strip()


def prices() -> Prices:
    """As the settings have them."""
    return Prices(settings.KW_PRICE_IN, settings.KW_PRICE_OUT, settings.KW_PRICE_CURRENCY)
