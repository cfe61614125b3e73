"""Reads a SKILL.md: YAML front matter (name, description, patterns), then Markdown sections.

A heading says which part its section is: steps, gotchas, triggers or intent; a section below it
belongs to it, unless its own heading says otherwise. What stands under other headings is kept as
text only, but an ordered list there counts as steps.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kernels.skills.patterns import is_phrase, pattern_of, require_pattern
from trajectories.errors import KernelWeaveError

Part = Literal["intent", "step", "gotcha", "trigger"]

MOST_FILE_BYTES = 256 * 1024
MOST_TEXT_CHARS = 64_000
MOST_NAME_CHARS = 200
MOST_ITEM_CHARS = 500
MOST_ITEMS = 30  # of each part
MOST_PATTERNS = 20

HEADINGS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (
        "gotcha",
        re.compile(
            r"\b(gotchas?|pitfalls?|warnings?|cautions?|caveats?|watch out|mistakes?|avoid"
            r"|do not|don't|never|limitations?|troubleshooting)\b",
            re.IGNORECASE,
        ),
    ),
    ("trigger", re.compile(r"\b(triggers?|when to use|use when|prompts?)\b", re.IGNORECASE)),
    (
        "step",
        re.compile(
            r"\b(steps?|workflow|instructions?|procedure|process|how to|how it works|usage"
            r"|method|checklist|quick start)\b",
            re.IGNORECASE,
        ),
    ),
    ("intent", re.compile(r"\b(intent|purpose|overview|goals?|about|summary)\b", re.IGNORECASE)),
)
PATTERN_KEYS = ("triggers", "patterns")


class BadSkillFile(KernelWeaveError):
    """A file is no SKILL.md. `line` is where; 1 is the first."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


@dataclass(frozen=True)
class SkillFile:
    """What a SKILL.md says. `left_out` counts texts beyond the limits."""

    name: str
    description: str
    digest: str
    text: str
    intent: tuple[str, ...]
    steps: tuple[str, ...]
    gotchas: tuple[str, ...]
    triggers: tuple[str, ...]
    patterns: tuple[str, ...]
    left_out: int = 0

    def texts(self) -> Iterator[tuple[Part, str]]:
        """All that it is found by, once each."""
        named = f"{re.sub(r'[-_]+', ' ', self.name)}: {self.description}"[:MOST_ITEM_CHARS]
        parts: dict[Part, Sequence[str]] = {
            "intent": (named, *self.intent),
            "step": self.steps,
            "gotcha": self.gotchas,
            "trigger": self.triggers,
        }
        for part, texts in parts.items():
            for text in dict.fromkeys(texts):
                yield part, text


