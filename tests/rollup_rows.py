"""Answers of all kinds as rows, and what they add up to, counted one by one."""

import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from trajectories.latency_buckets import BUCKETS
from trajectories.models import Client, Feedback, Rollup, Trajectory
from trajectories.rollup_counting import SUMS
from trajectories.rollups import count_history, count_stale_hours

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
Key = tuple[str, datetime, int, str]
Routes = Trajectory.Route


def answered(client: Client, **fields: Any) -> Trajectory:
    plain: dict[str, Any] = {
        "prompt": "Find the address.",
        "system": "Be brief.",
        "plain": True,
        "signature": "s",
        "route": Routes.GENERATION,
        "route_reason": "no kernel is near",
        "output_text": "ada@example.org",
        "verified": True,
        "model": "scripted",
        "prompt_tokens": 30,
        "completion_tokens": 10,
        "duration_ms": 120.0,
        "created_at": NOON,
        "closed_at": NOON,
    }
    return Trajectory.objects.create(client=client, **{**plain, **fields})


def answer_at_random(draw: random.Random, clients: list[Client]) -> Trajectory:
    at = NOON + timedelta(minutes=draw.uniform(-60 * 50, 60 * 50))
    route = draw.choice(list(Routes))
    failed_first = draw.random() < 0.3
    return answered(
        draw.choice(clients),
        route=route,
        route_reason="k failed its contract (no)" if failed_first else "so it is",
        prompt="x" * draw.randrange(50),
        output_text="y" * draw.randrange(90),
        plain=route != Routes.AGENT and draw.random() < 0.8,
        verified=draw.choice([True, False, None]),
        prompt_tokens=draw.randrange(100),
        completion_tokens=draw.randrange(100),
        duration_ms=draw.choice([0.0, 0.4, 1.0, 10.0, 1e9, math.exp(draw.uniform(0, 12))]),
        created_at=at,
        closed_at=None if route == Routes.AGENT and draw.random() < 0.5 else at,
    )


def keep() -> None:
    """Counts whatever is due."""
    while count_history():
        pass
    while count_stale_hours(most=7):
        pass


def kept() -> dict[Key, dict[str, Any]]:
    """All rollups."""
    return {
        (row.span, row.at, row.client_id, row.route): {
            **{name: getattr(row, name) for name in SUMS},
            "latencies": row.latencies,
        }
        for row in Rollup.objects.all()
    }


def recounted() -> dict[Key, dict[str, Any]]:
    """What the rollups should be: each trajectory is looked at by itself."""
    empty = dict.fromkeys(SUMS, 0)
    total: dict[Key, dict[str, Any]] = defaultdict(lambda: {**empty, "latencies": [0] * BUCKETS})
    for one in Trajectory.objects.exclude(closed_at=None):
        hour = one.created_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for span, at in (("hour", hour), ("day", hour.replace(hour=0))):
            _add(total[span, at, one.client_id, _route(one)], one)
    return dict(total)


def _route(one: Trajectory) -> str:
    fell_back = one.route == "generation" and "failed its contract" in one.route_reason
    return "fallback" if fell_back else one.route


def _add(row: dict[str, Any], one: Trajectory) -> None:
    row["requests"] += 1
    row["tokens_in"] += one.prompt_tokens
    row["tokens_out"] += one.completion_tokens
    exponent = math.floor(10 * math.log10(one.duration_ms)) if one.duration_ms >= 1 else -1
    row["latencies"][min(71, 1 + exponent)] += 1
    if one.retracted_at is not None:
        row["retracted"] += 1
        return
    last = Feedback.objects.filter(trajectory=one).order_by("-created_at").first()
    said = None if last is None else last.approves
    good = one.verified if said is None else said
    row[{True: "right", False: "wrong", None: "unchecked"}[good]] += 1
    row["denied"] += said is False
    if one.plain:
        row["plain_chars_in"] += len(one.prompt) + len(one.system)
        row["plain_chars_out"] += len(one.output_text)
        row["plain_tokens_in"] += one.prompt_tokens
        row["plain_tokens_out"] += one.completion_tokens
