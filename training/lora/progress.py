"""What a training has seen so far, and how it is told: once an iteration."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from training.lora.trainer import BadCheckpoint, Progress, Report

LOSSES = "losses.json"


@dataclass
class Losses:
    """Nats a token. `valid` by iteration; that of 0 is the base model's."""

    train: list[float] = field(default_factory=list)
    valid: dict[int, float] = field(default_factory=dict)

    @property
    def began(self) -> float | None:
        return self.valid.get(0)

    def save(self, folder: Path) -> None:
        said = {"train": self.train, "valid": sorted(self.valid.items())}
        (folder / LOSSES).write_text(json.dumps(said), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, *, iteration: int) -> "Losses":
        """Raises BadCheckpoint."""
        try:
            said = json.loads((folder / LOSSES).read_text(encoding="utf-8"))
            found = cls(
                [float(one) for one in said["train"]], {int(n): v for n, v in said["valid"]}
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadCheckpoint(f"The checkpoint {folder.name} is incomplete: {error}") from error
        if len(found.train) != iteration:
            raise BadCheckpoint(f"The checkpoint {folder.name} has {len(found.train)} losses.")
        return found


class Pace:
    """Tokens a second while training, without what validating and saving takes."""

    def __init__(self) -> None:
        self._tokens, self._seconds = 0, 0.0

    @contextmanager
    def over(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._seconds += time.monotonic() - began

    def add(self, tokens: int) -> None:
        self._tokens += tokens

    def add_seconds(self, seconds: float) -> None:
        self._seconds += seconds

    @property
    def tokens_per_s(self) -> float:
        return self._tokens / self._seconds if self._seconds else 0.0


class Telling:
    """Gathers what one iteration came to, and reports it as a whole."""

    def __init__(self, report: Report, first_lines: list[str]) -> None:
        self._report = report
        self._lines = list(first_lines)
        self._iteration, self._loss, self._tokens_per_s = 0, 0.0, 0.0
        self._validation_loss: float | None = None
        self._checkpoint: Path | None = None

    def add_line(self, line: str) -> None:
        """Told with the next iteration."""
        self._lines.append(line)

    def iteration(self, number: int, loss: float, tokens_per_s: float) -> None:
        self._iteration, self._loss, self._tokens_per_s = number, loss, tokens_per_s

    def validated(self, loss: float) -> None:
        self._validation_loss = loss

    def saved(self, checkpoint: Path) -> None:
        self._checkpoint = checkpoint

    def flush(self) -> None:
        """Reports the iteration, unless it was reported."""
        if not self._iteration:
            return
        line = f"iteration {self._iteration}: loss {self._loss:.4f}"
        if self._validation_loss is not None:
            line += f", validation loss {self._validation_loss:.4f}"
        line += f", {self._tokens_per_s:.0f} tokens/s"
        line += ", checkpoint" if self._checkpoint else ""
        told = Progress(
            self._iteration,
            self._loss,
            self._validation_loss,
            self._tokens_per_s,
            self._checkpoint,
            "\n".join([*self._lines, line]),
        )
        self._lines, self._iteration = [], 0
        self._validation_loss, self._checkpoint = None, None
        self._report(told)
