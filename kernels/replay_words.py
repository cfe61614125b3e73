"""What replays found, put in words for the reviewer: wins and losses, whose traffic, neighbours."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernels.value import value_words
from kernels.word_diff import word_diff
from trajectories.markup import Tone, badge, brief, link, table
from trajectories.money import prices

Json = Mapping[str, Any]
TONES: dict[str, Tone] = {"win": "success", "loss": "danger", "changed": "warning"}
WORDS = {
    "win": "win: it was answered wrongly, and now the contract accepts the answer",
    "loss": "loss: it was answered rightly, and now it is not, or otherwise",
    "tie": "tie: the same answer, or none is better",
    "changed": "changed: another answer, and nobody said which is right; judge by the difference",
    "left": "left: its preconditions do not hold; what answered before still does",
}


def verdicts(found: Json) -> SafeString:
    """How many of each, and what they cost."""
    counts = found["verdicts"]
    rows: list[list[Any]] = [[badge(n, TONES.get(n, "")), counts[n], WORDS[n]] for n in WORDS]
    before, after = found["tokens_before"], found["tokens_after"]
    if found["priced"]:
        saved = f", {1 - after / before:.0%} saved" if before else ""
        said = f"{before:,} before, {after:,} with it{saved}"
        rows.append(["tokens", f"{before - after:,}", f"{said} ({found['priced']} requests)"])
        rows += _money(found)
    return table(["result", "how many", ""], rows)


def _money(found: Json) -> list[list[Any]]:
    """What those tokens cost; nothing without prices, or where what was written is not known."""
    before, after = found.get("written_before"), found.get("written_after")
    if before is None or after is None:
        return []
    read_before, read_after = found["tokens_before"] - before, found["tokens_after"] - after
    price = prices()
    saved = price.shown(read_before - read_after, before - after)
    if saved is None:
        return []
    was, becomes = price.shown(read_before, before), price.shown(read_after, after)
    return [["cost", saved, f"{was} before, {becomes} with it"]]


def cases(rows: Iterable[Json]) -> SafeString:
    """Each prompt with its answer before and with the kernel, side by side."""
    return table(["result", "prompt", "before", "with it", "tokens"], [_case(row) for row in rows])


def _case(row: Json) -> list[Any]:
    before, after = _text(row["before"]), _text(row["after"])
    left, right = word_diff(before, after or row["why"])
    if row["after"] is None:
        right = format_html("<em>no answer: {}</em>", row["why"])
    elif row["why"]:
        right = format_html("{}<em>refused: {}</em>", right, row["why"])
    prompt: Any = brief(row["prompt"], 300) or "(empty)"
    if "trajectory" in row:
        url = reverse("admin:trajectories_trajectory_change", args=[row["trajectory"]])
        prompt = link(url, prompt)
    tokens = f"{row['tokens_before'] or 'unknown'} → {row['tokens_after']}"
    result = format_html(
        "{}<br>was {}", badge(row["verdict"], TONES.get(row["verdict"], "")), row["said"]
    )
    return [result, prompt, _wide(left), _wide(right), tokens]


def _wide(answer: SafeString) -> SafeString:
    """Wide enough for words: the prompt's column would take the room."""
    return format_html('<div style="min-width: 13rem">{}</div>', answer)


def blast(found: Json) -> SafeString:
    """How much of recent traffic it would take, whose, and from which kernels."""
    if found["nothing"]:
        return format_html("<p>It cannot be told: {}.</p>", found["nothing"])
    looked, days = found["looked_at"], found["days"]
    newest = "the newest " if found["cut"] else ""
    time = f"{days:g} day{'' if days == 1 else 's'}"
    rows: list[list[Any]] = [
        ["it would take", f"{found['taken']} of {newest}{looked} requests of {time}"],
        ["that is", f"{found['a_day']:,.3g} a day"],
        ["from clients", _counted(found["clients"])],
        ["of domains", _counted(found["families"])],
        ["now answered by", _counted(found["from"])],
        ["kernels that it would push below their threshold", _counted(found["pushed_out"])],
    ]
    return table(["of recent traffic", "how much"], rows)


def neighbours(found: Iterable[Json]) -> SafeString:
    """The live kernels that stand nearest, with what they have in common."""
    rows = [
        [
            link(reverse("admin:kernels_kernelversion_change", args=[one["version"]]), one["name"]),
            _cosine(one["description"]),
            _cosine(one["exemplars"]),
            one["shared_prompts"],
        ]
        for one in found
    ]
    if not rows:
        return format_html("<p>{}</p>", "No live kernel of others is near.")
    headers = ["live kernel", "descriptions (cosine)", "nearest exemplars", "shared prompts"]
    return table(headers, rows)


def worth(value: Json, expected: float | None) -> SafeString:
    """The expected value with its parts."""
    if not value:
        return format_html("<p>{}</p>", "Not known yet: it is computed by the replay.")
    total = "unknown: nobody knows what the answers cost before"
    rows = [
        ["P(verify)", f"{value['probability']:.2f}, from {value['p_from']} ({value['replayed']})"],
        ["requests a day that it would take", f"{value['requests_a_day']:,.3g}"],
        ["tokens saved by each", _tokens(value["tokens_saved"])],
        ["expected value", total if expected is None else f"{expected:,.0f} tokens a day"],
    ]
    return table(["part", "value"], rows)


def worth_brief(value: Json, expected: float | None) -> SafeString | str:
    """For the queue's column."""
    if not value:
        return "being replayed"
    total = "unknown" if expected is None else f"{expected:,.0f} tokens a day"
    return format_html(
        '{}<br><span class="text-xs" style="white-space: nowrap">{}</span>',
        total,
        value_words(dict(value)),
    )


def _tokens(saved: float | None) -> str:
    return "unknown" if saved is None else f"{saved:,.1f}"


def _counted(counts: Json) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"


def _cosine(value: float | None) -> str:
    return "not among the nearest" if value is None else f"{value:.3f}"


def _text(output: Any) -> str:
    """As people read it: an answer in text as text."""
    if isinstance(output, dict) and len(output) == 1:
        (only,) = output.values()
        if isinstance(only, str):
            return only
    return output if isinstance(output, str) else _indented(output)


def _indented(output: Any) -> str:
    return "" if output is None else json.dumps(output, indent=1, ensure_ascii=False)
