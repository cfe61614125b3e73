"""A worker process that is stuck ends by itself, and says where it was."""

import subprocess
import sys

# As Celery does: what is written to stderr goes to a logger, which is no file.
LOGGED = """
import sys
class Logger:
    def write(self, text): pass
    def flush(self): pass
sys.stderr = sys.__stderr__ = Logger()
"""
STUCK = (
    LOGGED
    + """
import re
from workers.watchdog import watch
watch(0.5)
print("watched", flush=True)
re.match("(a|a)+$", "a" * 60 + "b")  # keeps the interpreter for itself
"""
)
BUSY = """
import time
from workers.watchdog import watch
watch(1)
end = time.monotonic() + 3
while time.monotonic() < end:
    pass
print("went on")
"""
SLOW_TO_END = (
    LOGGED
    + """
import time
from workers.watchdog import watch
class Slow:
    def __del__(self, sleep=time.sleep): sleep(3)
sys.slow = Slow()  # let go of when the interpreter is taken down
watch(1.5)
print("done")
"""
)
OVERDUE = (
    """
import os, threading
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kwsite.settings")
import django
django.setup()
from workers import leases
"""
    + LOGGED
    + """
keeper = leases.LeaseKeeper(lambda **_: None)
with keeper.hold("run-1", lease_s=0.3, limit_s=60):
    with keeper.hold("run-2", lease_s=0.3, limit_s=0.1):
        threading.Event().wait(30)
"""
)


def ended(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_process_that_does_not_move_ends_and_says_where_it_was() -> None:
    stuck = ended(STUCK)
    assert (stuck.returncode, stuck.stdout) == (1, "watched\n")
    assert "Timeout" in stuck.stderr
    assert "match" in stuck.stderr


def test_a_process_that_computes_is_left_alone() -> None:
    busy = ended(BUSY)
    assert (busy.returncode, busy.stdout, busy.stderr) == (0, "went on\n", "")


def test_a_process_that_ends_takes_its_time() -> None:
    slow = ended(SLOW_TO_END)
    assert (slow.returncode, slow.stdout, slow.stderr) == (0, "done\n", "")


def test_a_run_that_takes_too_long_ends_the_process_and_is_named() -> None:
    overdue = ended(OVERDUE)
    assert overdue.returncode == 1
    assert "run-2" in overdue.stderr
    assert "run-1" not in overdue.stderr
