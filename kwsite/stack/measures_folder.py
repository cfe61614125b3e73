"""The folder in which all processes of a stack count what Prometheus is told."""

import shutil
from pathlib import Path


def fresh_measures(home: Path) -> Path:
    """Empty: what processes of an earlier start counted is theirs."""
    folder = home / "measures"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
