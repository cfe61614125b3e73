"""Fits routing again with the service's settings, one at a time: for the clock and for people."""

from collections.abc import Callable

from django.conf import settings

from kernels.models import Calibration, RoutingHead
from training.not_fitted import BeingFitted
from training.routing.head import train_head
from training.routing.recalibration import recalibrate
from workers.turns import turn


def refit() -> Calibration:
    """The challenger, live or rejected. Raises NotRefitted with the reason when none was fitted."""
    with turn("refit routing") as mine:
        if not mine:
            raise BeingFitted()
        return recalibrate(
            ceiling=settings.KW_WRONG_REUSE_CEILING, min_verdicts=settings.KW_REFIT_MIN_VERDICTS
        )


def fit_head(advance: Callable[[], object] = lambda: None) -> RoutingHead:
    """The trained head, live or rejected. Raises NotRefitted when none was fitted."""
    with turn("fit the routing head") as mine:
        if not mine:
            raise BeingFitted()
        return train_head(
            ceiling=settings.KW_WRONG_REUSE_CEILING,
            min_pass_rate=settings.KW_KERNEL_MIN_PASS_RATE,
            top_k=settings.KW_ROUTE_TOP_K,
            advance=advance,
        )
