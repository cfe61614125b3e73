"""The drift alarm: a kernel that is wrong more often than the operator allows goes to quarantine.

Wrong means that somebody said so of an answer that had passed its contract. The alarm looks at the
last answers since the version went live; it rings when even the lower bound of the wrong-reuse rate
(one-sided Clopper-Pearson) is above the ceiling, so that bad luck alone seldom does it.
"""

import logging
from uuid import UUID

from django.conf import settings

from kernels.models import KernelVersion
from kernels.review import quarantine
from kernels.routing import MIN_VERDICTS
from kernels.wrong_reuse import wrong_reuse_lower_bound
from trajectories.models import Trajectory

log = logging.getLogger(__name__)
WINDOW = 200  # answers


def quarantine_if_drifted(*, version_id: UUID) -> bool:
    """Takes the version out of service if it drifted; the admin's sidebar counts it."""
    version = KernelVersion.objects.select_related("kernel").get(pk=version_id)
    if version.state != KernelVersion.State.LIVE:
        return False
    served, wrong = _record(version)
    ceiling = settings.KW_WRONG_REUSE_CEILING
    bound = wrong_reuse_lower_bound(wrong, served)
    if bound <= ceiling:
        return False
    reason = (
        f"{wrong} of the last {served} answers were wrong: with 95 % confidence at least "
        f"{bound:.1%}, and the ceiling is {ceiling:.1%}."
    )
    if done := quarantine(version=version, reason=reason):
        log.error("kernel %s is in quarantine: %s", version, reason)
    return done


def quarantine_if_failing(*, version_id: UUID) -> bool:
    """Takes the version out of service if too few of its verdicts were passes.

    Routing refuses such a kernel in any case; it would never pass again, and nobody would know.
    """
    version = KernelVersion.objects.select_related("kernel").get(pk=version_id)
    verdicts = version.passes + version.failures
    least = settings.KW_KERNEL_MIN_PASS_RATE
    if verdicts < MIN_VERDICTS or version.passes >= least * verdicts:
        return False
    reason = f"{version.passes} of {verdicts} verified, at least {100 * least:.3g} % required."
    if done := quarantine(version=version, reason=reason):
        log.error("kernel %s is in quarantine: %s", version, reason)
    return done


def _record(version: KernelVersion) -> tuple[int, int]:
    """Answers served since it went live, and those of them that were denied in the end."""
    answers = Trajectory.objects.filter(
        kernel_version=version.pk, created_at__gte=version.decided_at or version.created_at
    ).order_by("-created_at")
    newest = answers.only("pk").prefetch_related("feedback")[:WINDOW]
    last_words = [list(answer.feedback.all())[:1] for answer in newest]
    return len(last_words), sum(said.is_negative for words in last_words for said in words)
