"""The library as it is shipped: the starter kernels, and prompts with what they are for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kernels.registry import Sample
from kernels.spec import KernelSpec

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Starter:
    """A starter kernel with its exemplars."""

    spec: KernelSpec
    examples: tuple[Sample, ...]


@dataclass(frozen=True)
class Labelled:
    """A prompt, and the name of the kernel that it is for; None when no starter answers it."""

    prompt: str
    kernel: str | None


@cache
def starters() -> tuple[Starter, ...]:
    """All starter kernels, by name. Raises when one does not validate."""
    return tuple(_read(file) for file in sorted((HERE / "starters").glob("*.json")))


def _read(file: Path) -> Starter:
    content = json.loads(file.read_text())
    examples = tuple(Sample(e["prompt"], e.get("output")) for e in content["examples"])
    return Starter(KernelSpec.model_validate(content["spec"]), examples)


def labelled_prompts() -> tuple[Labelled, ...]:
    """Prompts that are no exemplars: some for a starter, some near to one, some for none at all."""
    return read_labelled(HERE / "prompts.jsonl")


def read_labelled(file: Path) -> tuple[Labelled, ...]:
    """Reads JSON lines with `prompt` and `kernel`."""
    return tuple(_labelled(file))


def _labelled(file: Path) -> Iterator[Labelled]:
    for line in file.read_text().splitlines():
        row = json.loads(line)
        yield Labelled(row["prompt"], row["kernel"])
