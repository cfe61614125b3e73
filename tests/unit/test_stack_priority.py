"""Parts that nobody waits for give way to those that somebody does, also across sessions."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwsite.stack.priority import give_way
from kwsite.stack.service import WORKER_GROUPS


@pytest.fixture
def session() -> Iterator[int]:
    """The id of a process that leads a session of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    yield process.pid
    process.communicate()


@pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="this kernel does not group sessions"
)
def test_a_session_is_made_nice_beside_its_processes(session: int) -> None:
    assert give_way(session, 12)
    said = Path(f"/proc/{session}/autogroup").read_text()
    assert re.search(r"nice 12$", said.strip())


def test_of_a_process_that_is_gone_nothing_is_changed() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not give_way(gone.pid, 12)


def test_answers_give_way_to_nothing_and_training_to_all() -> None:
    niceness = {group.name: group.niceness for group in WORKER_GROUPS}
    assert niceness["answers"] == 0
    assert max(niceness, key=lambda name: niceness[name]) == "train"
