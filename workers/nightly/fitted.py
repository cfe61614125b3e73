"""The steps of a night that fit what routes and what scores, each with its own gate."""

from collections.abc import Callable
from typing import Any

from kernels.learned_models import Learned
from training.models import NightlyStep
from training.nets.fitting import FittingFailed
from training.nets.weights import Kind
from training.nightly.errors import StepFailed, StepSkipped, StepWaits
from training.routing.recalibration import NotRefitted
from workers.nets import learn
from workers.refitting import BeingFitted, fit_head, refit


def fit_calibrator(step: NightlyStep) -> dict[str, Any]:
    """The routing calibration, from verdicts."""
    return _told(refit)


def fit_routing_head(step: NightlyStep) -> dict[str, Any]:
    """The trained routing head, from exemplars."""
    return _told(fit_head)


def fit_policy(step: NightlyStep) -> dict[str, Any]:
    """The router, from outcomes of searches."""
    return _told(lambda: _net("policy"))


def fit_prm(step: NightlyStep) -> dict[str, Any]:
    """The process reward model, from labelled steps."""
    return _told(lambda: _net("prm"))


def _net(kind: Kind) -> Learned:
    return learn(kind, now=True)


def _told(fit: Callable[[], Learned]) -> dict[str, Any]:
    """What was fitted. Raises StepSkipped, StepWaits, StepFailed."""
    try:
        made = fit()
    except BeingFitted as error:
        raise StepWaits(error.detail) from error
    except NotRefitted as error:
        raise StepSkipped(error.detail) from error
    except FittingFailed as error:
        raise StepFailed(error.detail) from error
    return {"made": made.pk, "state": made.state, "why": made.reason}
