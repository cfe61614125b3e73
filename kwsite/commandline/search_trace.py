"""How an answer was searched for, as an operator reads it: who, how, gate, the tree of steps."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from kwsite.commandline.tables import MARKS

MOST_SHOWN = 60  # steps of one worker's tree
STEP_CHARS = 100
OUTCOMES = {"ok": "ok", "failed": "failed", "unverified": "could_not_run"}


def search_trace(summary: Mapping[str, Any], trees: Mapping[str, Any]) -> Group:
    """`summary` is `kernelweave.search` of the reply, `trees` are of /api/runs/{id}/tree."""
    return Group(
        *(Text(line) for line in summary_lines(summary)),
        *(_drawn(worker, tree) for worker, tree in trees.items()),
    )


def tried_line(tried: Mapping[str, Any]) -> str:
    """One answer that a search tried, as it came: `kernelweave.tried` of a stream's chunk."""
    answer = _brief(tried["answer"]) if tried["answer"] else "no answer"
    said = f"{tried['worker']} {_mark(tried)} {answer}"
    return (
        f"{said}  ({tried['steps']} steps, worth {tried['reward']:.2f}: {_brief(tried['reason'])})"
    )


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Worker, strategy, gate and outcome, in words."""
    likely = sorted(summary["probabilities"].items(), key=lambda pair: -pair[1])
    chances = ", ".join(f"{name} {share:.2f}" for name, share in likely[:3])
    random = ", chosen at random to learn" if summary.get("at_random") else ""
    spent = f"simulations {summary['simulations']}, {summary['tokens']} tokens"
    lines = [
        f"worker {summary['worker']}{random} (router: {chances})",
        f"strategy {summary['strategy']}: {summary['reason']}",
        f"{spent}, ended by {summary['stopped']}",
        *_gate_lines(summary["gate"]),
    ]
    if outcome := summary["outcome"]:
        mean = summary["mean_score"]
        scored = "" if mean is None else f"; mean step score {mean:.2f}"
        lines.append(f"answer {_mark(outcome)} {outcome['how']}: {outcome['reason']}{scored}")
    return lines


def _gate_lines(gate: Mapping[str, Any] | None) -> Iterator[str]:
    if gate is None:
        return
    yield f"gate {'passed' if gate['passed'] else 'not passed'}, " + (
        "at once" if gate["first"] else f"after {len(gate['reflections'])} reflections"
    )
    for hint in gate["reflections"]:
        yield f"  {' '.join(hint.split())}"


def _drawn(worker: str, root: Mapping[str, Any]) -> Tree:
    drawn = Tree(Text(f"{worker} ({root.get('visits', 0)} simulations)"))
    left = _grow(drawn, root, MOST_SHOWN)
    if left < 0:
        drawn.add(Text(f"the first {MOST_SHOWN} steps are shown"))
    return drawn


def _grow(drawn: Tree, node: Mapping[str, Any], left: int) -> int:
    """How many steps may still be shown; -1 once one was left out."""
    for child in node.get("children", ()):
        if left <= 0:
            return -1
        left = _grow(drawn.add(Text(_told(child))), child, left - 1)
    return left


def _told(node: Mapping[str, Any]) -> str:
    """Worth (V/N), visits, the step, and what is played out behind it."""
    visits = node.get("visits", 0)
    worth = node.get("value", 0.0) / visits if visits else 0.0
    played = len(node.get("rollout", ()))
    parts = [
        f"{worth:.2f} × {visits}",
        _brief(node.get("step", "") or "(nothing)"),
        f"… {played} more" if played else "",
        _mark(node["outcome"]) if "outcome" in node else "",
        "pruned" if node.get("pruned") else "",
    ]
    return "  ".join(part for part in parts if part)


def _mark(outcome: Mapping[str, Any]) -> str:
    return MARKS[OUTCOMES[outcome["status"]]]


def _brief(step: str) -> str:
    flat = " ".join(step.split())
    return flat if len(flat) <= STEP_CHARS else f"{flat[: STEP_CHARS - 1]}…"
