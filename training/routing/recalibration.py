"""The routing calibration, fitted again from verdicts, and published if it beats the live one.

What it learns from: the starter library, as the first calibration did, and every answer of a kernel
that was judged since: by people, by the app's own system, or by a contract that could have failed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernels.calibration import Calibrator
from kernels.encoder import encoder_digest
from kernels.fitting import Example, fit_held_out
from kernels.library.examples import library_examples
from kernels.library.guards import guarded_kernels
from kernels.matching import Features
from kernels.models import Calibration, KernelVersion
from kernels.spec import digest_of
from kernels.wrong_reuse import wrong_reuse_lower_bound
from training.comparison import compare
from training.not_fitted import NotRefitted
from training.publishing import publish
from training.routing.verdict import Signs, could_fail, verdict
from trajectories.models import Trajectory

NEWEST = 5_000  # verdicts that are learned from
State = Calibration.State


class TooFewVerdicts(NotRefitted):
    """There are too few judged answers of kernels to learn from."""


class NothingNew(NotRefitted):
    """A calibration was fitted from these very verdicts before."""


class NothingLive(NotRefitted):
    """No calibration is live for this encoder: load the starter kernels first."""


def recalibrate(*, ceiling: float, min_verdicts: int) -> Calibration:
    """Fits a challenger and stores it, live or rejected with the reason.

    Raises TooFewVerdicts, NothingNew, NothingLive.
    """
    live = Calibration.objects.filter(state=State.LIVE, encoder_digest=encoder_digest()).first()
    if live is None:
        raise NothingLive()
    judged = list(recorded_verdicts())
    if len(judged) < min_verdicts:
        raise TooFewVerdicts(f"{len(judged)} judged answers of kernels; {min_verdicts} are needed.")
    data = _digest(judged, ceiling)
    if Calibration.objects.filter(data_digest=data).exists():
        raise NothingNew()
    known = library_examples()
    fitted = fit_held_out([*known, *judged], ceiling)
    reason, metrics = _gate(
        Calibrator.from_json(live.weights),
        fitted.calibrator,
        judged,
        fitted.held_out[len(known) :],
        ceiling,
    )
    return publish(
        Calibration,
        live=live,
        reason=reason,
        encoder_digest=live.encoder_digest,
        data_digest=data,
        weights=fitted.calibrator.as_json(),
        metrics={**fitted.metrics, **metrics},
    )


@dataclass(frozen=True)
class Judged:
    """A choice of a kernel for a prompt, and whether it was right."""

    trajectory: Trajectory
    choice: dict[str, Any]  # the candidate that was chosen, as the decision tells it
    fits: bool

    @property
    def version(self) -> str:
        return str(self.choice["version_id"])


def recorded_verdicts() -> Iterator[Example]:
    """Each judged choice of a kernel, the newest first, with the features as they were then."""
    digests: dict[str, str] = {}  # of versions
    for judged in judged_choices():
        if (features := _features(judged.choice)) is None:
            continue
        if judged.version not in digests:
            digests[judged.version] = KernelVersion.objects.get(pk=judged.version).digest
        prompt, digest = judged.trajectory.prompt, digests[judged.version]
        yield _example(features, judged.fits, prompt, digest)


def judged_choices() -> Iterator[Judged]:
    """The newest first."""
    chosen = (
        Trajectory.objects.filter(
            encoder_digest=encoder_digest(), run__isnull=False, retracted_at=None
        )
        .exclude(run__decision__contains={"chosen": None})
        .select_related("run")
        .prefetch_related("feedback")
        .order_by("-created_at")[:NEWEST]
    )
    for trajectory in chosen:
        fits = verdict_of(trajectory)
        if fits is not None:
            yield Judged(trajectory, _choice(trajectory.answered_run.decision), fits)


def verdict_of(trajectory: Trajectory) -> bool | None:
    """Whether the kernel that was chosen was right; None when nothing speaks for either."""
    run = trajectory.answered_run
    last = trajectory.feedback.first()
    conditions = run.request.get("contract", {}).get("conditions")
    return verdict(
        Signs(
            served=trajectory.kernel_version is not None,
            judged=last is not None,
            approved=last.approves if last is not None else None,
            failure=(run.response or {}).get("kernelweave", {}).get("failed_kernel"),
            could_fail=could_fail(trajectory.model, trajectory.checks, conditions),
        )
    )


def _example(features: Features, fits: bool, prompt: str, kernel: str) -> Example:
    guarded = kernel in guarded_kernels()
    return Example(features, fits, prompt, kernel, guarded, not guarded)


def _choice(decision: dict[str, Any]) -> dict[str, Any]:
    chosen = decision["chosen"]
    candidates: list[dict[str, Any]] = decision["candidates"]
    return next(one for one in candidates if one["version_id"] == chosen)


def _features(choice: dict[str, Any]) -> Features | None:
    """As they were recorded; None when they are not the features of today."""
    found = choice["features"]
    return Features(**found) if set(found) == set(Features.names()) else None


def _digest(judged: list[Example], ceiling: float) -> str:
    rows = [[one.kernel, one.prompt, one.features.vector(), one.fits] for one in judged]
    return digest_of([encoder_digest(), ceiling, Features.names(), rows])


def _gate(
    live: Calibrator,
    challenger: Calibrator,
    judged: list[Example],
    held_out: tuple[float, ...],
    ceiling: float,
) -> tuple[str, dict[str, Any]]:
    """Why the challenger may not go live (empty: it may), and the comparison.

    It must predict the verdicts strictly better than the live one, which has seen some of them. Or
    the live one breaks the ceiling, beyond bad luck: then a challenger that holds it is safer.
    """
    truth = [one.fits for one in judged]
    before = [live.probability(one.features) for one in judged]
    found = compare(before, held_out, truth, [one.prompt for one in judged])
    wrong, reused = _reuse(live, before, judged)
    broken = wrong_reuse_lower_bound(wrong, reused) > ceiling
    holds = wrong_reuse_lower_bound(*_reuse(challenger, held_out, judged)) <= ceiling
    metrics = {
        "comparison": found.as_json(),
        "live_wrong": wrong,
        "live_reused": reused,
        "live_breaks_ceiling": broken,
    }
    if found.is_better or (broken and holds):
        return "", metrics
    return (
        f"it does not beat the live one: gain {found.gain:.4f} nats a verdict, "
        f"with 95 % confidence at least {found.gain_bound:.4f}"
    ), metrics


def _reuse(
    calibrator: Calibrator, probabilities: Sequence[float], judged: Sequence[Example]
) -> tuple[int, int]:
    """How many of the judged choices would be reused: those that were wrong, and all."""
    reused = [
        example
        for example, p in zip(judged, probabilities, strict=True)
        if p >= calibrator.threshold_for(example.kernel)
    ]
    return sum(not example.fits for example in reused), len(reused)