def read_skill(data: bytes) -> SkillFile:
    """Raises BadSkillFile."""
    if len(data) > MOST_FILE_BYTES:
        raise BadSkillFile(1, f"the file has more than {MOST_FILE_BYTES // 1024} kB")
    text = _decoded(data)
    front, body = _split(text)
    head = _front_matter(front)
    sections = _sections(body)
    kept = {part: tuple(dict.fromkeys(texts))[:MOST_ITEMS] for part, texts in sections.items()}
    triggers = tuple(dict.fromkeys((*head.triggers, *kept["trigger"])))[:MOST_ITEMS]
    total = sum(map(len, sections.values())) + len(head.triggers)
    left_out = total - sum(map(len, kept.values())) - len(triggers) + len(kept["trigger"])
    return SkillFile(
        name=head.name,
        description=head.description,
        digest=hashlib.sha256(data).hexdigest(),
        text=text[:MOST_TEXT_CHARS],
        intent=kept["intent"],
        steps=kept["step"],
        gotchas=kept["gotcha"],
        triggers=triggers,
        patterns=head.patterns,
        left_out=left_out,
    )


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadSkillFile(line, "this is no UTF-8") from None
    if "\0" in text:
        raise BadSkillFile(text[: text.index("\0")].count("\n") + 1, "there is a NUL character")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split(text: str) -> tuple[str, str]:
    """The YAML between the two `---`, and the Markdown after it."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise BadSkillFile(1, "the front matter is missing: begin with ---, name and description")
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() == "---":
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise BadSkillFile(1, "the front matter has no end: close it with ---")


@dataclass
class _Head:
    name: str = ""
    description: str = ""
    triggers: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)


def _front_matter(front: str) -> _Head:
    """Read as nodes, so that nothing but text comes out, and each has its line."""
    try:
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 2
        raise BadSkillFile(line, f"the front matter is no YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadSkillFile(2, f"the front matter is no YAML: {str(error)[:200]}") from None
    if not isinstance(root, yaml.MappingNode):
        raise BadSkillFile(2, "the front matter has no name and description")
    head = _Head()
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode):
            _take(head, key, value)
    for name in ("name", "description"):
        if name not in head.seen:
            raise BadSkillFile(2, f"the front matter has no {name}")
    return head


def _take(head: _Head, key: yaml.ScalarNode, value: yaml.Node) -> None:
    line = key.start_mark.line + 2
    if key.value in head.seen:
        raise BadSkillFile(line, f"{key.value} is there twice")
    head.seen.add(key.value)
    if key.value == "name":
        head.name = _one(key.value, value, MOST_NAME_CHARS)
    elif key.value == "description":
        head.description = _one(key.value, value, 4 * MOST_ITEM_CHARS)
    elif key.value in PATTERN_KEYS:
        for place, text in _many(key.value, value):
            phrase = key.value == "triggers" and is_phrase(text)
            pattern = pattern_of(text) if phrase else text
            try:
                require_pattern(pattern)
            except ValueError as error:
                raise BadSkillFile(place, str(error)) from None
            head.patterns = tuple(dict.fromkeys((*head.patterns, pattern)))
            if phrase:
                head.triggers = (*head.triggers, text)
        if len(head.patterns) > MOST_PATTERNS:
            raise BadSkillFile(line, f"there are more than {MOST_PATTERNS} patterns")


def _one(name: str, value: yaml.Node, most: int) -> str:
    line = value.start_mark.line + 2
    if not isinstance(value, yaml.ScalarNode):
        raise BadSkillFile(line, f"{name} is no text")
    text = " ".join(value.value.split())
    if not text:
        raise BadSkillFile(line, f"{name} is empty")
    if len(text) > most:
        raise BadSkillFile(line, f"{name} has more than {most} characters")
    return text


def _many(name: str, value: yaml.Node) -> list[tuple[int, str]]:
    """The texts of a list, or the one text, each with its line."""
    nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
    return [(node.start_mark.line + 2, _one(name, node, MOST_ITEM_CHARS)) for node in nodes]


def _sections(body: str) -> dict[Part, list[str]]:
    """The texts of each part, in their order."""
    found: dict[Part, list[str]] = {"intent": [], "step": [], "gotcha": [], "trigger": []}
    tokens = MarkdownIt("commonmark").parse(body)
    above: list[tuple[int, Part | None]] = []
    lists: list[str] = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            level = int(token.tag[1])
            above = [one for one in above if one[0] < level]
            inherited = above[-1][1] if above else None
            title = _plain(tokens[number + 1])
            part = _part_of(title)
            above.append((level, part or inherited))
            if part is None and inherited is not None:
                found[inherited].append(title)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token.type)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "inline" and tokens[number - 1].type != "heading_open":
            part = above[-1][1] if above else None
            if part is None and "ordered_list_open" in lists:
                part = "step"
            text = _plain(token)
            if part is not None and text:
                found[part].append(text)
    return found


def _part_of(title: str) -> Part | None:
    return next((part for part, words in HEADINGS if words.search(title)), None)


def _plain(inline: Token) -> str:
    """The text of a line without its markup, on one line, cut."""
    pieces = []
    for token in inline.children or ():
        if token.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        elif token.type in ("text", "code_inline"):
            pieces.append(token.content)
    return " ".join("".join(pieces).split())[:MOST_ITEM_CHARS]
