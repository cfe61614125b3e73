"""README.md and docs/ say of each command whether it is run; what is not run is read with care."""

import ast
import re
import shlex
import subprocess
from argparse import ArgumentParser, _SubParsersAction
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from kwsite.env import CHECKOUT
from tests.guide_commands import (
    COMMANDS,
    LANGUAGES,
    Block,
    commands_of,
    guides,
    missing_of,
    name_of,
    read_blocks,
)
from tests.guide_links import anchors_of, folders_of_tree, links_of

FLOORS = ("kwsite", "workers", "training", "kernels", "trajectories")
MANAGE = re.compile(r"manage\.py ([a-z_]+)([^\n`]*)")
END = re.compile(r"\s(?:&&|\|\|?|;|>|#)\s|`|\)")

each_guide = pytest.mark.parametrize("guide", guides(), ids=name_of)


def left_out(guide: Path) -> list[Block]:
    return [block for block in commands_of(guide) if block.not_run]


@cache
def parser_of(name: str) -> ArgumentParser:
    return load_command_class(get_commands()[name], name).create_parser("manage.py", name)


def parsers_below(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    found: dict[str, ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            found |= action.choices
    return found


def words_of(rest: str) -> list[str]:
    """Up to the end of the command, which may be within quotes itself."""
    text = END.split(rest)[0]
    return shlex.split(text.rstrip("'") if text.count("'") % 2 else text)


def faults_of(name: str, rest: str) -> list[str]:
    """What of `manage.py NAME REST` there is not: the command, its part, an option."""
    if name not in get_commands():
        return [name]
    parser, words = parser_of(name), words_of(rest)
    below = parsers_below(parser)
    if below and words and words[0].islower():
        if words[0] not in below:
            return [f"{name} {words[0]}"]
        parser = below[words[0]]
    options = {word.split("=")[0] for word in words if word.startswith("-")}
    return sorted(options - parser._option_string_actions.keys())


def unknown_commands(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [fault for name, rest in MANAGE.findall(joined) for fault in faults_of(name, rest)]


@each_guide
def test_every_block_says_what_it_is(guide: Path) -> None:
    unknown = {block.language for block in read_blocks(guide.read_text())} - set(LANGUAGES)
    assert not unknown


@each_guide
def test_a_mark_stands_right_before_commands(guide: Path) -> None:
    marks = re.findall(r"^<!-- not run", guide.read_text(), re.MULTILINE)
    assert len(marks) == len(left_out(guide))


@each_guide
def test_what_is_not_run_can_be_read_by_its_shell(guide: Path) -> None:
    for block in left_out(guide):
        if block.language == "python":
            ast.parse(block.code)
            continue
        done = subprocess.run(["bash", "-n"], input=block.code, capture_output=True, text=True)
        assert done.returncode == 0, (block.line, done.stderr)


@each_guide
def test_what_is_not_run_asks_for_commands_and_options_that_there_are(guide: Path) -> None:
    for block in left_out(guide):
        assert unknown_commands(block.code) == [], block.line


@each_guide
def test_what_is_made_by_make_is_a_target(guide: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    for block in commands_of(guide):
        assert set(re.findall(r"^make ([a-z]+)", block.code, re.MULTILINE)) <= targets


def test_unknown_commands_and_options_are_noticed() -> None:
    assert unknown_commands("manage.py nothing\n") == ["nothing"]
    assert unknown_commands("manage.py train sometimes") == ["train sometimes"]
    assert unknown_commands("manage.py node --device gpu --never  # but not now") == ["--never"]
    assert unknown_commands("python manage.py adapters promote NAME --reason '...'") == []
    assert unknown_commands("sh -c 'manage.py provision --connection /c \\\n --bad-url x'") == [
        "--bad-url"
    ]


def test_blocks_are_read_with_marks_and_outputs() -> None:
    text = "a\n\n<!-- not run: slow -->\n```sh\nx\n```\n\n```sh\ny\n```\n\n```text\nshown\n```\n"
    first, second, third = read_blocks(text)
    assert (first.line, first.code, first.not_run) == (4, "x\n", "slow")
    assert (second.not_run, second.shown, third.language) == ("", ("shown",), "text")
    assert third.language not in COMMANDS


def test_only_what_is_missing_of_the_shown_is_told() -> None:
    assert missing_of(["route  kernel ... verified"], "route kernel, all verified") == []
    assert missing_of(["one ... two", "three"], "one\nthree") == ["two"]


@each_guide
def test_links_lead_somewhere(guide: Path) -> None:
    for link in links_of(guide):
        assert link.file.exists(), link.target
        if link.heading:
            assert link.heading in anchors_of(link.file), link.target


def test_the_tree_in_the_readme_is_true_and_complete() -> None:
    blocks = read_blocks((CHECKOUT / "README.md").read_text())
    tree = next(block.code for block in blocks if block.code.startswith("kwsite/"))
    named = folders_of_tree(tree)
    assert [name for name in named if not (CHECKOUT / name).is_dir()] == []
    packages = {
        f"{floor}/{folder.name}"
        for floor in FLOORS
        for folder in (CHECKOUT / floor).iterdir()
        if (folder / "__init__.py").exists() and folder.name != "migrations"
    }
    assert sorted(packages - set(named)) == []
