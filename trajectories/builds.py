"""Whether a shell command is recognisably a build or a test run, and whether it passed.

Recognised by the program and its first words, behind `cd`, variables and the usual wrappers. Not
covered: scripts with names of their own, targets of make that build under other names.
"""

import re

from trajectories.tool_uses import ToolUse

_WRAPPER = (
    r"(?:(?:sudo|time|nice|exec|command|xvfb-run(?: -\w+)*|timeout(?: -\S+)* \S+|env|npx|bunx|uvx"
    r"|(?:uv|poetry|pipenv|rye|hatch|pdm) run|bundle exec|dotenv|coverage run(?: -\S+)* -m"
    r"|\w+=\S*|(?:\S*/)?python[\d.]* -m|pnpm exec|yarn exec"
    r"|docker compose (?:run|exec)(?: -\S+)* \w+"
    r")\s+)*"
)
_SCRIPTS = r"(?:test|tests|build|lint|check|typecheck|type-check|compile|ci)(?:[:\w-]*)"
_BUILD = re.compile(
    _WRAPPER + r"(?:\S*/)?(?:"
    r"pytest|py\.test|tox|nox|unittest|mypy|pyright|flake8|pylint|ruff check|ruff format --check"
    r"|black --check|python[\d.]* (?:\S*manage\.py test|setup\.py (?:build|test))|manage\.py test"
    rf"|(?:npm|pnpm|yarn|bun)(?: run| -\S+)* {_SCRIPTS}|npm t|jest|mocha|ava|tsc"
    r"|vitest(?: run)?|eslint|esbuild|swc|deno test"
    r"|(?:vite|next|webpack|rollup|turbo|nx|ng)(?: run)? ?(?:build|test|lint)?"
    r"|cargo (?:\+\w+ )?(?:build|test|check|clippy|nextest)|go (?:build|test|vet)|golangci-lint"
    r"|(?:mvn|mvnw)(?: -\S+)* (?:compile|test|package|verify|install|clean \w+)"
    r"|(?:gradle|gradlew)(?: -\S+)* [\w:]*(?:build|test|check|assemble)\w*|sbt (?:test|compile)"
    r"|make(?= |$)|gmake|ninja|cmake --build|ctest|meson (?:compile|test)|bazel (?:build|test)"
    r"|dotnet (?:build|test)|msbuild|swift (?:build|test)|xcodebuild|gcc|g\+\+|clang|clang\+\+"
    r"|rustc|javac|rspec|rake(?: test| spec)?|rails test|phpunit|composer test|mix (?:test|compile)"
    r"|zig build|docker build|docker compose build|just (?:test|build|lint|check)"
    r")(?=\s|$)"
)
_NO_BUILD = re.compile(
    r"\s(?:--help|--version|-h|-V|--collect-only|--co|--dry-run)(?=\s|$)"
    r"|\bg?make\s+(?:-\S+\s+)*(?:clean|run|help|format|fmt|start|stop|up|down|dev|serve|install"
    r"|deploy|demo|-n)\b"
    r"|\b(?:next|vite|nx|ng|turbo|webpack)\s+(?:dev|start|serve)"
)
LOOKED_AT = 1_000  # characters of a command
_SEPARATOR = re.compile(r"\s*(&&|\|\||;|\||\n|&(?!\d|>))\s*")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1.*?^\s*\2\s*$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FAILED = re.compile(
    r"\b[1-9]\d* (?:failed|failures?|errors?)\b|^(?:FAILED|FAIL)\b|\bBUILD FAILED\b"
    r"|\berror(?:\[\w+\])?:|test result: FAILED|npm ERR!|\*\*\* \["
    r"|Traceback \(most recent call last\)",
    re.MULTILINE,
)
_PASSED = re.compile(
    r"\b[1-9]\d* (?:passed|passing)\b|\bBUILD SUCCESS|test result: ok|^OK\b|^ok\s+\S|^PASS\b"
    r"|All checks passed|Success: no issues|\b0 (?:failed|errors|failures)\b|\bFinished\b"
    r"|compiled successfully",
    re.MULTILINE | re.IGNORECASE,
)


def is_build(command: str) -> bool:
    """Whether some part of the command is a build, a test run, or a check of the code.

    Of a long one, its beginning is looked at: a heredoc in it is searched for its end.
    """
    return _shows_status(command) is not None


def build_passed(use: ToolUse) -> bool | None:
    """Whether the build that this was passed; None if it was none, or nobody can tell.

    What follows the build behind `&&` shares its status: if that fails, the build counts as failed.
    """
    shows = _shows_status(use.command)
    if shows is None:
        return None
    if shows:
        return use.succeeded
    if _FAILED.search(use.output):
        return False
    return True if _PASSED.search(use.output) else None


def _shows_status(command: str) -> bool | None:
    """Whether the last build of a command lends it its status; None if there is no build in it."""
    plain = _QUOTED.sub("_", _HEREDOC.sub("_", command[:LOOKED_AT]))
    pieces = _SEPARATOR.split(plain)
    parts, joints = pieces[::2], pieces[1::2]
    shows = None
    for number, part in enumerate(parts):
        if _BUILD.match(part.lstrip(" (")) and not _NO_BUILD.search(part):
            behind = {
                joint
                for joint, rest in zip(joints[number:], parts[number + 1 :], strict=True)
                if rest.strip(" )")
            }
            shows = behind <= ({"&&", "|"} if "pipefail" in plain else {"&&"})
    return shows
