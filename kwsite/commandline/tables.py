"""What an operator reads: one line on how an answer was made, one table on a route."""

from typing import Any

from rich.table import Table
from rich.text import Text

MARKS = {"ok": "✓", "failed": "✗", "could_not_run": "?"}


def summary_line(extras: dict[str, Any], usage: dict[str, int]) -> str:
    """Route, kernel, checks, tokens and run id of an answer."""
    kernel = extras["kernel"]
    parts = [
        f"route {extras['route']}",
        f"kernel {kernel['name']} v{kernel['version']}" if kernel else "kernel none",
        f"checks {checks_text(extras['checks'])}",
        f"tokens {usage['prompt_tokens']}+{usage['completion_tokens']}",
        f"run {extras['run_id']}",
    ]
    return " · ".join(parts)


def checks_text(checks: list[dict[str, Any]]) -> str:
    """How many checks passed, and which did not."""
    if not checks:
        return "none"
    broken = [check["label"] or check["kind"] for check in checks if check["status"] != "ok"]
    text = f"{len(checks) - len(broken)}/{len(checks)}"
    return f"{text} (not: {', '.join(broken)})" if broken else text


def plan_table(decision: dict[str, Any]) -> Table:
    """One row a candidate: what was seen of it, and why it does or does not serve."""
    table = Table(show_lines=True)
    table.add_column("kernel", overflow="fold")
    table.add_column("P(verifies)", justify="right")
    table.add_column("features")
    table.add_column("preconditions")
    table.add_column("outcome")
    for candidate in decision["candidates"]:
        chosen = candidate["version_id"] == decision["chosen"]
        table.add_row(
            f"{candidate['kernel']} v{candidate['version']}",
            f"{candidate['probability']:.3f}",
            Text("\n".join(f"{name} {v:.2f}" for name, v in candidate["features"].items())),
            Text("\n".join(_check(check) for check in candidate["preconditions"]) or "none"),
            Text("chosen" if chosen else candidate["obstacle"] or "another one fits better"),
        )
    return table


def plan_lines(decision: dict[str, Any]) -> list[str]:
    """The decision in words, above its candidates."""
    threshold = decision["threshold"]
    needed = "no calibration is live" if threshold is None else f"reuse from P ≥ {threshold:.3f}"
    return [
        f"route {decision['route']}: {decision['reason']}",
        f"{needed} · calibration {decision['calibration']} · encoder {decision['encoder']}",
    ]


def _check(check: dict[str, Any]) -> str:
    return f"{MARKS[check['status']]} {check['label'] or check['kind']}"
