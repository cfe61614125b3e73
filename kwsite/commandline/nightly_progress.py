"""A nightly plan on the terminal, followed until it is done."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from training.models import NightlyPlan, NightlyStep

POLL_S = 1.0
TONES = {"done": "green", "failed": "red", "skipped": "yellow", "running": "cyan", "waiting": "dim"}


def follow_plan(
    plan: NightlyPlan, console: Console, sleep: Callable[[float], None] = time.sleep
) -> NightlyPlan:
    """Shows the steps until the plan has ended; Ctrl-C stops only the showing."""
    with Live(plan_table(plan), console=console, refresh_per_second=2) as live:
        while plan.state == NightlyPlan.State.RUNNING:
            sleep(POLL_S)
            plan.refresh_from_db()
            live.update(plan_table(plan))
    return plan


def plan_table(plan: NightlyPlan) -> Table:
    table = Table(
        "step", "family", "state", "", title=escape(f"Plan: {plan.key}"), title_justify="left"
    )
    for step in plan.steps.all():
        state = f"[{TONES[step.state]}]{step.state}[/]"
        label = escape(str(step.subject.get("label", "")))
        table.add_row(step.kind, label, state, escape(_said(step)))
    return table


def _said(step: NightlyStep) -> str:
    gate = step.result.get("gate", {})
    if "before" in gate and not step.reason:
        return (
            f"{gate['before']:.0%} before, {gate['after']:.0%} with it ({gate['prompts']} prompts)"
        )
    if step.kind == "export" and "lessons" in step.result:
        return f"{step.result['lessons']} lessons, {len(step.result['held_out'])} held out"
    if step.kind == "publish" and step.result:
        return f"{step.result['adapter']} is in shadow"
    if step.result.get("state"):
        return f"{step.result['state']} {step.result.get('why') or ''}".strip()
    return step.reason
