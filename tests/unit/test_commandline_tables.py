"""What `plan` shows of each candidate, on a narrow terminal too."""

import io
from typing import Any

import pytest
from rich.console import Console

from kernels.routing import preconditions
from kernels.spec import GenerateStep, KernelSpec
from kwsite.commandline.tables import plan_list

DECISION: dict[str, Any] = {
    "chosen": "1",
    "candidates": [
        {
            "kernel": "extract-email-addresses",
            "version_id": "1",
            "version": 2,
            "probability": 0.91,
            "features": {"nearest_similarity": 0.93, "family_similarity": 0.9, "drift": 0.0},
            "preconditions": [
                {"kind": "schema", "label": "input schema", "status": "ok"},
                {"kind": "cel", "label": "", "status": "failed"},
            ],
            "obstacle": "",
        },
        {
            "kernel": "extract-dates",
            "version_id": "2",
            "version": 1,
            "probability": 0.12,
            "features": {},
            "preconditions": [],
            "obstacle": "the request asks for another output schema",
        },
    ],
}


def shown(width: int) -> list[str]:
    screen = io.StringIO()
    Console(file=screen, width=width).print(plan_list(DECISION))
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_it_is_a_paragraph_a_candidate() -> None:
    assert shown(120) == [
        "",
        "extract-email-addresses v2 · P(verifies) 0.910",
        "    chosen",
        "    preconditions: ✓ input schema, ✗ cel",
        "    features: nearest_similarity 0.93, family_similarity 0.90, drift 0.00",
        "",
        "extract-dates v1 · P(verifies) 0.120",
        "    the request asks for another output schema",
        "    preconditions: none",
        "    features:",
    ]


@pytest.mark.parametrize("width", [80, 60])
def test_a_narrow_terminal_cuts_nothing_off(width: int) -> None:
    lines = shown(width)
    assert all(len(line) <= width for line in lines)
    text = " ".join(" ".join(lines).split())
    assert text == " ".join(" ".join(shown(200)).split())


def test_what_was_found_in_the_prompt_is_not_called_the_output() -> None:
    spec = KernelSpec(
        name="extract-dates",
        family="dates",
        description="Dates of a text",
        input_schema={"type": "object", "required": ["text"]},
        output_schema={"type": "object"},
        steps=(GenerateStep(),),
    )
    for bound in ({"text": "2025-01-02"}, {}):
        (check,) = preconditions(spec, bound)
        assert "output" not in check.reason
