"""Sends one task of a family, judges the answer as the app's own systems would, and says so."""

import json
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from kwsite.commandline.service import Service
from kwsite.demo.families import Family, Task


@dataclass(frozen=True)
class Outcome:
    """What came back for one task. Time is what the client waited."""

    family: str
    prompt: str
    route: str
    kernel: str
    reason: str
    checks: str
    verified: bool
    correct: bool
    tokens: int
    duration_ms: float


def ask(service: Service, family: Family, task: Task, *, tell: bool) -> Outcome:
    """Asks once. With `tell`, the verdict goes back as feedback (the label is known downstream)."""
    started = perf_counter()
    reply = service.openai.chat.completions.create(**family.body(task))
    duration_ms = (perf_counter() - started) * 1e3
    extras: dict[str, Any] = (reply.model_extra or {})["kernelweave"]
    correct = _output(reply.choices[0].message.content) == task.gold
    if tell:
        verdict = "correct" if correct else "incorrect"
        service.post("/api/feedback", {"run_id": extras["run_id"], "verdict": verdict})
    checks = extras["checks"]
    return Outcome(
        family=family.name,
        prompt=task.prompt,
        route=extras["route"],
        kernel=extras["kernel"]["name"] if extras["kernel"] else "",
        reason=extras["reason"],
        checks=f"{sum(check['status'] == 'ok' for check in checks)}/{len(checks)}",
        verified=bool(extras["verified"]),
        correct=correct,
        tokens=reply.usage.total_tokens if reply.usage else 0,
        duration_ms=duration_ms,
    )


def _output(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except ValueError:
        return None  # cut off: not the right answer
