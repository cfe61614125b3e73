"""Why a version was proposed, put in words for the reviewer: gate, replay, confidence, the rest."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString

from trajectories.markup import brief, json_block, table, verdict

Json = Mapping[str, Any]


def evidence_parts(evidence: Json) -> list[tuple[str, SafeString]]:
    """Titles with their tables, in reading order; what has no words of its own is shown as JSON."""
    known = {"gate": gate, "replay": replay, "mutation": mutation, "confidence": confidence}
    parts = [(name.capitalize(), known[name](evidence[name])) for name in known if name in evidence]
    rest = {name: value for name, value in evidence.items() if name not in known}
    return [*parts, ("More", json_block(rest))] if rest else parts


def gate(figures: Json) -> SafeString:
    """Each check with its result; the whole gate in the first row."""
    rows = [
        [check["name"], verdict(check["passed"]), check.get("detail", "")]
        for check in figures.get("checks", ())
    ]
    return table(
        ["check", "result", "detail"], [["the gate", verdict(figures["passed"]), ""], *rows]
    )


def replay(figures: Json) -> SafeString:
    """The same prompts with and without the kernel: agreement and tokens."""
    rest = dict(figures)
    prompts, agreed = rest.pop("prompts", 0), rest.pop("agreed", 0)
    with_kernel, without = rest.pop("kernel_tokens", None), rest.pop("original_tokens", None)
    rows = [["same answer", f"{agreed} of {prompts} prompts"]]
    if with_kernel is not None and without is not None:
        rows.append(["tokens", f"{with_kernel:,} with the kernel, {without:,} without"])
        if without:
            rows.append(["tokens saved", f"{1 - with_kernel / without:.0%}"])
    return table(["replayed", "result"], rows + _named(rest))


def mutation(figures: Json) -> SafeString:
    """How many wrong outputs the contract refuses, by kind, and some that it lets through."""
    score = figures.get("score")
    alike = figures.get("alike", False)
    unknown = "no score: all accepted outputs are equal" if alike else "nothing to change"
    rows = [["all", unknown if score is None else f"{score:.0%} refused"]]
    for kind, (refused, made) in figures.get("by_kind", {}).items():
        rows.append([kind, f"{refused} of {made}"])
    for survivor in figures.get("survivors", ())[:5]:
        rows.append([f"let through: {survivor['kind']}", brief(json.dumps(survivor["output"]))])
    return table(["wrong output", "refused by the contract"], rows)


def confidence(figures: Json) -> SafeString:
    """The compiler's confidence; the total first, then what it was made of."""
    parts = {name: value for name, value in figures.items() if name != "total"}
    return table(["part", "value"], _named({"total": figures.get("total"), **parts}))


def _named(figures: Json) -> list[list[str]]:
    return [[name.replace("_", " "), _figure(value)] for name, value in figures.items()]


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
