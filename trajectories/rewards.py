"""KR3: what a trajectory was worth, between 0 and 1, with every part that made it up.

reward = .40 outcome + .35 process + .25 efficiency.
"""

from dataclasses import asdict, dataclass

NO_SIGNAL = 0.5


@dataclass(frozen=True)
class Outcome:
    """What followed the answer. None means that nothing was heard of that signal."""

    not_corrected: bool | None = None
    not_redone: bool | None = None
    build_succeeded: bool | None = None
    session_continued: bool | None = None


@dataclass(frozen=True)
class Process:
    """What the steps looked like. Rates are between 0 and 1; None when there were no such steps."""

    tool_success_rate: float | None = None
    shell_cleanliness: float | None = None
    error_density: float = 0.0  # failures per event


@dataclass(frozen=True)
class Efficiency:
    """How cheaply it was done. None when the trajectory has nothing to measure it by."""

    tool_diversity: float | None = None
    duration_s: float | None = None
    expected_duration_s: float = 30.0
    file_touch_rate: float | None = None


@dataclass(frozen=True)
class Reward:
    """The parts and their weighted sum, each between 0 and 1."""

    outcome: float
    process: float
    efficiency: float

    @property
    def total(self) -> float:
        return 0.40 * self.outcome + 0.35 * self.process + 0.25 * self.efficiency

    def as_json(self) -> dict[str, float]:
        return {**asdict(self), "total": self.total}


def _weighted(parts: list[tuple[float, float | None]]) -> float:
    """Weighted mean over the parts that were observed; `NO_SIGNAL` when none was."""
    seen = [(weight, value) for weight, value in parts if value is not None]
    if not seen:
        return NO_SIGNAL
    return sum(weight * value for weight, value in seen) / sum(weight for weight, _ in seen)


def _outcome(outcome: Outcome) -> float:
    signals = [
        (0.35, outcome.not_corrected),
        (0.25, outcome.not_redone),
        (0.20, outcome.build_succeeded),
        (0.20, outcome.session_continued),
    ]
    return _weighted([(w, None if seen is None else float(seen)) for w, seen in signals])


def _process(process: Process) -> float:
    return _weighted(
        [
            (0.45, process.tool_success_rate),
            (0.30, process.shell_cleanliness),
            (0.25, max(0.0, 1.0 - process.error_density)),
        ]
    )


def _efficiency(efficiency: Efficiency) -> float:
    quickness = None
    if efficiency.duration_s is not None:
        quickness = 1.0 / (1.0 + efficiency.duration_s / efficiency.expected_duration_s)
    return _weighted(
        [
            (0.35, efficiency.tool_diversity),
            (0.35, quickness),
            (0.30, efficiency.file_touch_rate),
        ]
    )


def score(outcome: Outcome, process: Process, efficiency: Efficiency) -> Reward:
    """The reward of one trajectory; a signal that was not observed leaves its weight to others."""
    return Reward(_outcome(outcome), _process(process), _efficiency(efficiency))
