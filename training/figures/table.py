"""The figures of searches as texts: a line a figure, a column a worker."""

from collections.abc import Sequence
from typing import Any

from training.figures.by_worker import Figures, Latency, Share

NOTHING = "-"


def as_json(found: Sequence[Figures]) -> list[dict[str, Any]]:
    """As JSON, one object a worker; times in ms."""
    return [
        {
            "worker": one.worker,
            "searches": one.searches,
            "hits": _share_json(one.hits),
            "correct_by_people": _share_json(one.correct_by_people),
            "correct_by_verifier": _share_json(one.correct_by_verifier),
            "valid": _share_json(one.valid),
            "gate_first": _share_json(one.gate_first),
            "gate_passed": _share_json(one.gate_passed),
            "right_worker": _share_json(one.right_worker),
            "cold_ms": {"p50": one.cold.p50, "p95": one.cold.p95},
            "hit_ms": {"p50": one.hit.p50, "p95": one.hit.p95},
            "tokens": one.tokens,
            "reward_per_1000_tokens": one.reward_per_1000,
        }
        for one in found
    ]


def figures_table(found: Sequence[Figures]) -> tuple[list[str], list[list[str]]]:
    """Headers and rows."""
    rows: list[list[str]] = [
        ["searches", *(f"{one.searches:,}" for one in found)],
        ["given again (hit rate)", *(_share(one.hits) for one in found)],
        ["right, by people", *(_share(one.correct_by_people) for one in found)],
        ["right, by verifier", *(_share(one.correct_by_verifier) for one in found)],
        ["valid: a final answer", *(_share(one.valid) for one in found)],
        ["gate passed at once", *(_share(one.gate_first) for one in found)],
        ["gate passed after reflection", *(_share(one.gate_passed) for one in found)],
        ["right worker, by people", *(_share(one.right_worker) for one in found)],
        ["cold, p50 / p95", *(_latency(one.cold) for one in found)],
        ["hit, p50 / p95", *(_latency(one.hit) for one in found)],
        ["tokens", *(f"{one.tokens:,}" for one in found)],
        ["reward per 1,000 tokens", *(_number(one.reward_per_1000) for one in found)],
    ]
    return ["", *(one.worker for one in found)], rows


def _share_json(share: Share) -> dict[str, Any]:
    return {"yes": share.yes, "of": share.of, "share": share.value}


def _share(share: Share) -> str:
    return NOTHING if share.value is None else f"{share.value:.0%} ({share.yes}/{share.of})"


def _latency(latency: Latency) -> str:
    if latency.p50 is None or latency.p95 is None:
        return NOTHING
    return f"{latency.p50:,.0f} / {latency.p95:,.0f} ms"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"
