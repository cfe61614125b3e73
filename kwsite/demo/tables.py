"""The demo's tables: each prompt as it is answered, and before against after."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.table import Table

from kwsite.demo.asking import Outcome


def live_table(title: str, outcomes: Sequence[Outcome]) -> Table:
    """One row a prompt."""
    table = Table(title=title, title_justify="left")
    table.add_column("prompt", max_width=44, no_wrap=True)
    for column in ("route", "kernel", "checks", "correct", "tokens", "ms"):
        table.add_column(column, justify="right" if column in ("tokens", "ms") else "left")
    for one in outcomes:
        table.add_row(
            one.prompt,
            one.route,
            one.kernel or "-",
            f"{one.checks} {'ok' if one.verified else 'FAILED'}",
            "yes" if one.correct else "no",
            str(one.tokens),
            f"{one.duration_ms:.0f}",
        )
    return table


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Rates between 0 and 1, mean tokens an answer, median milliseconds."""
    count = max(1, len(outcomes))
    return {
        "prompts": len(outcomes),
        "by_kernel": sum(one.route == "kernel" for one in outcomes),
        "verified_rate": sum(one.verified for one in outcomes) / count,
        "correct_rate": sum(one.correct for one in outcomes) / count,
        "tokens_per_answer": sum(one.tokens for one in outcomes) / count,
        "p50_ms": median(one.duration_ms for one in outcomes) if outcomes else 0.0,
    }


def comparison(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """The same held-out prompts before and after approval, by family and overall."""
    names = list(dict.fromkeys(one.family for one in before))
    rows = {name: _pair([o for o in before if o.family == name], after, name) for name in names}
    return {**rows, "overall": {"before": figures(before), "after": figures(after)}}


def _pair(before: Sequence[Outcome], after: Sequence[Outcome], name: str) -> dict[str, Any]:
    return {
        "before": figures(before),
        "after": figures([one for one in after if one.family == name]),
    }


def comparison_table(rows: dict[str, dict[str, Any]]) -> Table:
    table = Table(title="The same held-out prompts, before and after", title_justify="left")
    for column in ("family", "", "by kernel", "verified", "correct", "tokens/answer", "p50 ms"):
        table.add_column(column)
    for name, pair in rows.items():
        for when in ("before", "after"):
            one = pair[when]
            table.add_row(
                name if when == "before" else "",
                when,
                f"{one['by_kernel']}/{one['prompts']}",
                f"{one['verified_rate']:.0%}",
                f"{one['correct_rate']:.0%}",
                f"{one['tokens_per_answer']:.0f}",
                f"{one['p50_ms']:.0f}",
                end_section=when == "after",
            )
    before, after = rows["overall"]["before"], rows["overall"]["after"]
    if before["tokens_per_answer"]:
        saved = 1 - after["tokens_per_answer"] / before["tokens_per_answer"]
        table.caption = f"{saved:.0%} of the tokens saved"
    return table
