"""Who decided what about a version, newest first, with what can be taken back."""

from dataclasses import dataclass
from datetime import datetime

from kernels.models import KernelVersion, ReviewAction
from kernels.undoing import undoable, what_undo_does


@dataclass(frozen=True)
class HistoryRow:
    """One line of the history. `undo` is the id of a decision that can be taken back."""

    at: datetime
    who: str
    what: str
    why: str
    undo: int | None = None
    undo_does: str = ""


def history_of(version: KernelVersion) -> list[HistoryRow]:
    """Of all of its kernel: what was decided of another version may have moved this one."""
    actions = list(
        ReviewAction.objects.filter(version__kernel=version.kernel_id)
        .select_related("user", "version")
        .order_by("-pk")
    )
    open_to = {one.pk for one in undoable(actions)}
    own = str(version.pk)
    rows = [
        _row(one, open_to) for one in actions if one.version_id == version.pk or own in _moved(one)
    ]
    reason = version.decision_reason
    if reason and (not rows or rows[0].why != reason):  # decided by the gate, or by another review
        decided = version.decided_at or version.created_at
        rows.insert(0, HistoryRow(decided, "—", f"now {version.state}", reason))
    return rows


def _row(action: ReviewAction, open_to: set[int]) -> HistoryRow:
    who, what = str(action.user or "—"), action.get_action_display()
    if action.pk not in open_to:
        return HistoryRow(action.at, who, what, action.reason)
    return HistoryRow(action.at, who, what, action.reason, action.pk, what_undo_does(action))


def _moved(action: ReviewAction) -> set[str]:
    return {change["version"] for change in action.changes}
