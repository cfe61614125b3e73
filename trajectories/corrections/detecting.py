"""Whether a prompt corrects the answer before it: by its words, or because it reads like one.

Phrases decide first. Where none speaks, and the prompt opens neither as a task nor as agreement,
the embedding decides: ridge regression on the examples in `examples.json` (74 corrections, 93 that
go on) gives a direction in the encoder's space, and a prompt far enough along it corrects. Nearest
examples instead of that direction told less (`docs/evidence/corrections.md`).

Not covered: languages other than English, corrections that are only seen when the answer is known
("91 is 7 times 13"), a plain "no", irony.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trajectories.corrections.phrases import correcting_phrase, goes_on

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]  # texts to (n, dimensions), each of length 1

RIDGE = 3.0
# Both were set on the development prompts of `manage.py bench corrections`.
THRESHOLD = 0.0  # beside phrases
THRESHOLD_ALONE = -0.2


@dataclass(frozen=True)
class Correction:
    """Whether a prompt corrects, and what says so (empty if it does not)."""

    corrects: bool
    why: str = ""


@dataclass(frozen=True)
class Direction:
    """From what goes on (about -1) to what corrects (about 1), in the encoder's space."""

    mean: NDArray[np.float64]  # (dimensions,)
    weights: NDArray[np.float64]  # (dimensions,)

    def of(self, vectors: Vectors) -> list[float]:
        """How far along each is; `vectors` is (n, dimensions)."""
        found: list[float] = ((vectors - self.mean) @ self.weights).tolist()
        return found


def fit_direction(embed: Embed) -> Direction:
    """Fits the direction to the examples: embeds them all, some hundred short texts."""
    corrections, continuations = examples()
    vectors = embed([*corrections, *continuations]).astype(np.float64)
    said = np.repeat([1.0, -1.0], [len(corrections), len(continuations)])
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    penalty = RIDGE * np.eye(centred.shape[1])
    weights = np.linalg.solve(centred.T @ centred + penalty, centred.T @ (said - said.mean()))
    return Direction(mean, weights)


def examples() -> tuple[list[str], list[str]]:
    """Prompts that correct, and prompts that go on."""
    read = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
    return read["corrections"], read["continuations"]


def corrections(prompts: Sequence[str], vectors: Vectors, direction: Direction) -> list[Correction]:
    """One a prompt; `vectors` are their embeddings, (n, dimensions)."""
    along = direction.of(vectors)
    return [_correction(prompt, far) for prompt, far in zip(prompts, along, strict=True)]


def _correction(prompt: str, along: float) -> Correction:
    if phrase := correcting_phrase(prompt):
        return Correction(True, f"The next prompt says: {phrase}")
    if along >= THRESHOLD and not goes_on(prompt):
        return Correction(True, f"The next prompt reads like a correction ({along:+.2f}).")
    return Correction(False)
