"""Holds an exported folder to what it promises, by reading its files alone.

Leakage is looked for by brute force, apart from how the export avoids it: each validation lesson of
a sample is compared with every training line, by all word pairs that they have in common. The
canonical questions of the sample are compared with those of as many training lines: reading one
takes too long for all.

Not covered: paraphrases in other words, and the same task with other numbers or names, which are
other questions here.
"""

import hashlib
import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernels.reuse.question import question
from training.export.arranging import QUESTION_CHARS
from training.export.conversation import Rules
from training.export.errors import NoExport
from training.export.lesson import Message, asked_text
from training.export.manifest import FORMAT
from training.export.shingles import word_pairs
from training.export.writing import FILES, MANIFEST

SHOWN = 10  # problems of each kind
KEYS = ({"messages"}, {"messages", "text"})
TINY = 1e-9


@dataclass
class Report:
    """What was looked at, and what was found wrong."""

    lines: dict[str, int] = field(default_factory=dict)
    compared: int = 0  # validation lessons
    nearest: float = 0.0  # the highest similarity across the split
    problems: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, detail: str) -> None:
        self.kinds[kind] += 1
        if self.kinds[kind] <= SHOWN:
            self.problems.append(f"{kind}: {detail}")


@dataclass(frozen=True)
class _Sampled:
    line: int
    pairs: frozenset[tuple[str, str]]
    question: str


def check_export(folder: Path, *, rules: Rules, sample: int) -> Report:
    """`rules` hold the template; its digest must be the manifest's. Raises NoExport."""
    manifest = _manifest(folder)
    report = Report()
    if manifest["template"] != rules.template.digest:
        report.add("template", "it was exported for another chat template: name it (--tokenizer)")
    for name in FILES.values():
        _check_file(folder / name, manifest["files"][name], rules, report)
    if not report.problems:
        _check_leaks(folder, manifest["options"]["similarity"], sample, report)
    return report


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoExport(f"{folder} holds no export: {error}") from error
    if manifest.get("format") != FORMAT:
        raise NoExport(f"{folder} holds no export of this format ({FORMAT}).")
    return dict(manifest)


def _check_file(file: Path, promised: dict[str, Any], rules: Rules, report: Report) -> None:
    digest, count = hashlib.sha256(), 0
    try:
        with file.open("rb") as opened:
            for count, line in enumerate(opened, start=1):
                digest.update(line)
                if problem := _line_problem(line, rules):
                    report.add("line", f"{file.name}, line {count}: {problem}")
    except OSError as error:
        report.add("file", str(error))
        return
    report.lines[file.name] = count
    if digest.hexdigest() != promised["sha256"]:
        report.add("file", f"{file.name} is not as it was exported: its digest differs")


def _line_problem(line: bytes, rules: Rules) -> str:
    try:
        said = json.loads(line)
        messages = [Message(**one) for one in said["messages"]]
    except (ValueError, KeyError, TypeError) as error:
        return f"it holds no messages: {error}"
    if said.keys() not in KEYS:
        return "it has other fields"
    if problem := rules.problem_of(messages):
        return problem
    if "text" in said and said["text"] != rules.template.render(messages):
        return "its text is not what the chat template renders"
    return ""


def _check_leaks(folder: Path, threshold: float, sample: int, report: Report) -> None:
    train, valid = (folder / FILES[side] for side in (False, True))
    sampled = [_sampled(number, asked) for number, asked in _drawn(valid, sample)]
    having: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(sampled):
        for pair in one.pairs:
            having[pair].append(place)
    for number, asked in _asked(train):
        pairs = set(word_pairs(asked))
        common = Counter(place for pair in pairs for place in having.get(pair, ()))
        for place, both in common.items():
            near = both / (len(pairs) + len(sampled[place].pairs) - both)
            report.nearest = max(report.nearest, near)
            if near >= threshold - TINY:
                where = f"line {sampled[place].line} of valid, line {number} of train"
                report.add("near-duplicate", f"{where}: similarity {near:.2f}")
    questions = {one.question: one.line for one in sampled if one.question}
    for number, asked in _drawn(train, sample):
        if found := questions.get(_question(asked)):
            where = f"line {found} of valid, line {number} of train"
            report.add("same question", where)
    report.compared = len(sampled)


def _sampled(number: int, asked: str) -> _Sampled:
    return _Sampled(number, frozenset(word_pairs(asked)), _question(asked))


def _question(asked: str) -> str:
    return question(asked).digest if len(asked) <= QUESTION_CHARS else ""


def _asked(file: Path) -> Iterator[tuple[int, str]]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            yield number, asked_text(Message(**one) for one in json.loads(line)["messages"])


def _drawn(file: Path, sample: int) -> list[tuple[int, str]]:
    """So many lines, drawn by what they ask."""
    drawn = (
        (hashlib.sha256(asked.encode()).digest(), number, asked) for number, asked in _asked(file)
    )
    smallest = heapq.nsmallest(sample, drawn)
    return [(number, asked) for _, number, asked in smallest]
