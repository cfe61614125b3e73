"""A use of a tool, read from the payload of its event."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OUTPUT_READ = 20_000  # characters, from the end
SHELLS = re.compile(r"bash|shell|terminal|execute|\bexec\b|run_command", re.IGNORECASE)
SEARCHES = re.compile(r"grep|glob|search|find|list|^ls$", re.IGNORECASE)
CHANGES = re.compile(r"write|edit|create|patch|replace|insert|delete|move|rename", re.IGNORECASE)
PATHS = ("file_path", "path", "notebook_path", "filename")
_ERROR = re.compile(
    r"^(?:Traceback \(most recent call last\)|(?:\w+ )?(?:error|fatal|panic)\b ?[:\[]"
    r"|\w+(?:Error|Exception): |npm ERR!|FAILED\b|make(?:\[\d+\])?: \*\*\*|.*: command not found$)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class ToolUse:
    """What was called, with what, and how it ended (`succeeded` is None if nobody knows)."""

    tool: str
    succeeded: bool | None
    command: str = ""  # of a shell, blanks evened out
    path: str = ""  # of a file tool
    changes: bool = False  # whether that file
    output: str = ""

    @property
    def has_error(self) -> bool:
        """Whether it failed, or its shell command wrote an error all the same."""
        return self.succeeded is False or bool(self.command and _ERROR.search(self.output))


def tool_use(payload: Mapping[str, Any]) -> ToolUse:
    """Reads `tool`, `parameters`, `ok`, `error` and `output`; whatever else is there is ignored."""
    tool = _text(payload.get("tool"))
    given = payload.get("parameters")
    parameters: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    ok, error = payload.get("ok"), _text(payload.get("error"))
    path = next((_text(parameters[name]) for name in PATHS if parameters.get(name)), "")
    return ToolUse(
        tool=tool,
        succeeded=ok if isinstance(ok, bool) else (False if error else None),
        command=_command(parameters) if SHELLS.search(tool) else "",
        path="" if SEARCHES.search(tool) else path,
        changes=bool(CHANGES.search(tool)),
        output=f"{_text(payload.get('output'))}\n{error}"[-OUTPUT_READ:],
    )


def _command(parameters: Mapping[str, Any]) -> str:
    """As a line; `["bash", "-lc", "make"]` is `make`."""
    given = parameters.get("command", parameters.get("cmd", ""))
    if isinstance(given, list):
        words = [_text(word) for word in given]
        is_shell = len(words) == 3 and words[1] in ("-c", "-lc") and words[0].endswith("sh")
        given = words[2] if is_shell else shlex.join(words)
    return re.sub(r"[ \t]+", " ", _text(given)).strip()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
