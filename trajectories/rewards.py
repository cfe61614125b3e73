"""KR3: what a trajectory was worth, between 0 and 1, with every part that made it up.

reward = .40 outcome + .35 process + .25 efficiency. Each part is the weighted mean of its signals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from trajectories.signals import Signal

NO_SIGNAL = 0.5
PARTS: Mapping[str, float] = MappingProxyType(
    {"outcome": 0.40, "process": 0.35, "efficiency": 0.25}
)
SIGNALS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "not_corrected": ("outcome", 0.35),
        "not_redone": ("outcome", 0.25),
        "build_succeeded": ("outcome", 0.20),
        "session_continued": ("outcome", 0.20),
        "tool_success_rate": ("process", 0.45),
        "shell_cleanliness": ("process", 0.30),
        "error_density": ("process", 0.25),
        "tool_diversity": ("efficiency", 0.35),
        "duration": ("efficiency", 0.35),
        "file_touch_rate": ("efficiency", 0.30),
    }
)
NOT_HEARD = "Nothing was heard of it."


@dataclass(frozen=True)
class Reward:
    """The parts, each between 0 and 1, and all ten signals in the order of `SIGNALS`."""

    outcome: float
    process: float
    efficiency: float
    signals: tuple[Signal, ...]

    @property
    def total(self) -> float:
        """The weighted sum of the parts."""
        parts = (self.outcome, self.process, self.efficiency)
        return sum(weight * part for weight, part in zip(PARTS.values(), parts, strict=True))

    def as_json(self) -> dict[str, Any]:
        """For people, too: `weight` is that within the part, when all of it was observed."""
        return {
            "outcome": self.outcome,
            "process": self.process,
            "efficiency": self.efficiency,
            "total": self.total,
            "signals": [
                {
                    "name": signal.name,
                    "part": SIGNALS[signal.name][0],
                    "weight": SIGNALS[signal.name][1],
                    "value": signal.value,
                    "why": signal.why,
                }
                for signal in self.signals
            ],
        }


def score(observed: Sequence[Signal]) -> Reward:
    """The reward of one trajectory; a signal that was not observed leaves its weight to others.

    A part of which nothing was observed is `NO_SIGNAL`.
    """
    by_name = {signal.name: signal for signal in observed}
    assert by_name.keys() <= SIGNALS.keys(), "the signals are those of the formula"
    signals = tuple(by_name.get(name, Signal(name, None, NOT_HEARD)) for name in SIGNALS)
    return Reward(
        _part("outcome", signals), _part("process", signals), _part("efficiency", signals), signals
    )


def _part(part: str, signals: Sequence[Signal]) -> float:
    """The weighted mean over the signals of the part that were observed."""
    seen = [
        (SIGNALS[signal.name][1], signal.value)
        for signal in signals
        if SIGNALS[signal.name][0] == part and signal.value is not None
    ]
    if not seen:
        return NO_SIGNAL
    return sum(weight * value for weight, value in seen) / sum(weight for weight, _ in seen)
