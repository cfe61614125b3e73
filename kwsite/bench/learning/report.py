"""What was learned, as JSON with every outcome and as Markdown with a plot."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwsite.bench.learning.grids import grids, verdict
from kwsite.bench.learning.outcome import Answered, HeldStep, Learning, Round, Routed
from kwsite.bench.learning.plot import draw

METHOD = """\
"""


def as_json(found: Learning) -> dict[str, Any]:
    return {"bench": "learning", **asdict(found)}


def read_learning(file: Path) -> Learning:
    """What `write_evidence` wrote as JSON."""
    said = json.loads(file.read_text())
    streamed, before, after = (
        tuple(Answered(**one) for one in said[name]) for name in ("streamed", "before", "after")
    )
    return Learning(
        said["model"],
        said["command"],
        said["told"],
        streamed,
        before,
        after,
        tuple(Routed(**one) for one in said["routed"]),
        tuple(HeldStep(**one) for one in said["steps"]),
        tuple(Round(**one) for one in said["rounds"]),
    )


def keep_json(found: Learning, folder: str) -> None:
    """What is there so far; nothing without a folder."""
    if folder:
        _file(found, Path(folder), "json").write_text(_text(found))


def write_evidence(found: Learning, folder: Path) -> list[Path]:
    """Writes Markdown, a plot and JSON; gives their paths."""
    told, plot, data = (_file(found, folder, end) for end in ("md", "png", "json"))
    data.write_text(_text(found))
    draw(found, plot)
    tables = "\n".join(grid.as_markdown() for grid in grids(found))
    told.write_text(
        f"# From the cold start to what was learned\n\n`{found.command}`, with {found.model}\n\n"
        f"{verdict(found)}\n\n![accuracy and AUROC over queries]({plot.name})\n\n{tables}\n"
        f"## How it was measured\n\n{METHOD}"
    )
    return [told, plot, data]


def _file(found: Learning, folder: Path, end: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = re.sub(r"[^\w.-]+", "-", found.model.lower())
    return folder / f"learning-{model}.{end}"


def _text(found: Learning) -> str:
    return json.dumps(as_json(found), ensure_ascii=False) + "\n"
