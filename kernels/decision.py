"""The route decision: every candidate with its scores, hits and misses alike (row KW18)."""

from dataclasses import dataclass, replace
from typing import Any

from kernels.conditions.checks import Check
from kernels.matching import Features

TOO_LOW = "P(verify)"  # how the obstacle begins where nothing but the threshold is one


@dataclass(frozen=True)
class Candidate:
    """A kernel that was considered. `obstacle` says why it may not serve, or is empty."""

    kernel: str
    version_id: str
    number: int
    probability: float
    threshold: float  # the lowest P at which this kernel may serve
    features: Features
    preconditions: tuple[Check, ...]
    exemplars: tuple[int, ...]  # ids, nearest first
    obstacle: str
    head: int | None = None  # the trained head whose P this is; None: the calibration's

    def held_to_threshold(self) -> "Candidate":
        """With the obstacle, where P is too low."""
        if self.obstacle or self.probability >= self.threshold:
            return self
        said = f"{TOO_LOW} {self.probability:.3f} < threshold {self.threshold:.3f}"
        return replace(self, obstacle=said)

    @property
    def applies(self) -> bool:
        """Whether its preconditions hold; P was fitted on such kernels alone."""
        return all(check.status == "ok" for check in self.preconditions)

    def as_json(self) -> dict[str, Any]:
        names = Features.names()
        return {
            "kernel": self.kernel,
            "version_id": self.version_id,
            "version": self.number,
            "probability": round(self.probability, 4),
            "threshold": round(self.threshold, 4),
            "features": {
                name: round(value, 4)
                for name, value in zip(names, self.features.vector(), strict=True)
            },
            "preconditions": [check.as_json() for check in self.preconditions],
            "exemplars": list(self.exemplars),
            "obstacle": self.obstacle,
            **({"head": self.head} if self.head else {}),
        }


@dataclass(frozen=True)
class Part:
    """A part of a prompt, and the kernel that clears the bar on it.

    `property`: what of the asked output schema it gives; empty where none was asked for.
    """

    prompt: str
    kernel: Candidate
    property: str = ""


@dataclass(frozen=True)
class Proposal:
    """A composition that would answer the prompt, and the input to run it on. Nothing runs it."""

    reason: str
    probability: float  # that both kernels verify
    parts: tuple[Part, Part]
    composition: dict[str, Any]  # as `POST /api/compositions` takes it
    input: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "probability": round(self.probability, 4),
            "parts": [
                {
                    "prompt": part.prompt,
                    "kernel": part.kernel.kernel,
                    "version": part.kernel.number,
                    "probability": round(part.kernel.probability, 4),
                    **({"property": part.property} if part.property else {}),
                }
                for part in self.parts
            ],
            "composition": self.composition,
            "input": self.input,
        }


@dataclass(frozen=True)
class RouteDecision:
    """Where a prompt goes, and why."""

    route: str  # kernel | generation | reuse | search
    reason: str
    threshold: float | None
    calibration: int | None
    encoder_digest: str
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    reused: str | None = None  # id of the trajectory whose answer is given again
    near: dict[str, Any] | None = None  # worker, cosine, threshold: it asks only nearly the same
    proposal: Proposal | None = None  # looked for when a route is explained, not when it is taken

    def as_json(self) -> dict[str, Any]:
        return {
            "route": self.route,
            "reason": self.reason,
            "threshold": self.threshold,
            "calibration": self.calibration,
            "encoder": self.encoder_digest[:12],
            "chosen": self.chosen.version_id if self.chosen else None,
            "reused": self.reused,
            **({"near": self.near} if self.near else {}),
            "candidates": [candidate.as_json() for candidate in self.candidates],
            **({"proposal": self.proposal.as_json()} if self.proposal else {}),
        }
