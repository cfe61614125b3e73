"""The steps of a night that fit what routes and what scores, each with its own gate.

What fits takes seconds to import, and only the workers that learn need it.
"""

from collections.abc import Callable
from typing import Any

from kernels.learned_models import Learned
from training.models import NightlyPlan, NightlyStep
from training.nightly.errors import StepFailed, StepSkipped, StepWaits
from training.not_fitted import BeingFitted, FittingFailed, NotRefitted
from training.publishing import published_if


def fit_calibrator(step: NightlyStep) -> dict[str, Any]:
    """The routing calibration, from verdicts."""
    from workers.refitting import refit

    return _told(step, refit)


def fit_routing_head(step: NightlyStep) -> dict[str, Any]:
    """The trained routing head, from exemplars."""
    from workers.refitting import fit_head

    return _told(step, fit_head)


def fit_policy(step: NightlyStep) -> dict[str, Any]:
    """The router, from outcomes of searches."""
    from workers.nets import learn

    return _told(step, lambda: learn("policy", now=True))


def fit_prm(step: NightlyStep) -> dict[str, Any]:
    """The process reward model, from labelled steps."""
    from workers.nets import learn

    return _told(step, lambda: learn("prm", now=True))


def _told(step: NightlyStep, fit: Callable[[], Learned]) -> dict[str, Any]:
    """What was fitted; it stays out of service if the plan is cancelled meanwhile.

    Raises StepSkipped, StepWaits, StepFailed.
    """
    running = NightlyPlan.objects.filter(pk=step.plan_id, state=NightlyPlan.State.RUNNING)
    try:
        with published_if(running.exists):
            made = fit()
    except BeingFitted as error:
        raise StepWaits(error.detail) from error
    except NotRefitted as error:
        raise StepSkipped(error.detail) from error
    except FittingFailed as error:
        raise StepFailed(error.detail) from error
    return {"made": made.pk, "state": made.state, "why": made.reason}
