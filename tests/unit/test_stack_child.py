"""A child process of the stack: how its death reads, and that none of its family survives it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kwsite.stack.child import Child
from kwsite.stack.failure import StackFailure

Begin = Callable[[str], Child]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts a Python program as a part named `part`."""
    begun: list[Child] = []

    def begin(program: str) -> Child:
        command = [sys.executable, "-u", "-c", program]
        begun.append(Child("part", command, environment=os.environ, logs=tmp_path))
        return begun[-1]

    yield begin
    for child in begun:
        child.stop(within_s=0)


def death(child: Child) -> str:
    child.process.wait()
    with pytest.raises(StackFailure) as failure:
        child.check_alive()
    return str(failure.value)


def wait_for(child: Child, words: str) -> None:
    child.wait_until(lambda: child.said(words), within_s=60)


def test_its_death_names_the_part_the_code_the_log_and_its_last_words(begin: Begin) -> None:
    child = begin("print('first'); print('out of cheese'); raise SystemExit(3)")
    assert death(child) == (
        "part: died with exit code 3. Mend what its log says, then `make run` again. "
        f"Log: {child.log}; its last words: out of cheese"
    )


def test_of_a_traceback_it_quotes_the_error(begin: Begin) -> None:
    assert death(begin("raise ValueError('no cheese')")).endswith("ValueError: no cheese")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["[ERROR] Worker crash loop detected", "[INFO] Shutting down", "see ya!"], "crash loop"),
        (["FATAL:  no cheese", "LOG:  database system is shut down"], "FATAL:  no cheese"),
        (["[ERROR] of long ago", *["all is well"] * 20, "stopped"], "stopped"),
    ],
)
def test_it_quotes_the_error_not_the_goodbyes(begin: Begin, lines: list[str], words: str) -> None:
    child = begin(f"print({chr(10).join(lines)!r}); raise SystemExit(1)")
    assert words in death(child).split("its last words: ")[1]


def test_it_quotes_the_error_of_the_traceback_that_the_goodbyes_follow(begin: Begin) -> None:
    child = begin(
        "import traceback\n"
        "try: int('no cheese')\n"
        "except ValueError: traceback.print_exc()\n"
        "print('[ERROR] Unexpected exit from worker-1\\nsee ya!')\n"
        "raise SystemExit(1)"
    )
    assert "its last words: ValueError: invalid literal" in death(child)


def test_one_that_was_killed_did_not_say_why(begin: Begin) -> None:
    child = begin("import time; print('[ERROR] of long ago', flush=True); time.sleep(60)")
    wait_for(child, "long ago")
    child.process.kill()
    said = death(child)
    assert said.startswith("part: died with exit code -9: killed by somebody")
    assert "long ago" not in said


def test_it_does_not_quote_an_earlier_run(begin: Begin) -> None:
    begin("print('of yesterday')").process.wait()
    assert death(begin("raise SystemExit(1)")).endswith("(nothing written)")


def test_waiting_ends_when_the_process_dies(begin: Begin) -> None:
    with pytest.raises(StackFailure, match="died with exit code 4"):
        begin("raise SystemExit(4)").wait_until(lambda: False, within_s=60)


def test_waiting_ends_when_the_time_is_over(begin: Begin) -> None:
    with pytest.raises(StackFailure, match="not ready after"):
        begin("import time; time.sleep(60)").wait_until(lambda: False, within_s=0)


def test_one_that_ignores_the_request_to_stop_is_killed(begin: Begin) -> None:
    child = begin(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf'); time.sleep(60)"
    )
    wait_for(child, "deaf")
    began = time.monotonic()
    child.stop(within_s=0.2)
    assert time.monotonic() - began < 10
    assert child.process.returncode == -9


def test_what_it_left_running_ends_with_it(begin: Begin) -> None:
    child = begin(
        "import subprocess, sys; left = subprocess.Popen([sys.executable, '-c',"
        "'import time; time.sleep(60)']); print('left', left.pid, flush=True)"
    )
    wait_for(child, "left ")
    left = psutil.Process(int(child.last_words().split()[1]))
    child.stop(within_s=5)
    psutil.wait_procs([left], timeout=10)
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
