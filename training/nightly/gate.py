"""Whether an adapter may go on: it must answer held-out prompts right more often than what is live.

Both answer the same prompts, greedily; a tie is no gain.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.comparison import gain_bound


@dataclass(frozen=True)
class Held:
    """How both answered one prompt; None where nothing could tell."""

    prompt: str
    before: bool | None
    after: bool | None


@dataclass(frozen=True)
class Report:
    """The comparison, over prompts of which both answers could be judged. Rates are in [0, 1]."""

    prompts: int
    before: float
    after: float
    wins: int
    losses: int
    gain_bound: float  # one-sided, 95 %, by paired bootstrap over prompts

    def as_json(self) -> dict[str, Any]:
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def adapter_gate(held: Sequence[Held], *, least: int) -> tuple[str, Report | None]:
    """Why the adapter may not go on (empty: it may), and the comparison."""
    judged = [(one.before, one.after) for one in held if None not in (one.before, one.after)]
    if len(judged) < least:
        return (f"only {len(judged)} held-out prompts could be judged; {least} are needed"), None
    gains = [float(bool(after)) - float(bool(before)) for before, after in judged]
    report = Report(
        prompts=len(judged),
        before=sum(bool(before) for before, _ in judged) / len(judged),
        after=sum(bool(after) for _, after in judged) / len(judged),
        wins=sum(gain > 0 for gain in gains),
        losses=sum(gain < 0 for gain in gains),
        gain_bound=gain_bound(gains, list(range(len(gains)))),
    )
    if report.gain_bound > 0:
        return "", report
    return (
        f"it does not beat what is live: {report.before:.0%} before, {report.after:.0%} with it "
        f"({report.wins} won, {report.losses} lost of {report.prompts}); with 95 % confidence the "
        f"gain is at least {report.gain_bound:+.1%}"
    ), report
