"""A calculation that never ends is killed; when nobody is left to do so, it ends all the same."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from kernels.conditions.isolated import MOST_WORKERS, NoResult, run_isolated
from kwsite.env import CHECKOUT

WAIT_S = 60.0
FOREVER = "sum(1 for _ in iter(int, 1))"
ABANDONED = f"""
from kernels.conditions import isolated
isolated.run_isolated("builtins", "eval", {FOREVER!r}, within_s=1.0)
"""


def test_it_gives_what_the_function_gives() -> None:
    assert run_isolated("builtins", "sum", [1, 2], within_s=60) == 3


def test_what_the_function_raises_is_told() -> None:
    with pytest.raises(NoResult, match="ZeroDivisionError"):
        run_isolated("builtins", "eval", "1 / 0", within_s=60)


def test_what_never_ends_is_killed_and_the_next_is_served() -> None:
    run_isolated("builtins", "sum", [1, 2], within_s=60)
    before = _workers()
    with pytest.raises(NoResult, match=r"more than 0\.5 s"):
        run_isolated("builtins", "eval", FOREVER, within_s=0.5)
    assert len(before - _workers()) == 1
    assert _workers() < before
    assert run_isolated("builtins", "sum", [1, 2], within_s=60) == 3


def test_what_wants_too_much_memory_is_told() -> None:
    with pytest.raises(NoResult, match="MemoryError"):
        run_isolated("builtins", "eval", "len('a' * 10**11)", within_s=5)


def test_slow_calls_of_one_kind_do_not_hold_up_another() -> None:
    run_isolated("builtins", "sum", [1, 2], within_s=60)

    def slow(number: int) -> str:
        with pytest.raises(NoResult) as raised:
            run_isolated("builtins", "eval", FOREVER, within_s=0.5)
        return str(raised.value)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(slow, number) for number in range(4)]
        time.sleep(0.5)
        assert run_isolated("builtins", "sum", [1, 2], within_s=60) == 3
        assert sum(one.done() for one in waiting) < 3  # they wait for each other
        assert len(_workers()) <= MOST_WORKERS
        assert "more than 0.5 s" in waiting[0].result()
    assert run_isolated("builtins", "eval", "1 + 1", within_s=60) == 2


def test_a_worker_ends_though_the_process_that_started_it_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", ABANDONED], cwd=CHECKOUT)
    worker = _wait_for_worker(psutil.Process(parent.pid))
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    worker.wait(WAIT_S)  # raises when it lives on


def _wait_for_worker(parent: psutil.Process) -> psutil.Process:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        for child in parent.children():
            if _is_worker(child) and child.cpu_times().user > 0.5:
                return child
        time.sleep(0.05)
    raise AssertionError("no worker came")


def _workers() -> set[int]:
    return {child.pid for child in psutil.Process().children() if _is_worker(child)}


def _is_worker(process: psutil.Process) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE:
        return False
    return "exec(eval(sys.stdin.readline()))" in " ".join(process.cmdline())
