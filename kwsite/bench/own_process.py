"""Runs a bench's measurement in a process of its own, which Django sets up for its stack."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping, Sequence

from kwsite.env import CHECKOUT
from kwsite.stack.failure import StackFailure


def measure_in_own_process(
    name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> None:
    """Raises StackFailure when the measurement ends early. Without an environment, this one's."""
    command = [sys.executable, "-m", "kwsite.bench", name, *arguments]
    try:
        ended = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        raise StackFailure("Stopped: nothing was measured.") from None
    if ended:
        raise StackFailure("The measurement ended early; the lines above say why.")


def require_installed(*packages: str) -> None:
    """Raises StackFailure where one of these, which only benches need, is not installed."""
    for name in packages:
        if importlib.util.find_spec(name) is None:
            raise StackFailure(
                f"{name} is missing: pip install -r requirements/dev.txt "
                "-c requirements/constraints.txt"
            )
