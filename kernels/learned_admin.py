"""What routing has learned, in the admin: calibrations and trained heads. Nobody edits them."""

from django.contrib import admin
from django.utils.safestring import SafeString

from kernels.models import Calibration, RoutingHead
from trajectories.markup import json_block
from trajectories.record_admin import RecordAdmin


@admin.register(Calibration)
class CalibrationAdmin(RecordAdmin[Calibration]):
    list_display = ("id", "state", "reason", "parent", "data_digest", "created_at")
    list_filter = ("state",)
    fields = (
        "state",
        "reason",
        "parent",
        "encoder_digest",
        "data_digest",
        "weights_shown",
        "metrics_shown",
        "created_at",
    )

    @admin.display(description="weights")
    def weights_shown(self, calibration: Calibration) -> SafeString:
        return json_block(calibration.weights)

    @admin.display(description="metrics")
    def metrics_shown(self, calibration: Calibration) -> SafeString:
        return json_block(calibration.metrics)


@admin.register(RoutingHead)
class RoutingHeadAdmin(RecordAdmin[RoutingHead]):
    list_display = ("id", "state", "ceiling", "reason", "parent", "data_digest", "created_at")
    list_filter = ("state",)
    heavy_fields = ("weights", "trust")
    fields = (
        "state",
        "reason",
        "ceiling",
        "parent",
        "encoder_digest",
        "data_digest",
        "guarded",
        "trust_shown",
        "metrics_shown",
        "created_at",
    )

    @admin.display(description="P(right)")
    def trust_shown(self, head: RoutingHead) -> SafeString:
        return json_block(head.trust)

    @admin.display(description="metrics")
    def metrics_shown(self, head: RoutingHead) -> SafeString:
        return json_block(head.metrics)
