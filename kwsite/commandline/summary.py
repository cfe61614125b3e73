"""What the commands print for people: the line under an answer, and a decision as a table."""

from typing import Any

from rich.table import Table


def answer_line(extras: dict[str, Any], tokens: int) -> str:
    """Route, kernel, checks, tokens and run id in one line."""
    kernel = extras["kernel"]
    served = f"{kernel['name']} v{kernel['version']}" if kernel else "no kernel"
    passed = sum(check["status"] == "ok" for check in extras["checks"])
    parts = [
        extras["route"],
        served,
        f"checks {passed}/{len(extras['checks'])}",
        f"{tokens} tokens",
        f"run {extras['run_id']}",
    ]
    return f"[{' · '.join(parts)}]\n[{extras['reason']}]"


def decision_table(decision: dict[str, Any]) -> Table:
    """Every candidate with its probability, its features and what kept it from serving."""
    table = Table(title=f"{decision['route']}: {decision['reason']}", title_justify="left")
    for column in ("kernel", "P(verify)", "features", "obstacle"):
        table.add_column(column)
    for candidate in decision["candidates"]:
        features = ", ".join(
            f"{name.replace('_', ' ')} {value:.2f}" for name, value in candidate["features"].items()
        )
        table.add_row(
            f"{candidate['kernel']} v{candidate['version']}",
            f"{candidate['probability']:.3f}",
            features,
            candidate["obstacle"] or "none",
        )
    if decision["threshold"] is not None:
        table.caption = f"threshold {decision['threshold']:.3f}"
    return table
