"""KR4: the mean reward of a domain, and how far a trajectory is above it."""

from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

LONGEST = 200  # characters of a domain's name


@dataclass(frozen=True)
class Baseline:
    """The sum of a domain's rewards, and how many they are."""

    total: float = 0.0
    count: int = 0

    @property
    def mean(self) -> float | None:
        """None while there is none."""
        return self.total / self.count if self.count else None

    def with_reward(self, reward: float) -> "Baseline":
        return Baseline(self.total + reward, self.count + 1)

    def without_reward(self, reward: float) -> "Baseline":
        """What is left when a reward that was counted counts no more."""
        if self.count <= 1:
            return Baseline()
        return Baseline(self.total - reward, self.count - 1)

    def advantage(self, reward: float) -> float:
        """Of a reward that is not counted yet: 0 for the first, which is its domain's mean."""
        return 0.0 if self.mean is None else reward - self.mean


def agent_domain(*, skill: str, cwd: str, agent: str) -> str:
    """The skill, else the last part of the working directory, else the agent."""
    path = PureWindowsPath(cwd) if "\\" in cwd else PurePosixPath(cwd)
    return (skill or path.name or agent or "agent")[:LONGEST]


def request_domain(*, kernel: str, worker: str, route: str) -> str:
    """The kernel, else the search's worker, else the route."""
    return (kernel or worker or route)[:LONGEST]
