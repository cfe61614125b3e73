"""Which starter kernel takes a prompt that nobody looked at; the answers are not scored.

`library_suite/heldout.jsonl` was written by somebody who did not see what the calibration is fitted
on: 7 prompts for each starter, 6 near ones that it does not answer, and 195 for none at all. Far
more of it is near or strange than of traffic.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from kernels.calibration import Calibrator
from kernels.fitting import Example, fit
from kernels.library.examples import Library, library_examples, make_examples
from kernels.library.reading import Labelled, read_labelled, starters
from kernels.wrong_reuse import CONFIDENCE, wrong_reuse_bound

FILE = Path(__file__).parent / "library_suite" / "heldout.jsonl"
CEILINGS = (0.10, 0.05, 0.02)


@dataclass(frozen=True)
class Served:
    """What the library serves of the suite under one ceiling."""

    ceiling: float
    fitting: int  # prompts that are for a starter
    right: int  # of those, served by it
    strange: int  # prompts for none
    wrong: int  # prompts of either kind that a starter serves which should not

    @property
    def coverage(self) -> float:
        return self.right / self.fitting

    @property
    def wrong_reuse(self) -> float:
        return self.wrong / max(1, self.right + self.wrong)

    @property
    def wrong_reuse_bound(self) -> float:
        return wrong_reuse_bound(self.wrong, self.right + self.wrong)


def measure_library(advance: Callable[[], object]) -> list[Served]:
    """One result a ceiling. `advance` is told of each prompt of `suite()`."""
    prompts = suite()
    read = make_examples(Library(starters(), prompts), among=prompts, advance=advance)
    known = library_examples()
    return [_served(prompts, read, fit(known, ceiling)[0], ceiling) for ceiling in CEILINGS]


def suite() -> tuple[Labelled, ...]:
    return read_labelled(FILE)


def _served(
    prompts: Sequence[Labelled], read: Sequence[Example], calibrator: Calibrator, ceiling: float
) -> Served:
    chosen: dict[str, tuple[float, bool]] = {}
    for example in read:
        p = calibrator.probability(example.features)
        if not example.guarded or p < calibrator.threshold_for(example.kernel):
            continue
        if p > chosen.get(example.prompt, (0.0, False))[0]:
            chosen[example.prompt] = (p, example.fits)
    right = sum(fits for _, fits in chosen.values())
    fitting = sum(one.kernel is not None for one in prompts)
    return Served(ceiling, fitting, right, len(prompts) - fitting, len(chosen) - right)


def library_json(results: Sequence[Served]) -> dict[str, Any]:
    return {
        "bench": "library",
        "starters": len(starters()),
        "results": [
            {
                **asdict(one),
                "coverage": one.coverage,
                "wrong_reuse": one.wrong_reuse,
                "wrong_reuse_bound": one.wrong_reuse_bound,
            }
            for one in results
        ],
    }


def library_table(results: Sequence[Served]) -> Table:
    table = Table(title=f"{len(starters())} starters on prompts never seen", title_justify="left")
    for column in ("ceiling", "taken rightly", "taken wrongly", "wrong reuse"):
        table.add_column(column, justify="right")
    table.add_column(f"at most ({CONFIDENCE:.0%})", justify="right")
    for one in results:
        table.add_row(
            f"{one.ceiling:.0%}",
            f"{one.right} of {one.fitting} ({one.coverage:.0%})",
            f"{one.wrong} of {one.strange + one.fitting}",
            f"{one.wrong_reuse:.1%}",
            f"{one.wrong_reuse_bound:.1%}",
        )
    return table
