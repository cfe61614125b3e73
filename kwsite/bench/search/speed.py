"""How many simulations a second come of searching in parallel: the same searches, one at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from kwsite.bench.grid import Grid
from kwsite.bench.intervals import Interval, bootstrap, draws
from kwsite.bench.search.arms import Setting, problem_of
from kwsite.bench.search.questions import Question
from workers.search.simulation import Progress, simulate

SIMULATIONS = 8


@dataclass(frozen=True)
class Pace:
    """One search: its simulations and tokens, and how long it took by the wall."""

    parallel: int
    simulations: int
    tokens: int
    seconds: float


def measure_pace(
    questions: Sequence[Question], setting: Setting, done: Callable[[], None]
) -> list[tuple[Pace, Pace]]:
    """Each question searched one at a time and in parallel, in turns. Raises BackendError."""
    pairs = []
    for number, question in enumerate(questions):
        order = (1, setting.parallel) if number % 2 else (setting.parallel, 1)
        found = {parallel: _pace(question, setting, parallel) for parallel in order}
        pairs.append((found[1], found[setting.parallel]))
        done()
    return pairs


def _pace(question: Question, setting: Setting, parallel: int) -> Pace:
    """A tree search of a set number of simulations, whatever it finds."""
    tokens = SIMULATIONS * setting.answer_tokens
    own = replace(setting, parallel=parallel, tokens=tokens, simulations=SIMULATIONS)
    problem = problem_of(question, own, setting.expert)
    progress = Progress()
    began = perf_counter()
    simulate(
        problem,
        progress,
        simulations=SIMULATIONS,
        width=setting.parallel,
        depth=problem.depth,
    )
    seconds = perf_counter() - began
    return Pace(parallel, progress.simulations, problem.budget.spent, seconds)


def pace_grid(pairs: Sequence[tuple[Pace, Pace]]) -> Grid:
    rows = []
    for alike in zip(*pairs, strict=True):
        seconds = sum(one.seconds for one in alike)
        simulations = sum(one.simulations for one in alike)
        tokens = sum(one.tokens for one in alike)
        row = (alike[0].parallel, f"{simulations / seconds:.2f}", f"{tokens / seconds:.1f}")
        rows.append(tuple(map(str, row)))
    sped = speed_up(pairs)
    within = f"{sped.low:.2f}-{sped.high:.2f}"
    title = f"{len(pairs)} searches: x {sped.value:.2f} ({within}) simulations a second"
    return Grid(title, ("at a time", "simulations/s", "tokens/s"), tuple(rows))


def speed_up(pairs: Sequence[tuple[Pace, Pace]]) -> Interval:
    """Simulations a second in parallel over one at a time."""
    drawn = draws(["all"] * len(pairs))

    def ratio(many: Any, long: Any, few: Any, short: Any) -> Any:
        together, alone = many.sum(-1) / long.sum(-1), few.sum(-1) / short.sum(-1)
        return together / alone

    alone, together = zip(*pairs, strict=True)
    return bootstrap(
        drawn,
        ratio,
        [float(one.simulations) for one in together],
        [one.seconds for one in together],
        [float(one.simulations) for one in alone],
        [one.seconds for one in alone],
    )
