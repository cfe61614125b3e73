"""The most memory that this process has had."""

import re
from pathlib import Path


def forget_peak() -> None:
    """From here on, `peak_mib` is of what comes: reading the model took more than exporting."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """The most that this process has had in memory, pages of its mapped files included.

    Not `ru_maxrss`: that of a child begins with its parent's.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError("This system does not tell a process's peak memory.")
    return int(found[1]) / 1024
