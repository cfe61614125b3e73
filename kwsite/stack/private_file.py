"""Files that only their owner may read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from kwsite.env import texts
from kwsite.stack.failure import StackFailure


def write_private_text(file: Path, text: str) -> None:
    """Replaces `file` in one step, so that a reader never sees half of it."""
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    draft.replace(file)


def write_private_json(file: Path, values: Mapping[str, object]) -> None:
    write_private_text(file, json.dumps(values, indent=2) + "\n")


def read_json(file: Path) -> dict[str, str]:
    """The values of `file`; none when there is no such file; StackFailure for a damaged one."""
    if not file.exists():
        return {}
    try:
        return texts(json.loads(file.read_text()))
    except ValueError as error:
        raise StackFailure(
            f"stack: {file} is damaged ({error}). Bring it back from a copy, "
            f"or delete {file.parent} to begin with an empty one."
        ) from error
