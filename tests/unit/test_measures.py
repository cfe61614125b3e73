"""What several processes count is told as one sum, also where their process ids are the same."""

import os
import socket
import subprocess
import sys
from pathlib import Path

COUNT = """
import os, sys
if len(sys.argv) > 1:
    os.getpid = lambda: 1
    import socket
    socket.gethostname = lambda: sys.argv[1]
from trajectories.measures import TAPS, exposition
TAPS.labels(tap="open").inc()
print(exposition().decode())
"""


def count(folder: Path, *host: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", COUNT, *host],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout


def test_containers_with_one_process_id_do_not_overwrite_each_other(tmp_path: Path) -> None:
    count(tmp_path, "web-1")
    told = count(tmp_path, "answers-1")
    assert 'kernelweave_taps_total{tap="open"} 2.0' in told


def test_a_process_counts_under_its_host_and_id(tmp_path: Path) -> None:
    count(tmp_path)
    (file,) = tmp_path.glob("counter_*.db")
    assert file.name.startswith(f"counter_{socket.gethostname()}-")
