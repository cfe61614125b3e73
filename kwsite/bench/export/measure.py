"""One export in this process: how long each step took, and the most memory that it had."""

import os
import time
from pathlib import Path

from kwsite.bench.export.report import Measured
from kwsite.bench.memory import forget_peak, peak_mib
from kwsite.stack.llama_model import weights
from training.export.chat_template import read_template
from training.export.checking import check_export
from training.export.conversation import Rules
from training.export.export import ExportOptions, export_sft

SAMPLE = 500  # validation lessons that are compared with all training lines


class _Steps:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._step, self._began = "", time.monotonic()

    def tell(self, step: str, total: int | None = None) -> None:
        now = time.monotonic()
        if self._step:
            self.seconds[self._step] = now - self._began
        self._step, self._began = step, now


def measure_export(rows: int, folder: Path) -> Measured:
    """Exports the `rows` trajectories of the database, then checks what was written."""
    rules = Rules(read_template(weights()))
    forget_peak()
    before = peak_mib()
    began, worked, steps = time.monotonic(), time.process_time(), _Steps()
    manifest = export_sft(
        folder=folder,
        options=ExportOptions(rules=rules),
        tell=steps.tell,
        advance=lambda done: None,
    )
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - worked
    steps.tell("")
    peak = peak_mib()
    report = check_export(folder, rules=rules, sample=SAMPLE)
    sides = (manifest["train"], manifest["valid"])
    return Measured(
        rows=rows,
        lessons=sum(side["lessons"] for side in sides),
        lines=sum(file["lines"] for file in manifest["files"].values()),
        bytes=sum(file["bytes"] for file in manifest["files"].values()),
        groups=sum(side["groups"] for side in sides),
        largest=max(side["largest"] for side in sides),
        unseen=manifest["grouped_without_comparing"],
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        before_mib=before,
        peak_mib=peak,
        steps=steps.seconds,
        compared=report.compared,
        nearest=report.nearest,
        problems=report.kinds.total(),
        load=os.getloadavg()[0],
    )
