"""The figures of trainings: a table, Markdown, and one JSON object."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kwsite.bench.grid import Grid


@dataclass(frozen=True)
class Measured:
    """One training. Memory in MiB: of the process, and on the GPU where there is one."""

    arm: str  # ours | plain
    size: str
    weights: int
    device: str
    precision: str
    batch: int
    length: int
    recompute: bool
    iterations: int
    tokens_per_s: float
    process_mib: float
    gpu_mib: float | None
    load: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


NAMES = {"ours": "the PEFT trainer", "plain": "a plain TRL script"}


def grids(found: Sequence[Measured]) -> list[Grid]:
    columns = (
        "",
        "weights",
        "device",
        "precision",
        "batch x tokens",
        "tokens/s",
        "peak MiB",
        "GPU",
    )
    rows = tuple(
        (
            NAMES[one.arm],
            f"{one.weights / 1e6:,.1f} M",
            one.device,
            one.precision,
            f"{one.batch} x {one.length}",
            f"{one.tokens_per_s:,.0f}",
            f"{one.process_mib:,.0f}",
            "" if one.gpu_mib is None else f"{one.gpu_mib:,.0f}",
        )
        for one in found
    )
    return [Grid("LoRA training", columns, rows)]


def verdict(found: Sequence[Measured]) -> str:
    by_arm = {one.arm: one for one in found}
    ours, plain = by_arm["ours"], by_arm["plain"]
    return (
        f"The trainer reaches {ours.tokens_per_s:,.0f} tokens a second, "
        f"{ours.tokens_per_s / plain.tokens_per_s:.2f} times a plain TRL script's."
    )


def write_evidence(found: Sequence[Measured], command: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"lora-{found[0].size}-{'gpu' if found[0].gpu_mib is not None else 'cpu'}.md"
    loads = " to ".join(f"{load:.1f}" for load in sorted({one.load for one in found}))
    intro = (
        f"`{command}`, each arm in a process of its own.\nThe machine has {os.cpu_count()} cores; "
        f"its load was {loads}."
    )
    tables = (grid.as_markdown().rstrip() for grid in grids(found))
    parts = ["# Training adapters", intro, verdict(found), *tables, NOTES]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


NOTES = """\
- Random weights, conversations of made-up words that fill each row to its last token.
- Tokens are those of the batches, over the time from the end of the first iterations to the end of
  the last but one: what the loop does between iterations counts, loading and validating do not.
- Both adapt every linear layer of every block, without a loss on what is asked. The trainer also
  looks whether loss and gradient are numbers, tells each iteration, and asks whether to stop.
- Memory of the process is its high-water mark, that on the GPU PyTorch's own (allocated)."""
