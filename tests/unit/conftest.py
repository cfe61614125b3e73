"""What tests of tried code need of this machine."""

import os
import shutil

import pytest

from workers.experts import bubblewrap


@pytest.fixture
def sandboxed() -> None:
    """Bubblewrap must be there where `make test` installs it; a kernel may still refuse it."""
    why = bubblewrap.missing()
    installable = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if why and installable and shutil.which("bwrap") is None:
        pytest.fail(f"{why}: run `make debian`, or apt-get install bubblewrap")
    if why:
        pytest.skip(f"NOT TESTED, code is run in Monty here: {why}")
