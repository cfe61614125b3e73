"""What an operator reads about a kernel: its gate, its replay, what its contract lets through."""

import json
from typing import Any

from rich.table import Table

from kernels.mutation import MutationScore

MARK = {True: "✓", False: "✗", None: "·"}


def gate_table(evidence: dict[str, Any]) -> Table:
    """One row a check of the regression gate."""
    table = Table(title="Regression gate", title_justify="left")
    for column in ("check", "", "detail"):
        table.add_column(column, overflow="fold")
    for check in evidence["gate"]["checks"]:
        table.add_row(check["name"], MARK[check["passed"]], check["detail"])
    replay = evidence["replay"]
    table.caption = (
        f"replayed as: {replay['recipe']}; agreed {replay['agreed']} of {replay['prompts']}, "
        f"{replay['kernel_tokens']} tokens. · is shown, and decides nothing"
    )
    return table


def mutation_table(score: MutationScore) -> Table:
    """One row a kind of wrong output; some that the contract lets through below."""
    unknown = "no score, all accepted outputs are equal" if score.alike else "nothing to change"
    share = unknown if score.score is None else f"{score.score:.0%} refused"
    table = Table(title=f"Wrong outputs: {share}", title_justify="left")
    for column in ("wrong output", "refused", "made"):
        table.add_column(column, justify="left" if column == "wrong output" else "right")
    for kind, (refused, made) in sorted(score.by_kind.items()):
        table.add_row(kind, str(refused), str(made))
    through = [f"{m.kind}: {json.dumps(m.output)[:120]}" for m in score.survivors[:5]]
    table.caption = "let through:\n" + "\n".join(through) if through else None
    return table


def tests_table(results: list[tuple[str, str]]) -> Table:
    """One row a test: the prompt, and why the contract refuses its output (empty: it does not)."""
    table = Table(title="Its own tests", title_justify="left")
    for column in ("", "prompt", "reason"):
        table.add_column(column, overflow="fold")
    for prompt, problem in results:
        table.add_row(MARK[not problem], prompt[:100], problem)
    return table
