"""The figures of the cache: tables, Markdown, and one JSON object."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwsite.bench.cache.measure import CONTROL, WORKER, CacheFigures
from kwsite.bench.grid import Grid
from workers.experts.registry import EXPERTS

GOAL_P50_MS = 30.0


def as_json(found: CacheFigures) -> dict[str, Any]:
    return {
        "bench": "cache",
        "worker": WORKER,
        "threshold": EXPERTS[WORKER].cache_threshold,
        "goal": {"p50_ms": GOAL_P50_MS, "wrong_reuses": 0},
        "load": found.load,
        "wrong_reuses": wrong_reuses(found),
        "times": [asdict(one) for one in found.times],
        "traffic": [asdict(one) for one in found.traffic],
    }


def wrong_reuses(found: CacheFigures) -> int:
    return sum(one.same + one.near for one in found.traffic if one.suite == "near_misses")


def grids(found: CacheFigures) -> list[Grid]:
    near = [one for one in found.traffic if one.suite == "near_misses"]
    paraphrases = [one for one in found.traffic if one.suite == "paraphrases"]
    stages = list(found.times[0].stages)
    return [
        Grid(
            "Latency of a hit, one client",
            ("hit", "requests", "p50 ms", "p99 ms", "p50 ms without validator", "p99", "goal p50"),
            tuple(
                (
                    one.arm,
                    str(one.whole.requests),
                    f"{one.whole.p50_ms:.1f}",
                    f"{one.whole.p99_ms:.1f}",
                    f"{one.without_validator.p50_ms:.1f}",
                    f"{one.without_validator.p99_ms:.1f}",
                    "" if one.arm == CONTROL else f"<= {GOAL_P50_MS:.0f}",
                )
                for one in found.times
            ),
        ),
        Grid(
            "Where the time of a hit goes, p50 ms",
            ("stage", *(one.arm for one in found.times)),
            tuple(
                (stage, *(f"{one.stages[stage]:.1f}" for one in found.times)) for stage in stages
            ),
        ),
        Grid(
            "Hits on repeated and on paraphrased traffic",
            ("suite", "pairs", "may be answered again", "repeated", "paraphrased", "of these near"),
            tuple(
                (
                    one.part,
                    str(one.pairs),
                    str(one.lasting),
                    _share(one.repeated, one.lasting_first, one.pairs),
                    _share(one.same + one.near, one.lasting, one.pairs),
                    str(one.near),
                )
                for one in paraphrases
            ),
        ),
        Grid(
            "Wrong reuses on near misses, with a validator that always says yes",
            ("suite", "pairs", "may be answered again", "wrong", "goal"),
            tuple(
                (one.part, str(one.pairs), str(one.lasting), str(one.same + one.near), "0")
                for one in near
            ),
        ),
    ]


def _share(hits: int, lasting: int, pairs: int) -> str:
    """Of what may be answered again, and of all."""
    return f"{hits} of {lasting} ({hits / max(lasting, 1):.0%}; of all {hits / max(pairs, 1):.0%})"


def verdict(found: CacheFigures) -> str:
    hits = [one for one in found.times if one.arm != CONTROL]
    slowest = max(one.without_validator.p50_ms for one in hits)
    held = "within" if slowest <= GOAL_P50_MS else "over"
    pairs = sum(one.pairs for one in found.traffic if one.suite == "near_misses")
    return (
        f"A hit takes {slowest:.1f} ms p50 at most without the validator call, {held} the goal of "
        f"{GOAL_P50_MS:.0f} ms. Of {pairs:,} near misses {wrong_reuses(found)} got a wrong answer."
    )


def write_evidence(found: CacheFigures, command: str, folder: Path) -> Path:
    """The tables as Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cache.md"
    threshold = EXPERTS[WORKER].cache_threshold
    intro = (
        f"`{command}`, on a stack of its own with a model that answers at once and a validator "
        f"that always says\nyes. The machine has {os.cpu_count()} cores and was shared with other "
        f"work (load {found.load:.1f} while hits were timed), so\nlatencies are upper bounds. All "
        f"is asked of the worker with the lowest threshold ({WORKER}, {threshold:.2f}); each\npair "
        "has a seed of its own, so that none gets what another left."
    )
    tables = (grid.as_markdown().rstrip() for grid in grids(found))
    parts = ["# The cache of searched answers", intro, verdict(found), *tables, NOTES]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


NOTES = """\
- What may not be answered again asks for something new, or for what changes by itself; it is
  searched for each time, repeated or not.
- The model echoes the prompt. Three first prompts ask for a form that the echo has not (bullet
  points, sections): such answers fail, and are not kept.
- The validator's own time depends on the model server, so it is left out; how long it took is in
  the trace of each run.
- Near misses are refused by rules alone here. With a validator that can say no, fewer near
  duplicates are answered, never more."""
