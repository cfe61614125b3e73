"""What was learned, as tables."""

from collections.abc import Sequence

from kwsite.bench.grid import Grid, number, percent, points
from kwsite.bench.intervals import Interval, bootstrap, difference, draws, mean
from kwsite.bench.learning.figures import (
    GOAL_ACCURACY,
    GOAL_AUROC,
    LIKE_STREAM,
    PREDICTORS,
    accuracy,
    area,
    chosen_at,
    gained_per_1000,
    like_stream,
    reward_per_1000,
    samples_of,
    shares_of,
)
from kwsite.bench.learning.outcome import ERROR, Answered, Learning
from training.nets.roster import WORKERS

PARTS = (*LIKE_STREAM, "other subjects")
NONE = "-"


def grids(found: Learning) -> list[Grid]:
    shown = [_router(found), _by_worker(found), _reward_model(found), _rounds(found)]
    if found.after:
        shown.append(_before_and_after(found))
        shown.append(_workers_before_and_after(found))
    return [*shown, _course(found)]


def verdict(found: Learning) -> str:
    """Whether the goals are met."""
    return f"{_said_of_router(found)} {_said_of_reward_model(found)}"


def _said_of_router(found: Learning) -> str:
    start, live, fitted = (
        accuracy(like_stream(chosen_at(found, samples, by)))
        for samples, by in ((0, "live"), (found.told, "live"), (found.told, "fitted"))
    )
    met = "met" if live.value >= GOAL_ACCURACY else "missed"
    return (
        f"After {found.told} answers with a person's word the live router is right for "
        f"{percent(live)} of the held-out queries ({percent(start)} at the start, "
        f"{percent(fitted)} by the net that was fitted then and {_came_out(found, 'policy')}): the "
        f"goal of {100 * GOAL_ACCURACY:.0f} % is {met}."
    )


def _said_of_reward_model(found: Learning) -> str:
    last = samples_of(found)[-1]
    model, length, by_worker = (area(found.steps, f"{name} {last}") for name in PREDICTORS)
    if not (model and model.interval and length and length.interval):
        return "The reward model was not fitted."
    value = model.interval.value
    met = value >= GOAL_AUROC and value > length.interval.value
    share = by_worker.interval.value if by_worker and by_worker.interval else 0.5
    return (
        f"After {last} queries the AUROC of the fitted reward model is {_area(model.interval)} on "
        f"held-out steps, that of step length {length.interval.value:.2f}: the goal of "
        f"{GOAL_AUROC}, and above step length, is {'met' if met else 'missed'}. Who answered, "
        f"alone, has {share:.2f}. The gate's last word: {_came_out(found, 'prm', last)}."
    )


def _came_out(found: Learning, kind: str, samples: int | None = None) -> str:
    """The state of what was fitted after so many queries; by default, after the told ones."""
    wanted = found.told if samples is None else samples
    states = [r.state for r in found.rounds if r.kind == kind and r.samples == wanted]
    return states[-1] if states else "not fitted"


def _router(found: Learning) -> Grid:
    rows = []
    for samples in samples_of(found):
        for by in ("live", "fitted"):
            routed = chosen_at(found, samples, by)
            if routed:
                parts = [[x for x in routed if x.part == part] for part in PARTS]
                cells = [percent(accuracy(one)) for one in parts]
                goal = percent(accuracy(like_stream(routed)))
                rows.append((str(samples), by, *cells[:2], goal, cells[2]))
    columns = ("queries", "router", *LIKE_STREAM, "both", "other subjects")
    return Grid("The right worker, for held-out queries", columns, tuple(rows))


def _by_worker(found: Learning) -> Grid:
    marks = samples_of(found)
    rows = []
    for worker in WORKERS:
        own = [[x for x in chosen_at(found, n, "live") if x.right == worker] for n in marks]
        plain = [percent(accuracy(like_stream(one))) for one in own]
        odd = [percent(accuracy([x for x in one if x.part == PARTS[2]])) for one in own]
        rows.append((worker, *plain, odd[0], odd[-1]))
    columns = ("worker", *(f"after {n}" for n in marks), "other subjects: 0", f"after {marks[-1]}")
    return Grid("The live router, by the worker that is right", columns, tuple(rows))


