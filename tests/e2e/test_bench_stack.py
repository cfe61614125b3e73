"""The stack that a benchmark starts for itself."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from kwsite.env import CHECKOUT

BENCH = """
import time
from kwsite.bench.stack import throwaway_stack
with throwaway_stack({"KW_LLM_PROVIDER": "scripted"}) as address:
    print(address.port, address.home, flush=True)
    time.sleep(600)
"""


def test_a_benchmark_that_is_ended_takes_its_stack_with_it() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BENCH],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as bench:
        try:
            assert bench.stdout is not None
            port, home = bench.stdout.readline().split()
            with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
                pass
            bench.send_signal(signal.SIGTERM)
            bench.wait(60)
        finally:
            bench.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(port))) != 0
    assert not Path(home).exists()
