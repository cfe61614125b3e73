"""Takes decisions back: each version that a decision moved is again what it was before.

Taking back is a decision, too: it has its own `ReviewAction`, and can be taken back in turn. Only
the last decision about a version can be, so that none is taken back from under another.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from kernels.models import KernelVersion, ReviewAction
from kernels.review import ReviewError, live_version, locked, move, record, require_no_second

State = KernelVersion.State
Action = ReviewAction.Action
# The service's own, which `release` takes back with a reason, moves what nobody decided about.
FINAL = (Action.QUARANTINE,)
RECORD = ("passes", "failures")


class NothingToUndo(ReviewError):
    """This decision changed nothing that could be taken back."""


class AlreadyUndone(ReviewError):
    """This decision was taken back before; somebody may have been quicker."""


class DecidedSince(ReviewError):
    """Something else was decided since then; take that back first."""


@transaction.atomic
def undo(*, action: ReviewAction, user: User | None, reason: str = "") -> ReviewAction:
    """Takes a decision back at once; returns the action that says so.

    To take back what took something back is to decide it again. Raises NothingToUndo,
    AlreadyUndone, DecidedSince, SecondReviewOpen.
    """
    locked(action.version)
    taken = ReviewAction.objects.select_related("version__kernel", "undoes").get(pk=action.pk)
    _require_last(taken)
    versions = {
        str(one.pk): one
        for one in taken.version.kernel.versions.select_for_update().select_related("kernel")
    }
    if any(versions[change["version"]].state != change["now"] for change in taken.changes):
        raise DecidedSince
    for change in taken.changes:
        if change["now"] == State.CANDIDATE:
            require_no_second(versions[change["version"]])
    said = reason.strip() or f"Taken back: {taken.action}, {taken.at:%Y-%m-%d %H:%M} UTC."
    changes = [_restored(versions, change, said) for change in _live_last(taken.changes)]
    again = taken.undoes.action if taken.action == Action.UNDO and taken.undoes else Action.UNDO
    return record(taken.version, again, user, said, changes, undoes=taken)


def undoable(actions: Iterable[ReviewAction]) -> list[ReviewAction]:
    """Those that can be taken back, of all actions of a kernel, the newest first.

    Not where a version has moved on since, as when a gate refused it. One query.
    """
    actions = list(actions)
    kernels = {action.version.kernel_id for action in actions}
    states = {
        str(pk): state
        for pk, state in KernelVersion.objects.filter(kernel__in=kernels).values_list("pk", "state")
    }
    found: list[ReviewAction] = []
    touched: set[str] = set()
    for action in actions:
        moved = {change["version"] for change in action.changes}
        stands = all(states[change["version"]] == change["now"] for change in action.changes)
        if moved and stands and not moved & touched and action.action not in FINAL:
            found.append(action)
        touched |= moved
    return found


def what_undo_does(action: ReviewAction) -> str:
    """In words, for the button: `v2 is a candidate again, v1 is live again`."""
    if action.action == Action.EDIT:
        return f"v{action.changes[0]['number']} is taken out of the queue"
    return ", ".join(f"v{change['number']} is {_named(change['was'])}" for change in action.changes)


def undo_words(action: ReviewAction) -> str:
    """What undoing it does now; empty where it cannot be taken back."""
    of_kernel = ReviewAction.objects.filter(version__kernel=action.version.kernel_id)
    of_kernel = of_kernel.select_related("version")
    return what_undo_does(action) if action in undoable(of_kernel.order_by("-pk")) else ""


def _named(state: str) -> str:
    return "a candidate again" if state == State.CANDIDATE else f"{state} again"


def _require_last(action: ReviewAction) -> None:
    if not action.changes or action.action in FINAL:
        raise NothingToUndo
    if ReviewAction.objects.filter(undoes=action).exists():
        raise AlreadyUndone
    moved = {change["version"] for change in action.changes}
    later = ReviewAction.objects.filter(version__kernel=action.version.kernel, pk__gt=action.pk)
    for other in later.exclude(changes=[]):
        if moved & {change["version"] for change in other.changes}:
            raise DecidedSince


def _live_last(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What goes out of service first: a kernel has at most one live version."""
    return sorted(changes, key=lambda change: bool(change["was"] == State.LIVE))


def _restored(
    versions: dict[str, KernelVersion], change: dict[str, Any], reason: str
) -> dict[str, Any]:
    version = versions[change["version"]]
    if change["was"] == State.LIVE and live_version(version.kernel) is not None:
        raise DecidedSince
    moved = move(version, change["was"], reason)
    if "passes" in change:  # a release forgave them: they count again
        counts = {name: F(name) + change[name] for name in RECORD}
        KernelVersion.objects.filter(pk=version.pk).update(**counts)
        return {**moved, "counted": True}
    if "counted" in change:
        forgiven = {name: getattr(version, name) for name in RECORD}
        KernelVersion.objects.filter(pk=version.pk).update(passes=0, failures=0)
        return {**moved, **forgiven}
    return moved