def _reward_model(found: Learning) -> Grid:
    rows = []
    for samples in samples_of(found)[1:]:
        for predictor in PREDICTORS:
            one = area(found.steps, f"{predictor} {samples}")
            if one is not None:
                inside = NONE if one.within is None else f"{one.within:.2f} ({one.workers} workers)"
                rows.append((str(samples), NAMES[predictor], _area(one.interval), inside))
    queries = len({one.query for one in found.steps})
    right = sum(one.label >= 0.5 for one in found.steps)
    counted = f"{len(found.steps)} steps of {queries} held-out queries, {right} of them right"
    columns = ("queries", "by", "AUROC", "within workers")
    return Grid(f"AUROC on {counted}", columns, tuple(rows))


NAMES = {"prm": "the reward model", "length": "step length", "worker": "who answered"}


def _area(one: Interval | None) -> str:
    return NONE if one is None else f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})"


def _rounds(found: Learning) -> Grid:
    rows = [
        (
            str(one.samples),
            one.kind,
            one.state,
            one.reason or NONE,
            str(one.metrics.get("held_out", NONE)),
        )
        for one in found.rounds
    ]
    columns = ("queries", "net", "came out", "why not", "queries compared on")
    return Grid("Rounds of learning, as the gate saw them", columns, tuple(rows))


def _before_and_after(found: Learning) -> Grid:
    drawn = draws([one.right for one in found.before])
    before, after = shares_of(found.before), shares_of(found.after)
    rows: list[tuple[str, ...]] = [
        (
            name,
            percent(bootstrap(drawn, mean, before[name])),
            percent(bootstrap(drawn, mean, after[name])),
            points(bootstrap(drawn, difference, after[name], before[name])),
        )
        for name in before
    ]
    tokens = [[float(one.tokens) for one in answers] for answers in (found.before, found.after)]
    spent = [bootstrap(drawn, mean, one) for one in tokens]
    more = bootstrap(drawn, difference, tokens[1], tokens[0])
    rows.append(("tokens a query", *map(number, spent), _signed(more, 0)))
    rewards = [reward_per_1000(found.before), reward_per_1000(found.after)]
    gained = gained_per_1000(found.before, found.after)
    rows.append(("reward a 1,000 tokens", *map(_two, rewards), _signed(gained, 2)))
    title = f"The same {len(found.before)} held-out queries, before and after learning"
    return Grid(title, ("", "cold start", "learned", "difference"), tuple(rows))


def _workers_before_and_after(found: Learning) -> Grid:
    rows = []
    for worker in WORKERS:
        own = [[x for x in part if x.right == worker] for part in (found.before, found.after)]
        cells = [
            (_of(x, "right"), _of(x, "verified"), _of(x, "first"), _of(x, "passed")) for x in own
        ]
        pairs = zip(*cells, strict=True)
        rows.append((worker, str(len(own[0])), *(f"{a} → {b}" for a, b in pairs)))
    columns = ("right worker", "queries", "chosen", "verified by it", "gate first", "gate passed")
    return Grid("Before → after, by worker", columns, tuple(rows))


def _of(answers: Sequence[Answered], what: str) -> str:
    counted = {
        "right": lambda x: x.worker == x.right,
        "verified": lambda x: x.verified,
        "first": lambda x: x.gate_first,
        "passed": lambda x: x.gate_passed,
    }[what]
    return str(sum(map(counted, answers)))


def _course(found: Learning) -> Grid:
    ends = [n for n in samples_of(found) if n]
    rows = []
    for start, end in zip([0, *ends], ends, strict=False):
        part = [one for one in found.streamed if start <= one.number < end]
        if part:
            shares = [f"{100 * sum(own) / len(own):.0f} %" for own in shares_of(part).values()]
            lost = sum(one.status == ERROR for one in part)
            spent = f"{sum(one.tokens for one in part) / len(part):.0f}"
            reward = _two(reward_per_1000(part))
            rows.append((f"{start + 1}–{end}", *shares, spent, reward, str(lost)))
    columns = ("queries", *shares_of(()), "tokens a query", "reward a 1,000 tokens", "no answer")
    return Grid("The stream, with exploring", columns, tuple(rows))


def _two(one: Interval) -> str:
    return f"{one.value:.2f} ({one.low:.2f}–{one.high:.2f})"


def _signed(one: Interval, digits: int) -> str:
    return f"{one.value:+.{digits}f} ({one.low:+.{digits}f} to {one.high:+.{digits}f})"
