"""`bench lora` at its smallest: both arms for real, each in a process of its own."""

import argparse
from pathlib import Path

import pytest

from kwsite.bench.lora.process import add_lora_arguments, run_lora
from kwsite.bench.lora.report import Measured, grids, verdict


def arm(name: str, tokens_per_s: float, gpu_mib: float | None = None) -> Measured:
    return Measured(
        arm=name,
        size="1b",
        weights=1_235_814_400,
        device="cpu",
        precision="float32",
        batch=4,
        length=512,
        recompute=False,
        iterations=30,
        tokens_per_s=tokens_per_s,
        process_mib=1000.4,
        gpu_mib=gpu_mib,
        load=1.0,
    )


def test_both_arms_are_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_lora_arguments(parser)
    small = ["--size", "tiny", "--device", "cpu", "--iterations", "6", "--batch", "2"]
    options = parser.parse_args([*small, "--length", "64", "--write", str(tmp_path)])
    run_lora(vars(options))
    shown = capsys.readouterr().out
    assert "times a plain TRL script's" in shown
    written = (tmp_path / "lora-tiny-cpu.md").read_text()
    assert "| the PEFT trainer | 0.1 M | cpu | float32 | 2 x 64 |" in written


def test_the_figures_are_compared_and_memory_on_a_gpu_is_shown() -> None:
    found = [arm("plain", 2000, 9000.2), arm("ours", 2100, 8000.7)]
    assert "2,100 tokens a second, 1.05 times" in verdict(found)
    [grid] = grids(found)
    assert [row[-1] for row in grid.rows] == ["9,000", "8,001"]
    [grid] = grids([arm("plain", 1), arm("ours", 1)])
    assert [row[-1] for row in grid.rows] == ["", ""]
