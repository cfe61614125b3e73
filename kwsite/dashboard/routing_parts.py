"""The parts of the routing page: charts, tables and what each says in a line."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from kernels.calibration import Calibrator
from kernels.coverage import Kept, coverage_curve, kept_at, lowest_holding
from kernels.learned_models import Learned
from kernels.models import Calibration, RoutingHead
from kernels.reliability import Bin, expected_calibration_error, reliability
from kernels.shift import FAR, MOVED, feature_shifts, histogram, index_by_chance, stability_index
from kernels.skills.shadow_gate import gate
from kernels.skills.shadow_rows import shadow_figures
from kernels.skills.shadow_words import check_table
from kernels.skills.switching import limits, serving_for
from training.figures.confusion import Confusion
from training.routing.choices import Looked
from trajectories.charts import Series, chart
from trajectories.markup import Tone, badge, table
from trajectories.models import Client
from trajectories.xy_charts import Curve, xy_chart

LEAST_SHIFTED = 30  # requests, before a shift means anything


@dataclass(frozen=True)
class LiveRouting:
    """What routes now; a trained head, where there is one, has a threshold of its own."""

    calibration: int
    calibrator: Calibrator | None  # None: it was fitted on other features
    head: int | None
    head_threshold: float | None

    @property
    def thresholds(self) -> list[tuple[str, float]]:
        """That can be reached, by who holds them."""
        found = [("calibration", self.calibrator.threshold)] if self.calibrator else []
        if self.head_threshold is not None:
            found.append(("trained head", self.head_threshold))
        return [(name, p) for name, p in found if p <= 1]


def live_routing() -> LiveRouting | None:
    live = Calibration.objects.filter(state=Learned.State.LIVE).first()
    if live is None:
        return None
    try:
        calibrator = Calibrator.from_json(live.weights)
    except (KeyError, ValueError):  # of other features: routing says so, too
        calibrator = None
    rows = RoutingHead.objects.filter(state=Learned.State.LIVE).values_list(
        "pk", "ceiling", "trust"
    )
    head = rows.first()
    if head is None:
        return LiveRouting(live.pk, calibrator, None, None)
    pk, ceiling, trust = head
    return LiveRouting(live.pk, calibrator, pk, trust.get("thresholds", {}).get(str(ceiling)))


def reliability_part(looked: Looked) -> dict[str, Any]:
    """The diagram of all judged choices, and the error by who said P."""
    bins = _bins(looked.judged)
    if not bins:
        return {}
    points = [(one.predicted, one.verified) for one in bins]
    return {
        "ece": expected_calibration_error(bins),
        "chart": xy_chart(
            [
                Curve("came true", points),
                Curve("as predicted", [(0, 0), (1, 1)], "muted", dashed=True, tabled=False),
            ],
            label="Predicted probability against the share that was right",
            x="predicted P",
            y="share right",
            x_range=(0, 1),
            y_range=(0, 1),
        ),
        "counts": chart(
            "bar",
            [f"{one.low:.1f} to {one.high:.1f}" for one in bins],
            [Series("judged choices", [one.count for one in bins])],
            label="Judged choices in each bin",
            height=140,
        ),
        "bins": table(
            ["predicted P", "n", "mean P", "share right", "error"],
            [
                [
                    f"{one.low:.1f} to {one.high:.1f}",
                    f"{one.count:,}",
                    f"{one.predicted:.3f}",
                    f"{one.verified:.3f}",
                    f"{one.error:.3f}",
                ]
                for one in bins
            ],
        ),
        "by_model": _by_model(looked),
    }


def _bins(judged: list[tuple[float, bool]]) -> list[Bin]:
    return reliability([p for p, _ in judged], [right for _, right in judged])


def _by_model(looked: Looked) -> Any:
    groups: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one in looked.choices:
        if one.right is not None:
            said = f"calibration {one.calibration or '?'}"
            said = said if one.head is None else f"trained head {one.head}"
            groups[said].append((one.probability, one.right))
    rows = [
        [
            name,
            f"{len(own):,}",
            f"{sum(right for _, right in own) / len(own):.1%}",
            f"{expected_calibration_error(_bins(own)):.3f}",
        ]
        for name, own in sorted(groups.items())
    ]
    return table(["who said P", "n", "right", "ECE"], rows)


def coverage_part(looked: Looked, live: LiveRouting | None) -> dict[str, Any]:
    """Precision against coverage, as the threshold moves; the ceiling and today's on it."""
    likeliest = [one.probability for one in looked.choices]
    lowest = min((p for p, _ in looked.judged), default=1.0)  # below it nothing is known
    drawn = coverage_curve(likeliest, looked.judged)
    curve = [one for one in drawn if one.judged and one.threshold >= lowest]
    if not curve:
        return {}
    least = 1 - settings.KW_WRONG_REUSE_CEILING
    today = [
        (name, kept_at(p, likeliest, looked.judged))
        for name, p in (live.thresholds if live else ())
    ]
    marks = [
        Curve(f"today's threshold, {name}", [(kept.coverage, kept.precision)], "third", line=False)
        for name, kept in today
        if kept.precision is not None
    ]
    seen = [one.precision for one in curve if one.precision is not None]
    seen += [one.sure_precision for one in curve]
    return {
        "chart": xy_chart(
            [
                Curve("precision", [(one.coverage, one.precision or 0.0) for one in curve]),
                Curve(
                    "at least, with 95 % confidence",
                    [(one.coverage, one.sure_precision) for one in curve],
                    "fourth",
                ),
                Curve("the ceiling", [(0, least), (1, least)], "danger", dashed=True, tabled=False),
                *marks,
            ],
            label="Precision of kernels against the share of requests that they serve",
            x="coverage",
            y="precision",
            x_range=(0, 1),
            y_range=(max(0.0, min(least, *seen) - 0.1), 1),
        ),
        "table": table(
            ["threshold", "coverage", "judged", "wrong", "precision", "at least"],
            [
                *([f"{kept.threshold:.3f}, today ({n})", *_row(kept)] for n, kept in today),
                *(
                    [f"{kept.threshold:.3f}", *_row(kept)]
                    for kept in curve[:: len(curve) // 10 or 1]
                ),
            ],
        ),
        "least": least,
        "ceiling": settings.KW_WRONG_REUSE_CEILING,
        "best": lowest_holding(curve, settings.KW_WRONG_REUSE_CEILING),
    }


def _row(kept: Kept) -> list[str]:
    precision = "—" if kept.precision is None else f"{kept.precision:.1%}"
    sure = f"{kept.sure_precision:.1%}"
    return [f"{kept.coverage:.1%}", f"{kept.judged:,}", f"{kept.wrong:,}", precision, sure]


def shadow_part(client: Client | None) -> dict[str, Any]:
    """Of skills: what patterns chose beside what vectors chose, held to the gate's limits."""
    figures = shadow_figures(client)
    if not figures.records:
        return {}
    decision = gate(figures, limits())
    return {
        "table": check_table(decision),
        "decision": decision,
        "serving": "Vectors" if serving_for(client) == "vector" else "Patterns",
    }


def confusion_part(found: Confusion) -> dict[str, Any]:
    rows = [row for row in found.rows if sum(row.named) + row.unnamed + row.passed + row.failed]
    if not rows:
        return {}
    return {
        "accuracy": found.accuracy,
        "said": found.said,
        "table": table(
            [
                "answered",
                *found.workers,
                "another",
                "verified",
                "failed",
            ],
            [
                [
                    row.worker,
                    *map(str, row.named),
                    str(row.unnamed),
                    str(row.passed),
                    str(row.failed),
                ]
                for row in rows
            ],
        ),
    }


def drift_part(looked: Looked, before: Looked, live: LiveRouting | None) -> dict[str, Any]:
    """P now and in the time before; features beside the mean and scale of the live calibration."""
    if len(looked.choices) < LEAST_SHIFTED:
        return {}
    now = histogram([one.probability for one in looked.choices])
    then = histogram([one.probability for one in before.choices])
    return {
        "index": stability_index(then, now),
        "verdict": _moved(then, now),
        "chance": index_by_chance(then, now) if before.choices else None,
        "count": len(looked.choices),
        "before": len(before.choices),
        "chart": chart(
            "bar",
            [f"{place / 10:.1f} to {(place + 1) / 10:.1f}" for place in range(10)],
            [
                Series("this time", _shares(now)),
                Series("the time before, as long", _shares(then), "fourth"),
            ],
            label="Distribution of P of the likeliest kernel",
            unit="%",
        ),
        "features": _features(looked, live),
    }


def _features(looked: Looked, live: LiveRouting | None) -> Any:
    if live is None or live.calibrator is None:
        return ""
    known = [one.known_features for one in looked.choices]
    shifts = feature_shifts(live.calibrator, [one for one in known if one is not None])
    rows = [
        [
            one.feature.replace("_", " "),
            f"{one.fitted:.3f}",
            f"{one.recent:.3f}",
            f"{one.deviations:+.2f}",
            badge("moved", "warning") if abs(one.deviations) > 1 else "",
        ]
        for one in shifts
    ]
    return table(["feature", "mean when fitted", "mean now", "in deviations", ""], rows)


def _moved(then: list[int], now: list[int]) -> Any:
    index = stability_index(then, now)
    if index is None:
        return badge("nothing to compare with")
    if index <= index_by_chance(then, now):
        return badge("within chance", "success")
    tones: tuple[tuple[float, str, Tone], ...] = (
        (FAR, "moved far", "danger"),
        (MOVED, "moved", "warning"),
    )
    for least, words, tone in tones:
        if index >= least:
            return badge(words, tone)
    return badge("steady", "success")


def _shares(counts: list[int]) -> list[float]:
    return [round(100 * one / max(1, sum(counts)), 1) for one in counts]
