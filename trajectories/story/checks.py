"""The checks of an answer: each condition with what came of it. Could-not-run is never a pass."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from trajectories.markup import Tone, badge, table
from trajectories.story.section import said

TONES: dict[str, Tone] = {"ok": "success", "failed": "danger", "could_not_run": "warning"}
Check = Mapping[str, Any]


def check_rows(checks: Sequence[Check]) -> list[list[Any]]:
    """Condition, result, reason, time."""
    return [
        [
            f"{check['label']} ({check['kind']})" if check.get("label") else check["kind"],
            badge(check["status"].replace("_", " "), TONES.get(check["status"], "")),
            check["reason"],
            f"{check['duration_ms']:.1f} ms" if "duration_ms" in check else "—",
        ]
        for check in checks
    ]


def checks_block(checks: Sequence[Check], verified: bool | None) -> SafeString:
    """Counts first, then each check."""
    if not checks:
        return said(
            "There was nothing to hold the answer to: no kernel's contract, no schema, and no "
            "condition of the app."
        )
    return format_html(
        "{}{}",
        said(_counted(checks, verified)),
        check_table(checks),
    )


def check_table(checks: Sequence[Check]) -> SafeString:
    """Checks of any attempts, in the order in which they ran."""
    return table(["condition", "result", "reason", "time"], check_rows(checks))


def _counted(checks: Sequence[Check], verified: bool | None) -> str:
    number = {status: sum(c["status"] == status for c in checks) for status in TONES}
    told = f"{number['ok']} of {len(checks)} passed"
    if number["failed"]:
        told += f", {number['failed']} failed"
    if number["could_not_run"]:
        told += f", {number['could_not_run']} could not run, which never counts as a pass"
    verdicts = {True: "verified", False: "not verified", None: "unchecked"}
    if number["ok"] < len(checks):
        told += "; where a condition does not hold, no judge is asked"
    return f"{told}. The answer is {verdicts[verified]}."
