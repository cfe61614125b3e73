"""What answer reuse lets through: pairs that nearly agree, and pairs that say the same.

`dev` and `heldout` were written by somebody who did not know the rules; `dev` was looked at while
the rules were made, `heldout` was not. `dev2` was written for making the rules, by the same hand.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from kernels.reuse.question import question

SUITES = Path(__file__).parent / "reuse_suites"
PARTS = ("dev", "dev2", "heldout")
GOAL_PARAPHRASES = 0.60


@dataclass(frozen=True)
class Suite:
    """How many pairs of a suite count as the same question, in all and by kind (reused, pairs)."""

    name: str
    part: str
    reused: int
    pairs: int
    by_kind: dict[str, tuple[int, int]]

    @property
    def share(self) -> float:
        return self.reused / self.pairs


def measure_reuse() -> list[Suite]:
    """Near misses first, then paraphrases, each on both parts."""
    return [
        _suite(name, part, label)
        for name, label in (("near_misses", "kind"), ("paraphrases", "how"))
        for part in PARTS
    ]


def _suite(name: str, part: str, label: str) -> Suite:
    reused: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for line in (SUITES / f"{name}_{part}.jsonl").read_text().splitlines():
        pair = json.loads(line)
        pairs[pair[label]] += 1
        reused[pair[label]] += not question(pair["a"]).differences(question(pair["b"]))
    return Suite(
        name,
        part,
        reused.total(),
        pairs.total(),
        {kind: (reused[kind], pairs[kind]) for kind in pairs},
    )


def reuse_json(suites: list[Suite]) -> dict[str, Any]:
    return {
        "bench": "reuse",
        "goal": {"near_misses": 0, "paraphrases_share": GOAL_PARAPHRASES},
        "suites": [{**asdict(suite), "share": suite.share} for suite in suites],
    }


def reuse_table(suites: list[Suite]) -> Table:
    """One row a suite and kind."""
    table = Table(title="Pairs that count as the same question", title_justify="left")
    for column in ("suite", "part", "kind"):
        table.add_column(column)
    for column in ("reused", "of", "share", "goal"):
        table.add_column(column, justify="right")
    for suite in suites:
        goal = "0" if suite.name == "near_misses" else f">= {GOAL_PARAPHRASES:.0%}"
        table.add_row(
            suite.name.replace("_", " "),
            suite.part,
            "all",
            str(suite.reused),
            str(suite.pairs),
            f"{suite.share:.0%}",
            goal,
        )
        for kind, (reused, pairs) in suite.by_kind.items():
            table.add_row("", "", kind, str(reused), str(pairs), f"{reused / pairs:.0%}", "")
    return table
