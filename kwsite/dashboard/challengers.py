"""What was fitted lately beside what was live then: calibrations, trained heads, nets."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.learned_models import Learned
from kernels.models import Calibration, RoutingHead
from kwsite.dashboard.moments import when
from training.admin import STATE_TONES
from training.models import Snapshot
from trajectories.markup import badge, link, table

EACH = 5  # of a kind, the newest


@dataclass(frozen=True)
class Compared:
    """A gate's report: before and after, the gain with its lower bound, on how many."""

    before: float | None = None
    after: float | None = None
    gain: float | None = None
    bound: float | None = None
    count: int | None = None


def compared(metrics: Mapping[str, Any]) -> Compared:
    """As each gate has written it; what one does not say is None."""
    found = metrics.get("comparison", metrics)
    before = _first(found, "live_loss", "before", "live")
    after = _first(found, "challenger_loss", "after", "challenger")
    gain = _first(found, "gain")
    if gain is None and "before" in found and before is not None and after is not None:
        gain = after - before
    count = _first(found, "examples", "prompts") or _first(metrics, "held_out")
    return Compared(before, after, gain, _first(found, "gain_bound"), count)


def _first(found: Mapping[str, Any], *names: str) -> Any:
    """The first that is there; of a head's figures, how often it was right."""
    value = next((found[name] for name in names if found.get(name) is not None), None)
    return value.get("right") if isinstance(value, Mapping) else value


def challengers() -> SafeString | str:
    """Three kinds, the newest of each; empty where nothing was ever fitted."""
    kinds: tuple[Any, ...] = (
        Calibration.objects.defer("weights"),
        RoutingHead.objects.defer("weights", "trust"),
        Snapshot.objects.filter(kind="policy"),
    )
    rows = [_row(one) for one in chain.from_iterable(kind[:EACH] for kind in kinds)]
    headers = ["", "state", "live then", "challenger", "gain", "at least", "n", "why not", "fitted"]
    return table(headers, rows) if rows else ""


def _row(learned: Learned) -> list[Any]:
    meta = learned._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[learned.pk])
    return [
        link(url, f"{meta.verbose_name} {learned.pk}"),
        badge(learned.state, STATE_TONES[learned.state]),
        *gate_cells(learned),
    ]


def gate_cells(learned: Learned | Snapshot) -> list[str]:
    """Live then, challenger, gain, at least, n; why not; when it was fitted."""
    found = compared(learned.metrics)
    return [
        number(found.before),
        number(found.after),
        number(found.gain, "+.4f"),
        number(found.bound, "+.4f"),
        number(found.count, ",.0f"),
        learned.reason,
        when(learned.created_at),
    ]


def number(value: float | None, form: str = ".4g") -> str:
    return "—" if value is None else format(value, form)
