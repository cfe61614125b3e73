"""The rules of what a secret is, put into the hook by `python -m tests.hook_rules`."""

import re
from pathlib import Path

from tests.hook_process import FILE

FILES = [
    Path(__file__).parents[1] / "trajectories" / "taps" / f"secret_{name}.py"
    for name in ("patterns", "values", "rules")
]
_BLOCK = re.compile(r"^# --- ([^\n]+?) -+\n.*?^# --- \1: until here -+\n", re.S | re.M)


def with_rules(hook: str) -> str:
    """The hook's source with each block of rules as the service has it. Raises IndexError."""
    for file in FILES:
        rules = next(_BLOCK.finditer(file.read_text()))
        (known,) = [found for found in _BLOCK.finditer(hook) if found[1] == rules[1]]
        hook = hook[: known.start()] + rules[0] + hook[known.end() :]
    return hook


if __name__ == "__main__":
    FILE.write_text(with_rules(FILE.read_text()))
