"""What a candidate is worth before anybody has seen it at work: tokens that it would save a day."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ExpectedValue:
    """P(verify) x requests a day that it would take x tokens saved by each that it answers.

    A request whose answer is not verified falls back to what answered before: it saves nothing,
    and what the kernel spent on it is lost. `replayed` requests are behind P and the tokens; with
    none, P is the compiler's confidence.
    """

    probability: float
    requests_a_day: float
    tokens_saved: float | None  # a request; None: nobody knows what the answers cost before
    replayed: int
    p_from: str

    @property
    def tokens_a_day(self) -> float | None:
        if self.tokens_saved is None:
            return None
        return self.probability * self.requests_a_day * self.tokens_saved

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "tokens_a_day": self.tokens_a_day}


def smoothed(right: int, tried: int) -> float:
    """Laplace's rule of succession: with little evidence near one half."""
    return (right + 1) / (tried + 2)


def value_words(value: dict[str, Any]) -> str:
    """The parts, for the column beside the value."""
    saved = value["tokens_saved"]
    each = "? tokens" if saved is None else f"{saved:,.0f} tokens"
    return f"P {value['probability']:.2f} × {value['requests_a_day']:,.3g} a day × {each}"
