"""What routing has learned, in the admin: calibrations and trained heads. Nobody edits them."""

from typing import ClassVar, TypeVar

from django.contrib import admin
from django.utils.safestring import SafeString

from kernels.learned_models import Learned
from kernels.models import Calibration, RoutingHead
from trajectories.markup import json_block
from trajectories.record_admin import RecordAdmin

Row = TypeVar("Row", bound=Learned)
FITTED = ("state", "reason", "parent", "encoder_digest", "data_digest")
CAME_OUT = ("metrics_shown", "created_at")


class LearnedAdmin(RecordAdmin[Row]):
    list_filter: ClassVar[tuple[str, ...]] = ("state",)

    @admin.display(description="metrics")
    def metrics_shown(self, learned: Row) -> SafeString:
        return json_block(learned.metrics)


@admin.register(Calibration)
class CalibrationAdmin(LearnedAdmin[Calibration]):
    list_display = ("id", "state", "reason", "parent", "data_digest", "created_at")
    fields = (*FITTED, "weights_shown", *CAME_OUT)

    @admin.display(description="weights")
    def weights_shown(self, calibration: Calibration) -> SafeString:
        return json_block(calibration.weights)


@admin.register(RoutingHead)
class RoutingHeadAdmin(LearnedAdmin[RoutingHead]):
    list_display = ("id", "state", "ceiling", "reason", "parent", "data_digest", "created_at")
    heavy_fields = ("weights",)
    fields = (*FITTED, "ceiling", "guarded", "trust_shown", *CAME_OUT)

    @admin.display(description="P(right)")
    def trust_shown(self, head: RoutingHead) -> SafeString:
        return json_block(head.trust)
