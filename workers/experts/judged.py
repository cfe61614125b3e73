"""Verifies texts that no rule can: the form that was asked for first, then a judge."""

from kernels.execution import Ask
from workers.experts.expert import Task, Verified
from workers.experts.structure import forms
from workers.replies import UNUSABLE, judge_of

HOW = "judge"


def judged(task: Task, answer: str, question: str, ask: Ask | None) -> Verified:
    """`ok` where the form holds and the judge says yes; a form that does not hold fails at once.

    Without a judge, or where it does not come to a verdict, it is `unverified`. The score is the
    share of what held; the judge counts as much as the whole form.
    """
    if not answer.strip():
        return Verified("failed", 0.0, "there is no text", "structure")
    found = forms(task.prompt, answer)
    share = sum(form.held for form in found) / len(found) if found else 1.0
    broken = [form.asked for form in found if not form.held]
    if broken:
        return Verified("failed", share / 2, f"not as asked: {'; '.join(broken)}", "structure")
    held = f"{len(found)} of {len(found)} asked forms hold" if found else "no form was asked for"
    if ask is None:
        return Verified("unverified", 0.5, f"{held}; no judge is at hand", "structure")
    try:
        verdict, reason = judge_of(ask)(question, {"prompt": _whole(task)}, answer)
    except UNUSABLE as error:  # a judge that fails must not pass
        return Verified("unverified", 0.5, f"{held}; the judge failed: {error}"[:500], HOW)
    return Verified("ok" if verdict else "failed", 1.0 if verdict else 0.5, reason, HOW)


def _whole(task: Task) -> str:
    return "\n\n".join((task.prompt, *task.evidence))
