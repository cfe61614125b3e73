"""What an operator reads of an export: what is in it, what was left out, what is wrong with it."""

from pathlib import Path
from typing import Any

from rich.table import Table

from training.export.checking import Report
from training.export.manifest import SIDES
from training.export.writing import FILES


def manifest_table(folder: Path, manifest: dict[str, Any]) -> Table:
    left_out = sorted(manifest["left_out"].items(), key=lambda each: (-each[1], each[0]))
    notes = [f"{reason}: {count:,}" for reason, count in left_out]
    table = Table(
        title=f"{folder}: data {manifest['data'][:12]}",
        title_justify="left",
        caption="Left out: " + (", ".join(notes) or "nothing"),
        caption_justify="left",
    )
    table.add_column("file")
    for column in ("lines", "lessons", "once", "twice", "three times", "synthetic", "groups"):
        table.add_column(column, justify="right")
    for valid, name in FILES.items():
        side = manifest[SIDES[valid]]
        copies = side["by_copies"]
        figures = (manifest["files"][name]["lines"], side["lessons"], *copies.values())
        table.add_row(name, *(f"{n:,}" for n in (*figures, side["synthetic"], side["groups"])))
    return table


def check_table(report: Report) -> Table:
    table = Table(title="The export is sound" if not report.problems else "Problems")
    table.add_column("what")
    table.add_column("found")
    for name, lines in report.lines.items():
        table.add_row(name, f"{lines:,} lines")
    table.add_row("valid lessons compared with every line of train", f"{report.compared:,}")
    table.add_row("highest similarity across the split", f"{report.nearest:.2f}")
    for problem in report.problems:
        table.add_row("wrong", problem)
    return table
