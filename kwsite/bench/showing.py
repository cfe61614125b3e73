"""How a bench shows what it measured: tables and a sentence, or one JSON object."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from kwsite.bench.grid import Grid


def show(found: Any, grids: Sequence[Grid], verdict: str = "", *, as_json: bool) -> None:
    """`found` is what is printed as JSON."""
    if as_json:
        print(json.dumps(found))
        return
    console = Console()
    for grid in grids:
        console.print(grid.as_table())
    if verdict:
        console.print(verdict)


def tell_written(files: Iterable[Path]) -> None:
    """Names the files on stderr, beside which stdout stays what was asked for."""
    for file in files:
        print(f"wrote {file}", file=sys.stderr)
