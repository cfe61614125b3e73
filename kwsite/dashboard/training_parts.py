"""The parts of the training page that show what came of it: curves, gates, nets, nodes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.safestring import SafeString

from kwsite.dashboard.challengers import gate_cells
from kwsite.dashboard.moments import when
from training.admin import STATE_TONES
from training.lora.loss_chart import loss_chart
from training.models import Adapter, LoraRun, Snapshot, TrainingNode
from training.nodes.admin import IN_WORK
from trajectories.charts import Series, chart
from trajectories.markup import badge, link, table

CURVES = 2
GATES = 10
SNAPSHOTS = 6  # of a kind
NODES = 50
NET_HEADERS = (
    "Net",
    "State",
    "Live then",
    "Challenger",
    "Gain",
    "At least",
    "n",
    "Why not",
    "Fitted",
    "",
)


@dataclass(frozen=True)
class Ended:
    """A fine-tuning that has ended."""

    title: SafeString
    state: SafeString
    when: str
    reason: str
    chart: SafeString


def last_curves() -> list[Ended]:
    """Of the newest that ended, however they did."""
    desk: Any = admin.site.get_model_admin(LoraRun)
    ended = LoraRun.objects.exclude(state__in=(LoraRun.State.QUEUED, LoraRun.State.RUNNING))
    return [
        Ended(
            link(reverse("admin:training_lorarun_change", args=[run.pk]), run.label),
            desk.state_badge(run),
            when(run.finished_at),
            run.reason,
            SafeString(loss_chart(run.curve)),
        )
        for run in ended.defer("log", "sources").order_by("-created_at")[:CURVES]
    ]


def gate_reports() -> dict[str, Any]:
    """Of the newest adapters: how many held-out prompts each and its rival answered right."""
    judged = Adapter.objects.filter(metrics__gate__prompts__isnull=False)[:GATES]
    reports = [(adapter, adapter.metrics["gate"]) for adapter in judged]
    if not reports:
        return {}
    return {
        "chart": chart(
            "bar",
            [adapter.name for adapter, _ in reports],
            [
                Series("what was live", [_share(gate["before"]) for _, gate in reports], "fourth"),
                Series("the adapter", [_share(gate["after"]) for _, gate in reports]),
            ],
            label="Held-out prompts answered right, by what was live and by the adapter",
            unit="%",
            high=100,
        ),
        "table": table(
            [
                "adapter",
                "against",
                "before",
                "after",
                "gain",
                "at least",
                "won",
                "lost",
                "n",
                "now",
            ],
            [_gate_row(adapter, gate) for adapter, gate in reports],
        ),
    }


def _gate_row(adapter: Adapter, gate: dict[str, Any]) -> list[Any]:
    return [
        link(reverse("admin:training_adapter_change", args=[adapter.pk]), adapter.name),
        gate.get("against", "—"),
        f"{gate['before']:.0%}",
        f"{gate['after']:.0%}",
        f"{gate['after'] - gate['before']:+.0%}",
        f"{gate['gain_bound']:+.1%}",
        gate["wins"],
        gate["losses"],
        gate["prompts"],
        adapter.state,
    ]


def _share(rate: float) -> float:
    return round(100 * rate, 1)


@dataclass(frozen=True)
class NetRow:
    """A snapshot of a net, and the admin action that this state allows."""

    pk: int
    cells: tuple[Any, ...]
    action: str  # empty: none
    verb: str


def snapshot_rows() -> list[NetRow]:
    """The newest of either kind; what is live, first."""
    found: list[NetRow] = []
    for kind in Snapshot.Kind:
        rows = list(Snapshot.objects.filter(kind=kind)[:SNAPSHOTS])
        live = Snapshot.objects.filter(kind=kind, state=Snapshot.State.LIVE).first()
        if live is not None:
            rows = [live, *(one for one in rows if one.pk != live.pk)]
        found += [_net_row(one) for one in rows]
    return found


def _net_row(one: Snapshot) -> NetRow:
    action, verb = {
        Snapshot.State.LIVE: ("take_selected_out_of_service", "Take out of service"),
        Snapshot.State.SHADOW: ("put_selected_into_service", "Put into service"),
        Snapshot.State.RETIRED: ("put_selected_into_service", "Put back into service"),
    }.get(Snapshot.State(one.state), ("", ""))
    cells = (
        link(
            reverse("admin:training_snapshot_change", args=[one.pk]),
            f"{one.get_kind_display()} {one.pk}",
        ),
        badge(one.state, STATE_TONES[one.state]),
        *gate_cells(one),
    )
    return NetRow(one.pk, cells, action, verb)


def nodes_table() -> SafeString | str:
    """Those last heard of, first."""
    desk: Any = admin.site.get_model_admin(TrainingNode)
    works = Prefetch("runs", queryset=IN_WORK.all(), to_attr="works_on")
    nodes = TrainingNode.objects.prefetch_related(works).order_by("-heard_at")[:NODES]
    rows = [
        [
            link(reverse("admin:training_trainingnode_change", args=[node.pk]), node.name),
            desk.alive_badge(node),
            node.get_device_display(),
            desk.accelerator(node),
            desk.memory(node),
            ", ".join(f"{name} {version}" for name, version in sorted(node.versions.items())),
            desk.in_work(node),
            when(node.heard_at),
        ]
        for node in nodes
    ]
    headers = ["node", "", "device", "accelerator", "memory", "versions", "works on", "heard of"]
    return table(headers, rows) if rows else ""
