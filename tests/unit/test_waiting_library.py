"""Kernels that wait for better routing: data that is held to its own tests already."""

import json
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from kernels.conditions.checks import Subject
from kernels.library import loading
from kernels.mutation import Accepted, mutation_score
from kernels.slots import bind
from kernels.spec import KernelSpec
from kernels.verify import verify

EVENTS = ("decision", "observation", "message")
FILES = sorted((Path(loading.__file__).parent / "waiting").glob("*.json"))


def read(file: Path) -> tuple[KernelSpec, list[Accepted]]:
    """The spec, and the outputs that are right for a prompt."""
    content: dict[str, Any] = json.loads(file.read_text())
    spec = KernelSpec.model_validate(content["spec"])
    known = [(test.prompt, test.output) for test in spec.tests]
    known += [(e["prompt"], e["output"]) for e in content["examples"] if e.get("output")]
    return spec, [Accepted(bind(prompt), output) for prompt, output in known]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_right_outputs_pass(file: Path) -> None:
    spec, accepted = read(file)
    assert accepted
    for one in accepted:
        assert verify(spec.contract, Subject(one.input, one.output, EVENTS)).passed


def test_wrong_outputs_are_refused() -> None:
    scores = [
        mutation_score(spec.contract, outputs, EVENTS).score or 0
        for spec, outputs in map(read, FILES)
    ]
    assert len(scores) >= 20
    assert median(scores) >= 0.8
