"""Why a version was proposed, put in words for the reviewer: gate, replay, confidence, the rest."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.word_diff import word_diff
from trajectories.markup import json_block, table, verdict

Json = Mapping[str, Any]


def evidence_parts(evidence: Json) -> list[tuple[str, SafeString]]:
    """Titles with their tables, in reading order; what has no words of its own is shown as JSON."""
    known = {"gate": gate, "replay": replay, "mutation": mutation, "confidence": confidence}
    parts = [(name.capitalize(), known[name](evidence[name])) for name in known if name in evidence]
    elsewhere = (*known, "cases")  # side by side, in a section of their own
    rest = {name: value for name, value in evidence.items() if name not in elsewhere}
    return [*parts, ("More", json_block(rest))] if rest else parts


def gate(figures: Json) -> SafeString:
    """Each check with its result; the whole gate in the first row."""
    if figures.get("pending"):
        return format_html("<p>{}</p>", "It waits to be run on the edited contract.")
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
    counts = table(["wrong output", "refused by the contract"], rows)
    survivors = figures.get("survivors", ())
    return format_html("{}{}", counts, _survivors(survivors)) if survivors else counts


def _survivors(survivors: Sequence[Json]) -> SafeString:
    """The wrong outputs that the contract let through, each beside the right one."""
    rows = []
    for one in survivors:
        right = "" if one.get("of") is None else json.dumps(one["of"], ensure_ascii=False)
        before, after = word_diff(right, json.dumps(one["output"], ensure_ascii=False))
        rows.append([one["kind"], before if right else "not kept", after])
    return format_html(
        '<h4 class="font-semibold mb-2 mt-3">Let through</h4>{}',
        table(["what was changed", "right output", "wrong output, accepted"], rows),
    )


def confidence(figures: Json) -> SafeString:
    """The compiler's confidence; the total first, then what it was made of."""
    parts = {name: value for name, value in figures.items() if name != "total"}
    return table(["part", "value"], _named({"total": figures.get("total"), **parts}))


def _named(figures: Json) -> list[list[str]]:
    return [[name.replace("_", " "), _figure(value)] for name, value in figures.items()]


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
