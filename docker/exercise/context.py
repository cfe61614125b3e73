"""The build context: what of the checkout goes to the engine, by Docker's rules for ignoring."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    is_kept: bool  # a line with "!"


def read_rules(text: str) -> list[Rule]:
    lines = (line.strip() for line in text.splitlines())
    return [_rule(line) for line in lines if line and not line.startswith("#")]


def is_ignored(path: str, rules: Sequence[Rule]) -> bool:
    """The last rule that matches the path, or a folder above it, decides."""
    parts = path.split("/")
    levels = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
    ignored = False
    for rule in rules:
        if any(rule.pattern.fullmatch(level) for level in levels):
            ignored = not rule.is_kept
    return ignored


def context_files(checkout: Path, rules: Sequence[Rule]) -> Iterator[str]:
    """Paths below the checkout, with slashes. Links are not followed."""
    for folder, names, files in os.walk(checkout):
        here = Path(folder).relative_to(checkout)
        if here == Path():
            # Folders of the top alone can be left out early: no rule keeps a part of one.
            names[:] = [name for name in names if not is_ignored(name, rules)]
        for name in files:
            path = (here / name).as_posix()
            if not is_ignored(path, rules):
                yield path


def copy_context(checkout: Path, rules: Sequence[Rule], out: Path) -> int:
    """Copies the context; returns how many files it has."""
    count = 0
    for path in context_files(checkout, rules):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / path, out / path, follow_symlinks=False)
        count += 1
    return count


def _rule(line: str) -> Rule:
    pattern = line.removeprefix("!").strip("/")
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return Rule(
        re.compile("".join(meant.get(piece, re.escape(piece)) for piece in pieces)),
        is_kept=line.startswith("!"),
    )
