"""Where an installed package lies, found without importing it."""

import importlib.util
from pathlib import Path

from kwsite.stack.failure import StackFailure


def package_folder(module: str, *, package: str) -> Path:
    """The folder of `module`; `package` is the name to install it by."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise StackFailure(
            f"Package {package} is missing. `make run` installs it; "
            "if .venv is damaged, `make clean` first."
        )
    return Path(found.origin).parent
