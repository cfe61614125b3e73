"""The commands of README.md and docs/: read from the Markdown, and run as a reader would.

A block of `sh` or `python` is run, or says in `<!-- not run: why -->` right before it why not.
A block of `text` right after one of `sh` shows what it prints.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kwsite.env import CHECKOUT

COMMANDS = ("sh", "python")
LANGUAGES = (*COMMANDS, "text", "json", "mermaid")
ADDRESS, KEY = "http://127.0.0.1:8000", "kw-..."  # as the guides have them
FENCE = re.compile(r"```(.*)")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
MARK = "--- block of line"


@dataclass(frozen=True)
class Block:
    """`line` is that of its fence; `not_run` says why it is left out, empty where it is not."""

    line: int
    language: str
    code: str
    not_run: str = ""
    shown: tuple[str, ...] = ()


@dataclass
class _Reading:
    blocks: list[Block] = field(default_factory=list)
    before: str = ""  # the last line that was not empty
    after: Block | None = None  # that ended right before

    def take(self, line: int, language: str, code: str) -> None:
        marked = NOT_RUN.fullmatch(self.before)
        block = Block(line, language, code, marked[1] if marked else "")
        if language == "text" and self.after is not None and self.after.language == "sh":
            commands = self.blocks.pop()
            self.blocks.append(
                Block(
                    commands.line, "sh", commands.code, commands.not_run, tuple(code.splitlines())
                )
            )
        self.blocks.append(block)
        self.before, self.after = "", block


def guides() -> list[Path]:
    return [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def name_of(guide: Path) -> str:
    return str(guide.relative_to(CHECKOUT))


def read_blocks(text: str) -> list[Block]:
    """The fenced blocks, in order. A fence that is not closed is a block up to the end."""
    reading = _Reading()
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        if fence := FENCE.fullmatch(line):
            code = []
            for _, inner in lines:
                if inner == "```":
                    break
                code.append(inner)
            reading.take(number, fence[1], "\n".join(code) + "\n")
        elif line.strip():
            reading.before, reading.after = line.strip(), None
    return reading.blocks


def commands_of(guide: Path) -> list[Block]:
    return [block for block in read_blocks(guide.read_text()) if block.language in COMMANDS]


def to_run(guide: Path, language: str) -> list[Block]:
    return [one for one in commands_of(guide) if one.language == language and not one.not_run]


@dataclass(frozen=True)
class Service:
    """What the guides' address, key and `.kw` stand for."""

    url: str
    api_key: str
    home: Path


@dataclass(frozen=True)
class Outcome:
    """What each block that was begun printed, by its line, and how the last one ended."""

    status: int
    printed: dict[int, str]

    @property
    def report(self) -> str:
        line, text = list(self.printed.items())[-1]
        return f"the block of line {line} ended with {self.status}:\n{text}"


class Desk:
    """A folder that looks like the checkout of somebody whose `make run` is on."""

    def __init__(self, folder: Path, service: Service, environment: dict[str, str]) -> None:
        folder.mkdir()
        for entry in CHECKOUT.iterdir():
            if entry.name not in (".kw", ".git"):
                (folder / entry.name).symlink_to(entry)
        (folder / ".kw").symlink_to(service.home)
        self._folder, self._service = folder, service
        own = {"HOME": str(folder), "KW_HOME": str(service.home), "COLUMNS": "200"}
        self._environment = {
            name: value for name, value in environment.items() if not _of_the_service(name)
        } | own

    def run_shell(self, blocks: Sequence[Block], *, within_s: float) -> Outcome:
        """All in one bash, which ends at the first command that fails."""
        said = [f"echo; echo '{MARK} {one.line}'\n{self._here(one.code)}" for one in blocks]
        script = "set -euo pipefail\n" + "".join(said)
        return self._run(["bash", self._file("commands.sh", script)], within_s)

    def run_python(self, blocks: Sequence[Block], *, within_s: float) -> Outcome:
        """All in one process, one after the other."""
        said = [f"print('\\n{MARK} {one.line}')\n{self._here(one.code)}" for one in blocks]
        return self._run([sys.executable, self._file("program.py", "".join(said))], within_s)

    def _here(self, code: str) -> str:
        return code.replace(ADDRESS, self._service.url).replace(KEY, self._service.api_key)

    def _file(self, name: str, content: str) -> str:
        (self._folder / name).write_text(content)
        return name

    def _run(self, command: list[str], within_s: float) -> Outcome:
        # Into a file: what a command leaves running would keep a pipe open.
        log = self._folder / "output.log"
        with log.open("w") as output:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=within_s,
            )
        return Outcome(done.returncode, _by_block(log.read_text()))


def missing_of(shown: Sequence[str], printed: str) -> list[str]:
    """What the text shows and the output has not; `...` stands for anything, spaces are alike."""
    found = " ".join(printed.split())
    pieces = (" ".join(piece.split()) for line in shown for piece in line.split("..."))
    return [piece for piece in pieces if piece not in found]


def _by_block(output: str) -> dict[int, str]:
    parts = re.split(rf"^{MARK} (\d+)\n", output, flags=re.MULTILINE)
    return {int(line): text for line, text in zip(parts[1::2], parts[2::2], strict=True)}


def _of_the_service(name: str) -> bool:
    return name in ("DATABASE_URL", "REDIS_URL", "HF_HUB_OFFLINE") or name.startswith(
        ("KW_", "KERNELWEAVE_", "DJANGO_", "OTEL_")
    )
