"""Fits routing again with the service's settings, one at a time: for the clock and for people."""

from django.conf import settings

from kernels.models import Calibration
from training.recalibration import NotRefitted, recalibrate
from workers.turns import turn


class BeingFitted(NotRefitted):
    """It is being fitted right now; try again in a minute."""


def refit() -> Calibration:
    """The challenger, live or rejected. Raises NotRefitted with the reason when none was fitted."""
    with turn("refit routing") as mine:
        if not mine:
            raise BeingFitted()
        return recalibrate(
            ceiling=settings.KW_WRONG_REUSE_CEILING, min_verdicts=settings.KW_REFIT_MIN_VERDICTS
        )
