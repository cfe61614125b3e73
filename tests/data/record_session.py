"""Records a session of a coding agent: real tools on a real, tiny project with a bug.

    python tests/data/record_session.py > tests/data/recorded_session.jsonl

Every tool call is really made, in a temporary folder: files are read, searched and edited, tests
run, commits made. Each line is a payload as Claude Code hands it to hooks, with the tool's true
output, and `recorded_at` beside it. The prompts and what the agent says are written here. Only the
project's path is replaced, by /home/dev/tally.
"""

import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOME = "/home/dev/tally"
SESSION = "5f0c7a52-2d0e-4a51-9a55-3f0d6cf3c1be"
BUGGY = '''"""Sums of amounts in a ledger."""


def total(amounts):
    return sum(amounts[1:])


def mean(amounts):
    return total(amounts) / len(amounts)
'''
TESTS = """from tally import mean, total


def test_total():
    assert total([5, 7, 8]) == 20


def test_mean():
    assert mean([2, 4]) == 3
"""


class Recorder:
    """Calls tools as an agent would, and prints what its hooks are told."""

    def __init__(self, root: Path) -> None:
        self._root, self._calls = root, 0
        paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        who = {"GIT_AUTHOR_NAME": "Dev", "GIT_AUTHOR_EMAIL": "dev@example.org"}
        who |= {"GIT_COMMITTER_NAME": "Dev", "GIT_COMMITTER_EMAIL": "dev@example.org"}
        quiet = {
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "HOME": str(root),
        }
        self._env = {"PATH": paths, "LANG": "C.UTF-8", **who, **quiet}

    def tell(self, name: str, **fields: Any) -> None:
        payload = {
            "session_id": SESSION,
            "transcript_path": f"/home/dev/.claude/projects/-home-dev-tally/{SESSION}.jsonl",
            "cwd": HOME,
            "permission_mode": "acceptEdits",
            "hook_event_name": name,
            **fields,
            "recorded_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        print(json.dumps(payload).replace(str(self._root), HOME))

    def _before(self, tool: str, asked: dict[str, Any]) -> dict[str, Any]:
        self._calls += 1
        call = {"tool_name": tool, "tool_input": asked, "tool_use_id": f"toolu_{self._calls:024d}"}
        self.tell("PreToolUse", **call)
        return call

    def bash(self, command: str, description: str) -> None:
        call = self._before("Bash", {"command": command, "description": description})
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=self._root,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            said = f"Exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"
            self.tell("PostToolUseFailure", **call, error=said, is_interrupt=False)
            return
        response = {"stdout": ended.stdout, "stderr": ended.stderr, "interrupted": False}
        self.tell("PostToolUse", **call, tool_response={**response, "isImage": False})

    def read(self, name: str) -> None:
        call = self._before("Read", {"file_path": f"{HOME}/{name}"})
        text = (self._root / name).read_text()
        file = {"filePath": f"{HOME}/{name}", "content": text, "numLines": text.count("\n")}
        self.tell("PostToolUse", **call, tool_response={"type": "text", "file": file})

    def grep(self, pattern: str) -> None:
        call = self._before("Grep", {"pattern": pattern, "output_mode": "content"})
        command = ["grep", "-rn", "--include=*.py", pattern, "."]
        found = subprocess.run(command, cwd=self._root, capture_output=True, text=True, check=False)
        response = {"mode": "content", "numFiles": 0, "filenames": [], "content": found.stdout}
        self.tell("PostToolUse", **call, tool_response=response)

    def edit(self, name: str, old: str, new: str) -> None:
        path = f"{HOME}/{name}"
        call = self._before("Edit", {"file_path": path, "old_string": old, "new_string": new})
        text = (self._root / name).read_text()
        assert text.count(old) == 1
        (self._root / name).write_text(text.replace(old, new))
        response = {"filePath": path, "oldString": old, "newString": new, "originalFile": text}
        self.tell("PostToolUse", **call, tool_response={**response, "userModified": False})

    def write(self, name: str, text: str) -> None:
        call = self._before("Write", {"file_path": f"{HOME}/{name}", "content": text})
        (self._root / name).write_text(text)
        response = {"type": "create", "filePath": f"{HOME}/{name}", "content": text}
        self.tell("PostToolUse", **call, tool_response=response)


def record(root: Path) -> None:
    (root / "tally.py").write_text(BUGGY)
    (root / "test_tally.py").write_text(TESTS)
    recorder = Recorder(root)
    tests = "python -m pytest -q -p no:cacheprovider test_tally.py"

    recorder.tell("SessionStart", source="startup", model="claude-sonnet-4-5")
    recorder.tell("UserPromptSubmit", prompt="The totals of the ledger are too low. Find out why.")
    recorder.bash("git init -q -b main && git add . && git commit -qm 'Tally' && ls", "List files")
    recorder.grep("def total")
    recorder.read("tally.py")
    recorder.bash(tests, "Run the tests")
    recorder.edit("tally.py", "sum(amounts[1:])", "sum(amounts[0:])")
    recorder.bash(tests, "Run the tests again")
    said = "The first amount was skipped. It is counted now, and both tests pass."
    recorder.tell("Stop", stop_hook_active=False, last_assistant_message=said)

    correction = "No, I meant a clean fix: drop the slice. And mean([]) must be 0, with a test."
    recorder.tell("UserPromptSubmit", prompt=correction)
    recorder.edit("tally.py", "sum(amounts[0:])", "sum(amounts)")
    recorder.bash(
        "printf '\\n\\ndef test_mean_of_nothing():\\n    assert mean([]) == 0\\n' >> test_tally.py",
        "Add a test",
    )
    recorder.bash(tests, "See the new test fail")
    recorder.edit(
        "tally.py", "total(amounts) / len(amounts)", "total(amounts) / max(1, len(amounts))"
    )
    recorder.bash(tests, "Run all tests")
    recorder.bash(
        "git diff --stat && git commit -qam 'Count every amount' && git log --oneline", "Commit"
    )
    said = "The slice is gone, mean([]) is 0, and three tests pass. It is committed."
    recorder.tell("Stop", stop_hook_active=False, last_assistant_message=said)

    recorder.tell("UserPromptSubmit", prompt="Thanks. Add a README with one example, please.")
    recorder.write("README.md", "# Tally\n\n    >>> total([5, 7, 8])\n    20\n")
    recorder.bash("python -m doctest README.md -v | tail -n 3", "Check the example")
    recorder.bash(
        "sed -i 's/^    >>> total/    >>> from tally import total\\n    >>> total/' README.md"
        " && python -m doctest README.md && git add README.md && git commit -qm 'Add a README'",
        "Mend the example and commit",
    )
    recorder.tell("Stop", stop_hook_active=False, last_assistant_message="The README is there.")
    recorder.tell("SessionEnd", reason="prompt_input_exit")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder).resolve())
