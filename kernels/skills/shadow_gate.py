"""Whether vectors may choose skills in place of patterns (row KR9): four figures, four limits.

Lift compares two choosers by what came of the choice that was really made: of the prompts whose
skill is known and whose reward is, the mean reward where the skill was the vectors' choice, less
the mean where it was the patterns', over the latter. Where both chose the skill that was used, the
reward counts on either side. It takes the use of skills as it came: an agent that picks well only
for easy prompts bends it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Judged:
    """A prompt with both choices, the skill that was used, and the reward."""

    by_regex: str
    by_vector: str
    used: str
    reward: float


@dataclass(frozen=True)
class Lift:
    """Mean rewards on either side, with their numbers; `value` is None where they say nothing."""

    vector_mean: float | None = None
    vector_count: int = 0
    regex_mean: float | None = None
    regex_count: int = 0
    value: float | None = None


@dataclass(frozen=True)
class ShadowFigures:
    """What the records of a time say. Those where neither chose a skill are silent: not counted."""

    records: int = 0
    silent: int = 0
    cache_hits: int = 0
    agreed: int = 0
    lift: Lift = Lift()

    @property
    def hit_rate(self) -> float | None:
        return self.cache_hits / self.records if self.records else None

    @property
    def agreement(self) -> float | None:
        return self.agreed / self.records if self.records else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "hit_rate": self.hit_rate, "agreement": self.agreement}


@dataclass(frozen=True)
class Limits:
    """The least that each figure must be; `judged`: rewards on either side of the lift."""

    records: int = 100
    hit_rate: float = 0.5
    agreement: float = 0.8
    lift: float = 0.05
    judged: int = 20


@dataclass(frozen=True)
class Check:
    """One figure held to its limit."""

    figure: str
    value: float | None
    least: float
    passed: bool
    reason: str


@dataclass(frozen=True)
class GateDecision:
    """Open only if every check passed."""

    checks: tuple[Check, ...]

    @property
    def open(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is closed."""
        return tuple(check.reason for check in self.checks if not check.passed)

    def as_json(self) -> dict[str, Any]:
        return {
            "open": self.open,
            "reasons": list(self.reasons),
            "checks": [asdict(check) for check in self.checks],
        }


def lift_of(judged: Iterable[Judged], least: int) -> Lift:
    """The lift; its value is None with fewer than `least` rewards on a side, or a mean of 0."""
    known = [one for one in judged if one.used]
    vector = [one.reward for one in known if one.used == one.by_vector]
    regex = [one.reward for one in known if one.used == one.by_regex]
    vector_mean = sum(vector) / len(vector) if vector else None
    regex_mean = sum(regex) / len(regex) if regex else None
    value = None
    if vector_mean is not None and regex_mean and min(len(vector), len(regex)) >= least:
        value = round((vector_mean - regex_mean) / regex_mean, 9)
    return Lift(vector_mean, len(vector), regex_mean, len(regex), value)


def gate(figures: ShadowFigures, limits: Limits) -> GateDecision:
    """Holds the figures to the limits; an unknown figure is below any."""
    return GateDecision(
        (
            Check(
                "records",
                figures.records,
                limits.records,
                figures.records >= limits.records,
                f"{figures.records} records, at least {limits.records} needed",
            ),
            _share("cache hit rate", figures.hit_rate, limits.hit_rate),
            _share("agreement", figures.agreement, limits.agreement),
            _lift(figures.lift, limits),
        )
    )


def _share(name: str, value: float | None, least: float) -> Check:
    shown = "unknown" if value is None else f"{value:.1%}"
    reason = f"{name} {shown}, at least {least:.1%} needed"
    return Check(name, value, least, value is not None and value >= least, reason)


def _lift(lift: Lift, limits: Limits) -> Check:
    if lift.value is None:
        reason = (
            f"lift unknown: {lift.vector_count} rewards of the vectors' choice and "
            f"{lift.regex_count} of the patterns', at least {limits.judged} of each needed"
        )
        return Check("lift", None, limits.lift, False, reason)
    reason = f"lift {lift.value:.1%}, at least {limits.lift:.1%} needed"
    return Check("lift", lift.value, limits.lift, lift.value >= limits.lift, reason)
