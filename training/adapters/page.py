"""What a person reads of an adapter before moving it."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from kernels.review_page import Section
from training.adapters.counting import canary_arms, live_arms, pairs_of
from training.adapters.models import Adapter
from training.adapters.verdicts import Arm
from trajectories.markup import badge, brief, json_block, link, moment, table, verdict

State = Adapter.State
MOST_ROWS = 20


def adapter_sections(adapter: Adapter) -> list[Section]:
    """The whole page, top to bottom."""
    sections = [
        Section("Where it stands", (("", _standing(adapter)),)),
        Section("Verified answers", (("", _arms(adapter)),)),
        Section("What each stage counted", _stages(adapter)),
        Section("Moves", (("", _moves(adapter)),)),
    ]
    if adapter.trials.exists():
        sections.append(Section("Trials in shadow, newest first", (("", _trials(adapter)),)))
    return sections


def _standing(adapter: Adapter) -> SafeString:
    served = adapter.server_url
    if served and adapter.slot is not None:
        served = f"{served}, as number {adapter.slot}"
    rows: list[list[Any]] = [
        ["family", adapter.label],
        ["reason", adapter.reason],
        ["since", moment(adapter.state_since, seconds=True)],
        ["replaced", _adapter(adapter.parent)],
        ["served at", served or badge("nowhere")],
        ["fine-tuning", _run(adapter)],
        ["to be trained again", adapter.flag],
    ]
    return table(["", ""], [row for row in rows if row[1] not in ("", None)])


def _arms(adapter: Adapter) -> SafeString:
    """Of the adapter, and of what it is measured against in its present state."""
    if adapter.state == State.SHADOW:
        pairs = pairs_of(adapter)
        return _compared(pairs.adapter, "what was given to the same requests", pairs.live)
    if adapter.state == State.CANARY:
        canary, control = canary_arms(adapter)
        return _compared(canary, "what answers the rest", control)
    if adapter.state == State.LIVE:
        live, before = live_arms(adapter, least=settings.KW_ADAPTER_MIN_ANSWERS)
        return _compared(live, "what it replaced", before)
    return table(["", ""], [["", "It is not measured now."]])


def _compared(adapter: Arm, name: str, other: Arm) -> SafeString:
    return table(["", "verified"], [["this adapter", str(adapter)], [name, str(other)]])


def _stages(adapter: Adapter) -> tuple[tuple[str, SafeString], ...]:
    found = tuple((stage, json_block(counted)) for stage, counted in adapter.metrics.items())
    return found or (("", SafeString("<p>Nothing yet.</p>")),)


def _moves(adapter: Adapter) -> SafeString:
    moves = adapter.moves.all()[:MOST_ROWS]
    rows = [
        [moment(move.at, seconds=True), move.before, move.after, move.by or "-", move.reason]
        for move in moves
    ]
    return table(["at", "from", "to", "by", "reason"], rows)


def _trials(adapter: Adapter) -> SafeString:
    trials = adapter.trials.select_related("trajectory")[:MOST_ROWS]
    rows = [
        [
            link(
                reverse("admin:trajectories_trajectory_change", args=[trial.trajectory_id]),
                brief(trial.trajectory.prompt),
            ),
            brief(trial.output_text),
            verdict(trial.verified),
            verdict(trial.live_verified),
        ]
        for trial in trials
    ]
    return table(["prompt", "its answer", "its checks", "checks of what was given"], rows)


def _adapter(adapter: Adapter | None) -> SafeString | str:
    if adapter is None:
        return "the base model"
    return link(reverse("admin:training_adapter_change", args=[adapter.pk]), adapter.name)


def _run(adapter: Adapter) -> SafeString:
    url = reverse("admin:training_lorarun_change", args=[adapter.run_id])
    return link(url, str(adapter.run.digest[:12]))
