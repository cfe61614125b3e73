"""What the arms came to: tables, Markdown, a plot, and every outcome as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kwsite.bench.grid import Grid, number, percent, points
from kwsite.bench.intervals import bootstrap, difference, draws, mean
from kwsite.bench.search.arms import CHOOSER, Outcome, Sample, by_arm
from kwsite.bench.search.choosing import cross_chosen
from kwsite.bench.search.timing import MODEL, SCORE, VERIFY

BASE = "one_chain"
GOAL = 0.12  # over one chain of thought


@dataclass(frozen=True)
class Measured:
    """All outcomes of one run, and how they came about."""

    model: str
    command: str
    tokens: int  # an arm may spend on a question
    outcomes: list[Outcome]


def arms_of(measured: Measured) -> dict[str, list[Outcome]]:
    """The arms with the chooser's, over the same questions."""
    arms = dict(by_arm(measured.outcomes))
    return {**arms, CHOOSER: cross_chosen(arms).outcomes}


def grids(measured: Measured) -> list[Grid]:
    """What each arm came to, and what the chooser chose."""
    arms = arms_of(measured)
    drawn = draws(["all"] * len(arms[BASE]))
    base = _rights(arms[BASE])
    rows = tuple(_row(arm, found, base, drawn) for arm, found in arms.items())
    columns = (
        "arm", "right", "over one chain", "tokens a question", "right per 1,000 tokens",
        "simulations", "seconds", "gate first", "gate passed",
    )  # fmt: skip
    questions = len(arms[BASE])
    title = f"{measured.model}: {questions} questions, {measured.tokens} tokens an arm"
    chosen = cross_chosen(by_arm(measured.outcomes)).choices
    return [
        Grid(title, columns, rows),
        _times(arms),
        Grid("what the chooser chose, fold by fold", ("strategy", "reason"), tuple(chosen)),
    ]


def _row(arm: str, found: Sequence[Outcome], base: list[float], drawn: Any) -> tuple[str, ...]:
    rights, tokens = _rights(found), [float(one.tokens) for one in found]
    spent = sum(tokens)
    return (
        arm.replace("_", " "),
        percent(bootstrap(drawn, mean, rights)),
        "" if arm == BASE else points(bootstrap(drawn, difference, rights, base)),
        number(bootstrap(drawn, mean, tokens)),
        f"{1000 * sum(rights) / spent:.2f}" if spent else "",
        f"{sum(one.simulations for one in found) / len(found):.1f}",
        f"{sum(one.seconds for one in found) / len(found):.1f}",
        f"{sum(one.gate_first for one in found) / len(found):.0%}",
        f"{sum(one.gate_passed for one in found) / len(found):.0%}",
    )


def _times(arms: Mapping[str, Sequence[Outcome]]) -> Grid:
    """Seconds a question: by the wall, and in each part, where simulations overlap."""
    parts = (MODEL, VERIFY, SCORE)
    rows = []
    for arm, found in arms.items():
        spent = [sum(one.parts.get(part, 0.0) for one in found) / len(found) for part in parts]
        wall = sum(one.seconds for one in found) / len(found)
        rows.append((arm.replace("_", " "), *(f"{s:.2f}" for s in (wall, *spent))))
    return Grid("seconds a question, and where they go", ("arm", "wall", *parts), tuple(rows))


def _rights(found: Sequence[Outcome]) -> list[float]:
    return [float(one.right) for one in found]


def verdict(measured: Measured) -> str:
    """Whether the goals are met: the chooser against its best arm, and against one chain."""
    arms = arms_of(measured)
    drawn = draws(["all"] * len(arms[BASE]))
    chosen = _rights(arms.pop(CHOOSER))
    best = max(arms, key=lambda arm: sum(_rights(arms[arm])))
    behind = bootstrap(drawn, difference, chosen, _rights(arms[best]))
    ahead = bootstrap(drawn, difference, chosen, _rights(arms[BASE]))
    noise = "within the noise" if behind.high >= 0 else "beyond the noise"
    met = "met" if ahead.value >= GOAL else "missed"
    return (
        f"The chooser against its best arm ({best.replace('_', ' ')}): {points(behind)} points, "
        f"{noise}. Against one chain: {points(ahead)}; the goal of +12 is {met}."
    )


def as_json(measured: Measured) -> dict[str, Any]:
    return {
        "model": measured.model,
        "command": measured.command,
        "tokens": measured.tokens,
        "outcomes": [asdict(one) for one in measured.outcomes],
    }


def read_measured(path: Path) -> Measured:
    """What `write_evidence` wrote."""
    said: Mapping[str, Any] = json.loads(path.read_text())
    outcomes = [_outcome(one) for one in said["outcomes"]]
    return Measured(said["model"], said["command"], said["tokens"], outcomes)


def _outcome(said: Mapping[str, Any]) -> Outcome:
    samples = (Sample(tuple(one["steps"]), one["answer"], one["right"]) for one in said["samples"])
    return Outcome(**{**said, "samples": tuple(samples)})


def keep_json(measured: Measured, folder: Path) -> Path:
    """Writes every outcome so far; `--read` makes the rest of it, also of a run that was ended."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"search-{measured.model.lower()}.json"
    data.write_text(json.dumps(as_json(measured), indent=1))
    return data


def write_evidence(measured: Measured, folder: Path) -> list[Path]:
    """Writes Markdown, a plot and JSON; gives their paths."""
    from kwsite.bench.search.plot import draw  # matplotlib takes a second

    data = keep_json(measured, folder)
    told, plot = data.with_suffix(".md"), data.with_suffix(".png")
    draw(f"{measured.model}: ways to answer", arms_of(measured), plot)
    tables = "\n".join(grid.as_markdown() for grid in grids(measured))
    told.write_text(
        f"# Ways to answer, at equal token budgets\n\n`{measured.command}`\n\n"
        f"{verdict(measured)}\n\n![right answers against tokens]({plot.name})\n\n{tables}"
    )
    return [told, plot, data]
