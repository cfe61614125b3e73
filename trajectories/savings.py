"""What kernels and stored answers saved, in tokens, against a generation of each answer.

An estimate. What a generation of the same would have cost is not known, as none was made; it is
taken from the texts: as many tokens for each character of the question and of the answer as the
generations of the same time and clients took. Those that a failed kernel preceded are none of
them. What kernels, and the checks before a stored answer is given again, took themselves is taken
off, and so is what failed kernels took before a generation. Searches, conversations of several
turns, calls of tools and retracted answers are left out on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trajectories.models import Rollup

USUAL = 0.25  # tokens a character, of English text, where nothing was generated to tell
Route = Rollup.Route
COMPARED = (Route.KERNEL, Route.REUSE, Route.FALLBACK)


@dataclass(frozen=True)
class Saving:
    """Tokens; negative where more was spent than a generation would have cost.

    `measured`: whether tokens a character are those of generations, and not just the usual.
    """

    tokens_in: int
    tokens_out: int
    measured: bool

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


def saved_by(totals: Mapping[str, Mapping[str, int]]) -> Saving:
    """From the sums of all rollups of each route."""
    generated = totals[Route.GENERATION]
    return Saving(
        _saved(totals, "in", _rate(generated, "in")),
        _saved(totals, "out", _rate(generated, "out")),
        bool(generated["plain_tokens_in"] and generated["plain_tokens_out"]),
    )


def _rate(generated: Mapping[str, int], way: str) -> float:
    tokens, chars = generated[f"plain_tokens_{way}"], generated[f"plain_chars_{way}"]
    return tokens / chars if tokens and chars else USUAL


def _saved(totals: Mapping[str, Mapping[str, int]], way: str, rate: float) -> int:
    expected = sum(totals[route][f"plain_chars_{way}"] for route in COMPARED) * rate
    return round(expected - sum(totals[route][f"plain_tokens_{way}"] for route in COMPARED))
