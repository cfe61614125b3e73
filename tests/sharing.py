"""Which test files go to one process: those that share a stack, so that it is started once.

    pytest -n 2    # a stack that several files use runs in one of the two

Every other file is a unit by itself. Units are given out in the order of the tests.
"""

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kwsite.env import CHECKOUT

BROWSER = "tests/browser"  # one seeded stack
USES_STACK = "running_stack: StackProcess"


class ByStack(LoadScopeScheduling):
    """Gives the tests of a unit to one process, in their order."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """What the file of a test shares with others, or its own name."""
    return _unit_of_file(nodeid.partition("::")[0])


@cache
def _unit_of_file(file: str) -> str:
    if Path(file).is_relative_to(BROWSER):
        return BROWSER
    return "running_stack" if USES_STACK in (CHECKOUT / file).read_text() else file
