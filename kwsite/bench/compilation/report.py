"""What was compiled, as tables for the terminal, as Markdown and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kernels.spec import KernelSpec
from kwsite.bench.compilation.outcome import Compiled
from kwsite.bench.grid import Grid

METHOD = """\
The embedded model answers the train prompts of each family as the app asks them, until 14 answers
are accepted. An answer is
accepted as the service does it: it has the schema and meets the app's conditions, or the app, which
finds out by itself, says that it is right. The accepted are clustered; the largest family is
compiled, replayed on six of its own prompts by kernels that were compiled without them, and held to
the regression gate, by the code that serves. Test prompts are disjoint from train prompts, and come
from fixed seeds; nobody learns from them. "Before" is the app's own call, "after" the kernel where
its preconditions hold and its contract (with the app's conditions) accepts the answer, otherwise
the app's own call, with what the kernel spent added. Right is what reasoning-gym's scorers say for
its families, and equality with the right answer for ours. Left out is routing by similarity: `bench
claim` measures the service as a whole. Temperature 0.
"""


def grids(found: Sequence[Compiled]) -> list[Grid]:
    return [_held_out(found), _compiled(found)]


def _held_out(found: Sequence[Compiled]) -> Grid:
    columns = ("family", "kind", "accepted", "gate", "mutation score", "taken", "right before",
               "right after", "tokens before", "tokens after")  # fmt: skip
    return Grid("Held-out comparison", columns, tuple(map(_row, found)))


def _row(one: Compiled) -> tuple[str, ...]:
    score = one.evidence.get("mutation", {}).get("score")
    count = len(one.answered)
    return (
        one.family,
        one.kind,
        f"{one.accepted} of {one.asked}",
        "passed" if one.approved else "rejected" if one.spec else "no kernel",
        "-" if score is None else f"{score:.2f}",
        f"{sum(answered.by_kernel for answered in one.answered)} of {count}",
        f"{one.right_before} of {count}",
        f"{one.right_after} of {count}",
        f"{one.tokens_before:.0f}",
        f"{one.tokens_after:.0f}",
    )


def _compiled(found: Sequence[Compiled]) -> Grid:
    columns = ("family", "recipe", "computed", "templates", "conditions", "replay", "gate")
    rows = tuple(_described(one) for one in found if one.spec)
    return Grid("What was compiled", columns, rows)


def _described(one: Compiled) -> tuple[str, ...]:
    spec = KernelSpec.model_validate(one.spec)
    computed = [f"{b.property} {'in' if b.choice else '='} {b.expression}" for b in spec.bindings]
    return (
        one.family,
        one.evidence["replay"]["recipe"],
        "; ".join(computed) or "-",
        str(len(spec.templates)),
        f"{len(spec.preconditions)} before, {len(spec.postconditions)} after",
        _replayed(one.evidence["replay"]),
        one.refusal or "passed",
    )


def _replayed(replay: dict[str, Any]) -> str:
    won = f"{replay['won']} of {replay['failed']} failed ones won"
    taken = replay["prompts"] - replay["left"]
    return f"{replay['agreed']} of {taken} agree; {won}"


def verdict(found: Sequence[Compiled]) -> str:
    better = [one for one in found if one.approved and _is_better(one)]
    approved = [one for one in found if one.approved]
    return (
        f"{len(approved)} of {len(found)} families got a kernel; on held-out prompts {len(better)} "
        f"of them are strictly better (more right answers, or as many for fewer tokens)."
    )


def _is_better(one: Compiled) -> bool:
    gained = one.right_after - one.right_before
    return gained > 0 or (gained == 0 and one.tokens_after < one.tokens_before)


def as_json(found: Sequence[Compiled], command: str, model: str) -> dict[str, Any]:
    return {
        "bench": "compile",
        "command": command,
        "model": model,
        "families": [asdict(one) for one in found],
    }


def as_markdown(found: Sequence[Compiled], command: str, model: str) -> str:
    tables = "\n".join(grid.as_markdown() for grid in grids(found))
    details = "\n".join(_details(one) for one in found if one.spec)
    return (
        f"# What is compiled from {model}'s successes\n\n`{command}`\n\n**{verdict(found)}**\n\n"
        f"{tables}\n{details}\n## How it was measured\n\n{METHOD}"
    )


def _details(one: Compiled) -> str:
    spec = KernelSpec.model_validate(one.spec)
    lines = [f"## {one.family}: {spec.name}", ""]
    lines += ["Templates:", "", *(f"- `{text!r}`" for text in spec.templates), ""]
    for title, conditions in (("Before", spec.preconditions), ("After", spec.postconditions)):
        lines += [f"{title}:", ""]
        for condition in conditions:
            rule = condition.model_dump(mode="json")
            said = (
                rule.get("expression") or rule.get("pattern") or rule.get("event") or rule["kind"]
            )
            lines.append(f"- {condition.label or condition.kind}: `{said}`")
        lines.append("")
    by_kind = one.evidence["mutation"]["by_kind"].items()
    refused = ", ".join(f"{kind} {counts[0]} of {counts[1]}" for kind, counts in by_kind)
    lines += [f"Mutants refused: {refused}.", ""]
    checks = one.evidence["gate"]["checks"]
    lines += [f"- {c['name']}: {c['detail']} ({_passed(c['passed'])})" for c in checks]
    return "\n".join([*lines, ""])


def _passed(verdict_: bool | None) -> str:
    return "shown" if verdict_ is None else "passed" if verdict_ else "failed"


def write_evidence(found: Sequence[Compiled], command: str, model: str, folder: Path) -> list[Path]:
    """Writes Markdown and JSON into the folder; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, data = folder / "compile.md", folder / "compile.json"
    markdown.write_text(as_markdown(found, command, model))
    data.write_text(json.dumps(as_json(found, command, model), ensure_ascii=False) + "\n")
    return [markdown, data]
