"""A first start that is cut off leaves nothing that a second one stumbles over."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.stack_fixtures import StackProcess

SCRIPTED = {"KW_LLM_PROVIDER": "scripted"}
WAIT_S = 60.0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_it_starts_after_it_was_cut_off_while_making_its_database(
    begin_stack: Callable[..., StackProcess],
    start_stack: Callable[..., StackProcess],
    ending: signal.Signals,
) -> None:
    stack = begin_stack(prepared=False, **SCRIPTED)
    deadline = time.monotonic() + WAIT_S
    while not (stack.home / "postgres.new" / "PG_VERSION").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    # To the whole group, as a terminal does: initdb is cut off as well.
    os.killpg(stack.process.process.pid, ending)
    stack.process.process.wait(WAIT_S)
    assert not (stack.home / "postgres").exists()
    assert start_stack(**SCRIPTED).stop() == 0
