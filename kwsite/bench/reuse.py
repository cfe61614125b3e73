"""What answer reuse lets through: pairs that nearly agree, and pairs that say the same.

`dev` and `heldout` were written by somebody who did not know the rules; `dev` was looked at while
the rules were made, `heldout` was not. `dev2`, `dev3` and `dev4` (the last two near misses alone)
were written for making the rules, by the same hand. `heldout2` (names, near misses alone) was
written before the rules for names and not looked at while they were made. A pair counts as reused
as in the service: the questions are the same, and neither asks for what is another each time it is
asked.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from kernels.reuse.question import question

SUITES = Path(__file__).parent / "reuse_suites"
PARTS = {
    "near_misses": ("dev", "dev2", "dev3", "dev4", "heldout", "heldout2"),
    "paraphrases": ("dev", "dev2", "heldout"),
}
GOAL_PARAPHRASES = 0.60


@dataclass(frozen=True)
class Suite:
    """How many pairs of a suite are reused, in all and by kind (reused, pairs).

    `same` counts the pairs that are the same question, `lasting` those whose answer may be given
    again at all; of the latter, `share` is the share that is reused.
    """

    name: str
    part: str
    reused: int
    pairs: int
    same: int
    lasting: int
    by_kind: dict[str, tuple[int, int]]

    @property
    def share(self) -> float:
        return self.reused / self.lasting


def measure_reuse() -> list[Suite]:
    """Near misses first, then paraphrases, each on all of its parts."""
    return [
        _suite(name, part, label)
        for name, label in (("near_misses", "kind"), ("paraphrases", "how"))
        for part in PARTS[name]
    ]


def _suite(name: str, part: str, label: str) -> Suite:
    reused: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    same = lasting = 0
    for line in (SUITES / f"{name}_{part}.jsonl").read_text().splitlines():
        pair = json.loads(line)
        one, other = question(pair["a"]), question(pair["b"])
        is_same, lasts = not one.differences(other), one.timeless and other.timeless
        pairs[pair[label]] += 1
        reused[pair[label]] += is_same and lasts
        same, lasting = same + is_same, lasting + lasts
    return Suite(
        name,
        part,
        reused.total(),
        pairs.total(),
        same,
        lasting,
        {kind: (reused[kind], pairs[kind]) for kind in pairs},
    )


def reuse_json(suites: list[Suite]) -> dict[str, Any]:
    return {
        "bench": "reuse",
        "goal": {"near_misses": 0, "paraphrases_share": GOAL_PARAPHRASES},
        "suites": [{**asdict(suite), "share": suite.share} for suite in suites],
    }


def reuse_table(suites: list[Suite]) -> Table:
    """One row a suite and kind; the share is of the pairs whose answer may be given again."""
    table = Table(title="Pairs whose answer is reused", title_justify="left")
    for column in ("suite", "part", "kind"):
        table.add_column(column)
    for column in ("reused", "same", "lasting", "of", "share", "goal"):
        table.add_column(column, justify="right")
    for suite in suites:
        goal = "0" if suite.name == "near_misses" else f">= {GOAL_PARAPHRASES:.0%}"
        table.add_row(
            suite.name.replace("_", " "),
            suite.part,
            "all",
            str(suite.reused),
            str(suite.same),
            str(suite.lasting),
            str(suite.pairs),
            f"{suite.share:.0%}",
            goal,
        )
        for kind, (reused, pairs) in suite.by_kind.items():
            table.add_row(
                "", "", kind, str(reused), "", "", str(pairs), f"{reused / pairs:.0%}", ""
            )
    return table
