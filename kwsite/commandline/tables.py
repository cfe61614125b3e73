"""What an operator reads: one line on how an answer was made, a paragraph a candidate."""

from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

MARKS = {"ok": "✓", "failed": "✗", "could_not_run": "?"}
INDENT = 4


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


def plan_list(decision: dict[str, Any]) -> Group:
    """A paragraph a candidate: why it does or does not serve, and what was seen of it."""
    return Group(
        *(
            Padding(
                _candidate(candidate, candidate["version_id"] == decision["chosen"]), (1, 0, 0, 0)
            )
            for candidate in decision["candidates"]
        )
    )


def plan_lines(decision: dict[str, Any]) -> list[str]:
    """The decision in words, above its candidates."""
    threshold = decision["threshold"]
    needed = "no calibration is live" if threshold is None else f"reuse from P ≥ {threshold:.3f}"
    lines = [
        f"route {decision['route']}: {decision['reason']}",
        f"{needed} · calibration {decision['calibration']} · encoder {decision['encoder']}",
    ]
    if proposal := decision.get("proposal"):
        lines.append(f"proposal {proposal['composition']['name']}: {proposal['reason']}")
    return lines


def _candidate(candidate: dict[str, Any], chosen: bool) -> Group:
    outcome = "chosen" if chosen else candidate["obstacle"] or "another one fits better"
    checks = ", ".join(_check(check) for check in candidate["preconditions"])
    features = ", ".join(f"{name} {v:.2f}" for name, v in candidate["features"].items())
    return Group(
        Text(
            f"{candidate['kernel']} v{candidate['version']}"
            f" · P(verifies) {candidate['probability']:.3f}"
        ),
        *(
            Padding(Text(line), (0, 0, 0, INDENT))
            for line in (outcome, f"preconditions: {checks or 'none'}", f"features: {features}")
        ),
    )


def _check(check: dict[str, Any]) -> str:
    return f"{MARKS[check['status']]} {check['label'] or check['kind']}"
