"""Loads the starter kernels and the first routing calibration; safe to repeat."""

from typing import Any

from django.conf import settings

from kernels.head_routing import retire_heads
from kernels.library.first_calibration import fit_first_calibration
from kernels.library.loading import load_starters, shared_kernels
from kwsite.management.quick_command import QuickCommand
from training.routing.recalibration import recorded_verdicts


class Command(QuickCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_starters()
        calibration = fit_first_calibration(settings.KW_WRONG_REUSE_CEILING, recorded_verdicts())
        retired = retire_heads(unless_for=settings.KW_WRONG_REUSE_CEILING)
        self.stdout.write(f"{len(loaded)} starter kernels loaded, {shared_kernels()} in all")
        if calibration is not None:
            figures = ", ".join(f"{k} {v:.3f}" for k, v in calibration.metrics.items())
            self.stdout.write(f"calibration {calibration.pk} is live: {figures}")
        if retired:
            self.stdout.write("the trained head held another ceiling: manage.py fit_head fits one")
