"""Intent data as a service would meet it: exemplars, recorded traffic, and a test part."""

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CLINC, BANKING = "clinc150_dev.json", "banking77_train.csv"
RECORDED = 20  # prompts of earlier traffic a kernel, where the data have more than the exemplars
TEST_AT_MOST = 20  # prompts a kernel, where the data have no test part of their own
TEST_PART = 1 / 3
BACKGROUND_INTENTS = TEST_OUTSIDE_INTENTS = 0.125  # of BANKING77's, which has no out-of-scope
BACKGROUND = 100

Labelled = tuple[str, str]  # prompt, intent


class UnusableData(Exception):
    """The data cannot be read."""


@dataclass(frozen=True)
class Split:
    """Disjoint parts of one data set, for one number of exemplars and one seed."""

    name: str
    exemplars: tuple[Labelled, ...]
    recorded: tuple[Labelled, ...]
    background: tuple[str, ...]  # out of scope, known when the head is fitted
    inside: tuple[Labelled, ...]  # the test part, in scope
    outside: tuple[str, ...]  # the test part, out of scope

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(sorted({intent for _, intent in self.exemplars}))


def data_sets(folder: Path) -> list[str]:
    """Which of the two the folder has. Raises UnusableData when it has none."""
    found = [name for name in (CLINC, BANKING) if (folder / name).is_file()]
    if not found:
        raise UnusableData(f"{folder} has neither {CLINC} nor {BANKING}")
    return found


def split(folder: Path, name: str, *, exemplars: int, seed: int) -> Split:
    """Cuts one data set. Raises UnusableData when the file is not in the expected format."""
    try:
        return (_clinc if name == CLINC else _banking)(folder / name, exemplars, seed)
    except (KeyError, ValueError, TypeError) as error:
        raise UnusableData(f"{folder / name} is not in the expected format: {error!r}") from error


def _clinc(file: Path, exemplars: int, seed: int) -> Split:
    """`train` and `oos_train` are what the service knows; `val` and `oos_val` are the test."""
    data = json.loads(file.read_text())
    dice = np.random.default_rng(seed)
    known, recorded = _cut([(p, i) for p, i in data["train"]], (exemplars, RECORDED), dice)
    intents = {intent for _, intent in known}
    return Split(
        "CLINC150",
        tuple(known),
        tuple(recorded),
        tuple(prompt for prompt, _ in data["oos_train"]),
        tuple((prompt, intent) for prompt, intent in data["val"] if intent in intents),
        tuple(prompt for prompt, _ in data["oos_val"]),
    )


def _banking(file: Path, exemplars: int, seed: int) -> Split:
    """It has no out-of-scope prompts: some intents are the background, others the test's."""
    with file.open(newline="") as rows:
        labelled = [(row["text"], row["category"]) for row in csv.DictReader(rows)]
    dice = np.random.default_rng(seed)
    intents = dice.permutation(sorted({intent for _, intent in labelled})).tolist()
    hidden = round(len(intents) * BACKGROUND_INTENTS)
    background, outside = set(intents[:hidden]), set(intents[hidden : 2 * hidden])
    inside = [row for row in labelled if row[1] not in background | outside]
    test, known = _test_part(inside, dice)
    chosen, recorded = _cut(known, (exemplars, RECORDED), dice)
    misses = [prompt for prompt, intent in labelled if intent in background]
    return Split(
        "BANKING77",
        tuple(chosen),
        tuple(recorded),
        tuple(dice.permutation(misses)[:BACKGROUND].tolist()),
        tuple(test),
        tuple(prompt for prompt, intent in labelled if intent in outside),
    )


def _test_part(
    rows: Sequence[Labelled], dice: np.random.Generator
) -> tuple[list[Labelled], list[Labelled]]:
    test: list[Labelled] = []
    rest: list[Labelled] = []
    for prompts in _by_intent(rows, dice).values():
        count = min(TEST_AT_MOST, int(len(prompts) * TEST_PART))
        test += prompts[:count]
        rest += prompts[count:]
    return test, rest


def _cut(
    rows: Sequence[Labelled], sizes: tuple[int, int], dice: np.random.Generator
) -> tuple[list[Labelled], list[Labelled]]:
    """Takes so many prompts of each intent, then so many of what is left."""
    first, second = sizes
    chosen: list[Labelled] = []
    rest: list[Labelled] = []
    for prompts in _by_intent(rows, dice).values():
        chosen += prompts[:first]
        rest += prompts[first : first + second]
    return chosen, rest


def _by_intent(rows: Sequence[Labelled], dice: np.random.Generator) -> dict[str, list[Labelled]]:
    found: dict[str, list[Labelled]] = defaultdict(list)
    for row in dict.fromkeys(rows):  # a prompt that occurs twice would be in two parts
        found[row[1]].append(row)
    return {
        intent: [prompts[i] for i in dice.permutation(len(prompts))]
        for intent, prompts in sorted(found.items())
    }
